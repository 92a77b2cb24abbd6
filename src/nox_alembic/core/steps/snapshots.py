"""Steps of snapshots."""

from nox_alembic.core.copies.snapshots import Snapshot
from nox_alembic.core.frozen import frozen
from nox_alembic.core.sizes import shown_size


@frozen
class SaveSnapshot:
    """Dump the database into a new snapshot."""

    name: str

    @property
    def title(self) -> str:
        return f'save the snapshot "{self.name}"'


@frozen
class CheckSnapshot:
    """Read the whole file and compare it with its sidecar, before anything changes."""

    snapshot: Snapshot

    @property
    def title(self) -> str:
        return f'check the snapshot "{self.snapshot.name}" ({shown_size(self.snapshot.size)})'


@frozen
class LoadSnapshot:
    """Restore it into a new database beside the real one, and check the result."""

    snapshot: Snapshot
    title = "restore it into a new database"


@frozen
class DeleteSnapshots:
    """Delete snapshots, each completely or not at all."""

    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"delete {', '.join(self.names)}"


@frozen
class ClearLeftovers:
    """Remove what a killed run has left of a snapshot or of a restore."""

    title = "remove what a run that was killed has left"


SnapshotStep = SaveSnapshot | CheckSnapshot | LoadSnapshot | DeleteSnapshots | ClearLeftovers
