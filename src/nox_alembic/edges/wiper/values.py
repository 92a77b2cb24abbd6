"""What crosses the wiper's modules: frozen values, and nothing that acts."""

import enum
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Required, TypedDict

from nox_alembic.core.frozen import frozen

Remover = Callable[[Path, str], None]
"""Deletes `name` in the folder `parent` with powers that we lack: a helper container. Raises OSError or our own."""

OnEvent = Callable[[str, str], None]
"""Is told (point, name) at the points where a crash would be interesting; deletion calls it from several threads."""

InUse = Callable[[Path], Sequence[str]]
"""Says who mounts a path, its parent or a child, as in "container other-db-1 of project other"."""


def ignore(point: str, name: str) -> None:
    """OnEvent nothing."""


def nobody(path: Path) -> Sequence[str]:  # noqa: ARG001 - the shape of InUse
    """Know of no container."""
    return ()


class Gates(TypedDict, total=False):
    """What decides whether a target may be wiped.

    `within`: it must lie strictly below; a relative target is relative to it. `data_subpaths`: where below the target a
    data folder may lie besides the target itself, such as "18/docker". `protect`: paths that it must not be or contain.
    `own_server_runs`: the caller's own server runs on it and will be ended first; for a look ahead, not for the act.
    """

    within: Required[Path]
    data_subpaths: Sequence[str]
    protect: Sequence[Path]
    in_use: InUse
    own_server_runs: bool


class Content(enum.Enum):
    """What lies at the target, as far as it can be seen without changing anything."""

    MISSING = "missing"
    EMPTY = "empty"
    DATABASE = "a PostgreSQL data folder"
    REMAINS = "what an interrupted initdb or deletion left"
    UNREADABLE = "a folder that another user keeps to itself, as a database container does"


@frozen
class Link:
    """A symbolic link that a database keeps to data outside; only the link is ever deleted."""

    path: Path
    target: str


@frozen
class Target:
    """A folder that passed all gates. `data` holds the data folders at or below it."""

    given: str
    path: Path
    content: Content
    data: tuple[Path, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def nothing_to_do(self) -> bool:
        """Whether there is no data."""
        return self.content in {Content.MISSING, Content.EMPTY}


@frozen
class Stayed:
    """One path that could not be deleted.

    `newer` when it changed after the deletion began, `frozen` when an attribute forbids it to everybody, root included.
    """

    path: str
    error: OSError
    newer: bool
    frozen: bool = False


@frozen
class Outcome:
    """What a deletion did: `stayed` holds at most 16 paths, `more` counts those beyond."""

    removed: int
    stayed: tuple[Stayed, ...] = ()
    more: int = 0

    @property
    def frozen(self) -> bool:
        """Whether an attribute was in the way of any of them."""
        return any(stayed.frozen for stayed in self.stayed)


@frozen
class Leftover:
    """Trash that is still there: why, what to type, and what in it changed while it was being deleted."""

    path: Path
    reason: str
    command: str
    stayed: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Tell it in a message: what, why, what to type; then what stayed, and apart from it what still grows."""
        lines = [f"{self.path} could not be deleted ({self.reason}): `{self.command}`"]
        lines += [f"still there: {', '.join(self.stayed)}"] if self.stayed else []
        lines += [f"something is still writing: {', '.join(self.newer)}"] if self.newer else []
        return "\n".join(lines)


@frozen
class SweepReport:
    """Which trash is gone, kept on purpose, or left; `made` is the missing folder that was made again."""

    removed: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    left: tuple[Leftover, ...] = ()
    made: Path | None = None


@frozen
class WipeReport:
    """What became of the target.

    `trash` is where the old data lies, None when nothing was there or it was deleted `in_place`, without a way back.
    `made` says that an earlier run had been interrupted and the folder was missing. `swept` is filled by `wipe` alone.
    """

    target: Target
    trash: Path | None = None
    in_place: bool = False
    made: bool = False
    swept: SweepReport = SweepReport()

    @property
    def links(self) -> tuple[Link, ...]:
        """Where data stays: the wiper deletes links and never what they lead to."""
        return self.target.links
