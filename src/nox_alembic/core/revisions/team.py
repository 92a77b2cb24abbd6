"""Who added which revision, and what of it others already have: what git says, and how messages tell it."""

from collections.abc import Mapping
from dataclasses import field

from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History


@frozen(kw_only=True)
class Origin:
    """Who added a file, when (YYYY-MM-DD), and on which branch; what is not known is empty."""

    author: str = ""
    date: str = ""
    branch: str = ""
    committed: bool = True


@frozen(kw_only=True)
class Team:
    """What git says of the revisions that only one of several heads has.

    `branch` is empty on a detached HEAD. `upstream` is the branch that this one tracks, `target` the one that it will
    be merged into; empty where there is none. `published` has for each revision the ones of those two that have its
    file. `dirty` are the revisions whose file is not as it is in the last commit.
    """

    branch: str = ""
    upstream: str = ""
    target: str = ""
    published: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    dirty: frozenset[str] = frozenset()

    @property
    def compared(self) -> tuple[str, ...]:
        """The branches that were looked at for what is published."""
        return tuple(dict.fromkeys(name for name in (self.target, self.upstream) if name))


CURE = "`nox -s rebase` puts your unpublished revisions on top of the others', `nox -s merge` joins the heads"


def told_heads(history: History, team: Team | None) -> str:
    """Return the sentence about several heads: who added what on which branch, where git says it."""
    origins = team.origins if team else {}
    told = " and ".join(history.describe(head) + _added(origins.get(head)) for head in history.heads)
    return f"the history has {len(history.heads)} heads: {told}"


def _added(origin: Origin | None) -> str:
    if origin is None:
        return ""
    who = f"added by {origin.author} on {origin.date}" if origin.author else "" if origin.committed else "not committed"
    words = " ".join(part for part in (who, f"on {origin.branch}" if origin.branch else "") if part)
    return f" [{words}]" if words else ""
