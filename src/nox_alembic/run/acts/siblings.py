"""The mark of a sibling database that an act makes."""

from collections.abc import Sequence

from nox_alembic.core.copies.siblings import Mark, Role
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.system import clock


def new_mark(real: DatabaseAddress, role: Role, environment: str, verb: str, revisions: Sequence[str] = ()) -> Mark:
    """Return the mark of what a verb makes now."""
    at = clock.now_exactly()
    return Mark(role=role, of=real.name, environment=environment, verb=verb, at=at, revisions=tuple(revisions))
