"""Several heads, and what only one of them has."""

from collections.abc import Iterable

from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History


@frozen
class Side:
    """The revisions that only one of several heads has."""

    head: str
    revisions: tuple[str, ...]  # the oldest first


def sides(history: History) -> tuple[Side, ...]:
    """Return a side for each head, in the order of the heads.

    What a revision only depends on is not below it.
    """
    below = {head: history.with_ancestors([head], down_only=True) for head in history.heads}
    found = []
    for head in history.heads:
        alone = below[head].difference(*(ids for other, ids in below.items() if other != head))
        found.append(Side(head, tuple(key for key in history.order if key in alone)))
    return tuple(found)


def named(history: History, ids: Iterable[str]) -> str:
    """Return the revisions with their messages, as one text."""
    return ", ".join(map(history.describe, ids))
