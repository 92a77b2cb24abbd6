"""Makes the spares of the embedded engine.

They are clusters in folders beside the data, with the same password and database.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nox_alembic.core.copies.spares import not_copied, not_ended
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines import Engine, Remover, SparePlace
from nox_alembic.edges.engines.embedded import processes
from nox_alembic.edges.engines.embedded.engine import EmbeddedEngine
from nox_alembic.edges.engines.embedded.record import (
    Connection,
    Places,
    database_name,
    read_connection,
    write_connection,
)
from nox_alembic.edges.engines.embedded.server import INITDB, LOCKS
from nox_alembic.edges.system import digests, process

# Shares the blocks where the file system can, as Btrfs, XFS and APFS do.
_COPY = {"linux": ("cp", "-a", "--reflink=auto"), "darwin": ("cp", "-c", "-R", "-p")}


@frozen
class EmbeddedWorkshop:
    """What makes them for one environment."""

    engine: EmbeddedEngine

    def settings(self) -> Mapping[str, str]:
        """Return what a new data folder depends on, by its name in messages.

        Each is a SHA-256 (hex).
        """
        known = read_connection(self.engine.places.connection) or Connection(password="")
        return {
            "the version of PostgreSQL": digests.of(self.engine.server.programs.major),
            "the way in which initdb is run": digests.of([*INITDB, LOCKS]),
            "the password": digests.of([known.user, known.password]),
            '"database-name"': digests.of(database_name(self.engine.config)),
        }

    def server_on(self, place: SparePlace) -> Engine:
        """Return another server on that folder; its `discard` leaves the folder."""
        folder = Path(place)
        own = self.engine.places
        state = own.state / "spare"
        places = Places(home=state, data=folder, within=folder.parent, state=state, logs=own.logs / "spare")
        known = read_connection(own.connection) or Connection()
        write_connection(places.connection, replace(known, port=0, backend_port=0))
        config = replace(self.engine.config, database_port=0, backend_command=())
        return replace(self.engine, config=config, elsewhere=places, started=lambda: None)

    def finish(self, server: Engine) -> None:
        """End such a server in an orderly way.

        Raises FailedError (NA655) where it did not end in one.
        """
        server.down()
        if (Path(server.location.path) / "postmaster.pid").exists():
            raise not_ended(server.location.shown, server.log_tail("database"))
        # It may be used days from now: a power cut until then must not leave what only
        # looks whole.
        programs = self.engine.server.programs
        process.run(
            programs.command("initdb", "--sync-only", "-D", str(server.location.path)), env=programs.environment
        )

    def release(self, place: SparePlace) -> None:
        """End what a killed run has left at work on the folder.

        That is a server, an initdb or a copy.
        """
        processes.kill(list(processes.at_work_on(Path(place))))

    def copy(self, source: SparePlace, target: SparePlace) -> None:
        """Copy the content of a folder into an empty one.

        Raises FailedError (NA656).
        """
        words = _COPY.get(sys.platform)
        if words and process.run([*words, f"{source}/.", str(target)]).ok:
            return
        try:
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        except OSError as error:
            raise not_copied(str(source), error) from None

    def remover(self) -> Remover | None:
        """Return None: all files are this user's own."""
        return None
