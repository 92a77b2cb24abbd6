"""Who added which revision, and which revisions others already have, as git says it."""

from collections.abc import Mapping
from dataclasses import field

from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History


@frozen(kw_only=True)
class Origin:
    """Who added a file, when, and on which branch; what is not known is empty."""

    author: str = ""
    date: str = ""  # YYYY-MM-DD
    branch: str = ""
    committed: bool = True


@frozen(kw_only=True)
class Team:
    """What git says of the revisions that only one of several heads has."""

    branch: str = ""  # "" on a detached HEAD
    upstream: str = ""  # the branch that `branch` tracks, "" for none
    target: str = ""  # the branch that `branch` will be merged into, "" for none
    published: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # by revision, which of these two has its file
    origins: Mapping[str, Origin] = field(default_factory=dict)
    dirty: frozenset[str] = frozenset()  # the revisions whose file differs from the last commit

    @property
    def compared(self) -> tuple[str, ...]:
        """The branches that decide what is published."""
        return tuple(dict.fromkeys(name for name in (self.target, self.upstream) if name))


CURE = "`nox -s rebase` puts your unpublished revisions on top of the others', `nox -s merge` joins the heads"


def told_heads(history: History, team: Team | None) -> str:
    """Return the sentence about several heads: who added what on which branch."""
    origins = team.origins if team else {}
    heads = " and ".join(history.describe(head) + _added(origins.get(head)) for head in history.heads)
    return f"the history has {len(history.heads)} heads: {heads}"


def _added(origin: Origin | None) -> str:
    if origin is None:
        return ""
    who = f"added by {origin.author} on {origin.date}" if origin.author else "" if origin.committed else "not committed"
    words = " ".join(part for part in (who, f"on {origin.branch}" if origin.branch else "") if part)
    return f" [{words}]" if words else ""
