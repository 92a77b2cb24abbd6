"""Steps that take data away, keep it, and bring it back."""

from dataclasses import dataclass

from nox_alembic.core.facts import DataLocation
from nox_alembic.core.undo import Generation


@dataclass(frozen=True)
class SetDataAside:
    """Rename the data folder to a sibling and leave a fresh empty one in its place.

    It is what `undo` brings back, unless it is only `half_made` by a run that was killed. `revisions` are those that it
    is at, None when nobody could say.
    """

    location: DataLocation
    verb: str = "reset"
    revisions: tuple[str, ...] | None = None
    half_made: bool = False

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"wipe {self.location.shown}"


@dataclass(frozen=True)
class PutBack:
    """Take the kept data of a generation back into its place, and keep what is there now instead."""

    location: DataLocation
    generation: Generation
    revisions: tuple[str, ...] | None = None

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"put back {self.generation.kept}"


@dataclass(frozen=True)
class CloseUndo:
    """Note that the verb came to its end."""

    title = "keep the old data for `undo`"


@dataclass(frozen=True)
class DiscardData:
    """Remove the database's container, and its named volume if it has one."""

    location: DataLocation

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"remove {self.location.shown}"


@dataclass(frozen=True)
class Sweep:
    """Delete what earlier wipes set aside, the newest kept; runs in the background of the following steps."""

    location: DataLocation
    title = "delete the data of earlier resets"
