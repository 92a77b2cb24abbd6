"""`check`: the part that needs a database or Alembic; `core.checks` has the rest."""

from nox_alembic.core.config import Config
from nox_alembic.core.details import Details
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.checks import CompareModels, LintSql
from nox_alembic.core.steps.lifecycle import Discard
from nox_alembic.core.steps.revisions import MakeShadow
from nox_alembic.core.verbs.lifecycle import throwaway_up
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.sharing import dropping, replayed


def check(config: Config, facts: Facts, options: Options) -> Plan:
    """Compare the models on a clean shadow database, and lint the SQL.

    If no server runs, the comparison is on a throw-away server.
    """
    if options.no_database or facts.history.is_forked:
        return Plan(steps=_lint(facts, server=facts.current is not None))
    lint = _lint(facts, server=True)
    if facts.current is None:
        return Plan(
            steps=(*throwaway_up(config, facts), MakeShadow(), CompareModels(), *lint),
            lastly=(Discard(),),
        )
    compare = replayed(facts, MakeShadow(), CompareModels())
    return Plan(steps=(*compare, *lint), lastly=dropping(compare))


def _lint(facts: Facts, *, server: bool) -> tuple[Step, ...]:
    """Return the step that lints revisions nobody else has yet.

    None if there is nothing to lint, or no linter.
    """
    details = facts.details or Details()
    if not details.linter or not details.unpublished:
        return ()
    return (LintSql(details.unpublished, server=server),)
