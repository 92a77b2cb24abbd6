"""The proof that comes before whatever a verb destroys."""

from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import ProveOwnership, Step


def proof(facts: Facts) -> tuple[Step, ...]:
    """Return the step that goes before the first destructive one.

    None where no database answers: then nothing is destroyed over a connection, and what an engine ends and a wipe
    deletes is ours by other gates. So `reset` stays the cure for a server that refuses its logins.
    """
    return (ProveOwnership(),) if facts.engine.database_running and facts.current is not None else ()
