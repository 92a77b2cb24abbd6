"""Down and up again, rehearsed on a copy of the data first."""

from nox_alembic.core.config import Config
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import AwaitEdit, Downgrade, Migrate, Plan, Rehearse
from nox_alembic.core.verbs.guards import (
    refuse_one_way,
    refuse_protected,
    refuse_unknown,
    require_database,
)
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.ownership import proof
from nox_alembic.core.verbs.targets import reapply_target


def reapply(config: Config, facts: Facts, options: Options) -> Plan:
    """Go down to below a revision and up again to where the database was, on a copy of it first.

    What is lost is known after the rehearsal, and is asked for then.
    """
    refuse_protected(config)
    require_database(facts)
    refuse_unknown(facts)
    if options.edit and not options.interactive:
        message = "without a terminal nobody can say that the script is edited"
        raise PreconditionError("NA438", message, hint="`nox -s downgrade`, edit the script, then `nox -s migrate`")
    if not facts.current:
        return Plan(notes=("nothing to do: no revision is applied",))
    first = facts.history.revisions[reapply_target(facts, options.revision)]
    target = first.down[0] if first.down else "base"
    undone = facts.history.taken_back(target, facts.current)
    refuse_one_way(config, facts, undone)
    up = tuple(Migrate(key, undone[::-1], reread=options.edit) for key in facts.current)
    back = () if options.edit else facts.current or ()
    edit = (AwaitEdit(first.id, first.path),) if options.edit else ()
    return Plan(steps=(*proof(facts), Rehearse(target, undone, back), Downgrade(target, undone), *edit, *up))
