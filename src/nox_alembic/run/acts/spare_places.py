"""The places of spares: folders beside the data folder, or volumes."""

import shutil
from pathlib import Path
from typing import Protocol

from nox_alembic.core.copies.volume_swap import not_removed
from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges import wiper
from nox_alembic.edges.engines import Engine, Volumes, Workshop
from nox_alembic.edges.system.files import measure


class SparePlaces(Protocol):
    """The places of one environment's spares, by their names."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all spares, finished or not."""

    def can_start(self, name: str) -> bool:
        """Return whether a server can start on a finished spare, if that shows."""

    def free(self) -> int | None:
        """Return how many bytes are free, None when that is unknown."""

    @property
    def cure(self) -> str:
        """What to do if no spare can be made."""

    def new_name(self) -> str:
        """Return the name of the next spare."""

    def make(self, name: str) -> None:
        """Make an empty spare; raises OSError."""

    def copy(self, source: str, target: str) -> bool:
        """Copy a finished spare into an empty one.

        Return False when a reset has taken the finished one meanwhile.
        """

    def server_on(self, name: str) -> Engine:
        """Return a server on the spare."""

    def size(self, name: str) -> int | None:
        """Return its size in bytes, None when that is unknown."""

    def finish(self, name: str, kind: str) -> str:
        """Return the name that the spare has when it is finished."""

    def release(self, name: str) -> None:
        """End the work that a killed run has left on an unfinished spare."""

    def delete(self, name: str) -> str:
        """Delete the spare; return a message when it stays."""


def places_of(engine: Engine, workshop: Workshop) -> SparePlaces:
    """Return where the spares of the engine's data lie."""
    return SpareVolumes(workshop, engine.volumes) if engine.volumes else SpareFolders(engine, workshop)


@frozen
class SpareFolders:
    """Folders beside the data folder; a finished spare gets its name by a rename."""

    engine: Engine
    workshop: Workshop

    cure = "make the folder above the data yours"

    def names(self) -> tuple[str, ...]:
        """Return the names of all spares, finished or not."""
        return wiper.list_spares(self._data.parent, self._data.name)

    def can_start(self, name: str) -> bool:
        """Return whether it is a data folder on which no server is at work."""
        return wiper.can_start(self._at(name), self.engine.location.subpaths)

    def free(self) -> int | None:
        """Return how many bytes the disk has left."""
        return shutil.disk_usage(self._data.parent).free

    def new_name(self) -> str:
        """Return the name of the next spare, the same in every run."""
        return wiper.spare_name(self._data.name, "making")

    def make(self, name: str) -> None:
        """Make an empty spare; raises OSError."""
        self._at(name).mkdir(0o755)  # images from PostgreSQL 18 on have to pass through it

    def copy(self, source: str, target: str) -> bool:
        """Copy a spare, and return whether it was whole to the end.

        A reset takes it away, and starts a server on it.
        """
        place = self._at(source)
        try:
            before = place.stat()
            self.workshop.copy(place, self._at(target))
            return before.st_ino == place.stat().st_ino
        except FileNotFoundError:
            return False
        except FailedError:
            if place.exists():
                raise
            return False

    def server_on(self, name: str) -> Engine:
        """Return a server on the spare."""
        return self.workshop.server_on(self._at(name))

    def size(self, name: str) -> int | None:
        """Return its size in bytes, None when that is unknown."""
        return measure(self._at(name))[0]

    def finish(self, name: str, kind: str) -> str:
        """Give the folder the name of a finished spare."""
        done = wiper.spare_name(self._data.name, kind)
        self._at(name).rename(self._at(done))
        return done

    def release(self, name: str) -> None:
        """End the work that a killed run has left on the spare."""
        self.workshop.release(self._at(name))

    def delete(self, name: str) -> str:
        """Delete the spare; return a message when it stays."""
        left = wiper.remove_spare(self._data.parent, name, self.workshop.remover())
        return str(left) if left else ""

    @property
    def _data(self) -> Path:
        return Path(self.engine.location.path)

    def _at(self, name: str) -> Path:
        return self._data.with_name(name)


@frozen
class SpareVolumes:
    """Volumes that keep their names; only the sidecar says which are finished."""

    workshop: Workshop
    volumes: Volumes

    cure = "`docker info` shows whether the daemon works"

    def names(self) -> tuple[str, ...]:
        """Return the names of all spares, finished or not."""
        return self.volumes.spares()

    def can_start(self, name: str) -> bool:
        """Return whether the volume is there.

        A volume is removed once a reset has taken its data.
        """
        return name in self.names()

    def free(self) -> int | None:
        """Return None: the disk is the daemon's."""
        return None

    def new_name(self) -> str:
        """Return the name of the next spare."""
        return self.volumes.new_spare_name()

    def make(self, name: str) -> None:
        """Make an empty spare; raises OSError."""
        self.volumes.make_spare(name)

    def copy(self, source: str, target: str) -> bool:
        """Copy a spare; a reset that takes it away ends the copy first."""
        try:
            self.workshop.copy(source, target)
        except FailedError:
            if self.can_start(source):
                raise
        return self.can_start(source)

    def server_on(self, name: str) -> Engine:
        """Return a server on the spare."""
        return self.workshop.server_on(name)

    def size(self, name: str) -> int | None:  # noqa: ARG002 - the daemon would have to count the files of all volumes
        """Return None: the size is unknown."""
        return None

    def finish(self, name: str, kind: str) -> str:  # noqa: ARG002 - a volume cannot be renamed
        """Return its name, which stays."""
        return name

    def release(self, name: str) -> None:
        """End the work that a killed run has left on the spare."""
        self.workshop.release(name)

    def delete(self, name: str) -> str:
        """Delete the spare; return a message when it stays."""
        try:
            self.volumes.remove(name)
        except OSError as error:
            return not_removed(name, error)
        return ""
