"""The values that cross the wiper's modules: frozen, and nothing that acts."""

import enum
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Required, TypedDict

from nox_alembic.core.frozen import frozen

Remover = Callable[[Path, str], None]
"""Deletes `name` in the folder `parent` with powers that we lack: a helper container.

Raises OSError or an error of ours.
"""

OnEvent = Callable[[str, str], None]
"""Takes (point, name) where a crash would be interesting.

Deletion calls it from several threads.
"""

InUse = Callable[[Path], Sequence[str]]
"""Returns who mounts a path, its parent or a child.

An example is "container other-db-1 of project other".
"""


def ignore(point: str, name: str) -> None:
    """Do nothing on an event."""


def nobody(path: Path) -> Sequence[str]:  # noqa: ARG001 - the shape of InUse
    """Return no user of the path."""
    return ()


class Gates(TypedDict, total=False):
    """What decides whether a target may be wiped."""

    # The target must lie strictly below it; a relative target starts here.
    within: Required[Path]
    # Where below the target a data folder may lie, besides the target itself, such as
    # "18/docker".
    data_subpaths: Sequence[str]
    # Paths that the target must not be or contain.
    protect: Sequence[Path]
    in_use: InUse
    # The caller will end its own server on the target first. For a look ahead, not for
    # the act.
    own_server_runs: bool


class Content(enum.Enum):
    """What lies at the target, as far as a look shows."""

    MISSING = "missing"
    EMPTY = "empty"
    DATABASE = "a PostgreSQL data folder"
    REMAINS = "what an interrupted initdb or deletion left"
    UNREADABLE = "a folder that another user keeps to itself, as a database container does"


@frozen
class Link:
    """A database's symbolic link to data outside; only the link is ever deleted."""

    path: Path
    target: str


@frozen
class Target:
    """A folder that passed all gates."""

    given: str
    path: Path
    content: Content
    data: tuple[Path, ...] = ()  # the data folders at or below it
    links: tuple[Link, ...] = ()

    @property
    def nothing_to_do(self) -> bool:
        """Whether there is no data."""
        return self.content in {Content.MISSING, Content.EMPTY}


@frozen
class Stayed:
    """A path that could not be deleted."""

    path: str
    error: OSError
    newer: bool  # it changed after the deletion began
    frozen: bool = False  # an attribute forbids it to everybody, root included


@frozen
class Outcome:
    """What a deletion did."""

    removed: int
    stayed: tuple[Stayed, ...] = ()  # at most 16
    more: int = 0  # how many more stayed

    @property
    def frozen(self) -> bool:
        """Whether an attribute protected any of them."""
        return any(stayed.frozen for stayed in self.stayed)


@frozen
class Leftover:
    """Data that was set aside and could not be deleted."""

    path: Path
    reason: str
    command: str  # what to type
    stayed: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()  # what changed in it during the deletion

    def __str__(self) -> str:
        """Return the lines of a message.

        They say what could not be deleted, why, what to type, what stayed, and what
        grows.
        """
        lines = [f"{self.path} could not be deleted ({self.reason}): `{self.command}`"]
        lines += [f"still there: {', '.join(self.stayed)}"] if self.stayed else []
        lines += [f"something is still writing: {', '.join(self.newer)}"] if self.newer else []
        return "\n".join(lines)


@frozen
class SweepReport:
    """Which data that was set aside is gone, kept on purpose, or left."""

    removed: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    left: tuple[Leftover, ...] = ()
    made: Path | None = None  # the missing folder that was made again


@frozen
class WipeReport:
    """What became of the target."""

    target: Target
    trash: Path | None = None  # where the old data lies; None when there was none or it was deleted in place
    in_place: bool = False  # the data was deleted, without a way back
    made: bool = False  # an interrupted run had left the folder missing; it was made again
    swept: SweepReport = SweepReport()  # `wipe` alone fills it

    @property
    def links(self) -> tuple[Link, ...]:
        """The links to data that stays: the wiper deletes no link's target."""
        return self.target.links
