"""The refusals that several verbs share.

Each raises a NoxAlembicError, or does nothing.
"""

from collections.abc import Iterable

from nox_alembic.core.config import Config
from nox_alembic.core.errors import FindingError, PreconditionError, RefusedError
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.downgrades import why_no_way_back
from nox_alembic.core.verbs.targets import shown_path


def require_database(facts: Facts) -> None:
    """Refuse while no database answers (NA202)."""
    if facts.current is None:
        message = f"the {facts.engine.name} database does not answer"
        raise PreconditionError("NA202", message, hint="`nox -s dev` starts it")


def refuse_unknown(facts: Facts) -> None:
    """Refuse while the database is at an orphan revision (NA404, NA441)."""
    refuse_orphans_without_files(facts)
    if facts.orphans is not None:
        message = f"the database has what is not on this branch: {facts.orphans.summary}"
        raise FindingError("NA404", message, hint=facts.orphans.advice)


def refuse_orphans_without_files(facts: Facts) -> None:
    """Refuse while an orphan revision has no usable file (NA404, NA441, NA443)."""
    orphans, unknown = facts.orphans, facts.history.unknown(facts.current or ())
    if orphans is None:
        facts.history.refuse_unknown(unknown)
        return
    orphans.refuse_empty_folders(unknown)
    if orphans.missing:
        message = (
            f"the database is at {', '.join(unknown)}, and there is no file of {', '.join(orphans.missing)} anywhere"
        )
        raise FindingError("NA404", message, hint=orphans.advice)
    if orphans.problems:
        hint = "switch to the branch that has it, or `nox -s reset` for a fresh database"
        raise FindingError("NA441", "; ".join(orphans.problems), hint=hint)


def refuse_one_way(config: Config, facts: Facts, keys: Iterable[str]) -> None:
    """Refuse to go back over revisions whose scripts do not support it (NA437)."""
    for key in keys:
        if why := why_no_way_back(facts.source_of(key) or b""):
            shown = shown_path(config, facts.history.revisions[key].path)
            message = f"there is no way back over the revision {facts.history.describe(key)}: {shown} {why}"
            hint = "write its downgrade(); where there is nothing to take back, let it `return`"
            raise FindingError("NA437", message, hint=hint)


def refuse_protected(config: Config) -> None:
    """Refuse to take anything away from a protected environment (NA013)."""
    if config.protected:
        message = f'the environment "{config.environment}" is protected: nothing may be taken away from it'
        raise RefusedError("NA013", message, hint='name another one with `--env`, or remove "protected"')


def refuse_unsafe_wipe(facts: Facts) -> None:
    """Refuse what the wiper would refuse, before any stop (NA301 to NA313)."""
    if facts.refusal is not None:
        raise facts.refusal


def refuse_foreign_clone(facts: Facts) -> None:
    """Refuse to act on what another clone started under this project name (NA112)."""
    if other := facts.engine.foreign:
        raise RefusedError("NA112", other.sentence, hint=other.cure)


def refuse_problem(facts: Facts) -> None:
    """Refuse to start a server on data that it cannot use (NA124)."""
    if facts.engine.problem:
        raise PreconditionError("NA124", facts.engine.problem, hint="`nox -s reset` starts afresh")


def refuse_taken_ports(facts: Facts) -> None:
    """Refuse a start while another program holds a port (NA111)."""
    for taken in facts.engine.taken_ports:
        message = f"the port {taken.port} that {taken.service} wants is taken by another program"
        hint = f"choose another one with {taken.variable}" if taken.variable else "end that program"
        raise PreconditionError("NA111", message, hint=hint)
