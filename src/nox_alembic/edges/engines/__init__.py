"""What runs the database and the backend: a Protocol, and its engines.

The engines are `compose` and `embedded`. An engine can start, stop, look and say where
things are; the order of a verb is not its business.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.core.copies.volume_swap import Moved, Volume
from nox_alembic.core.errors import RefusedError
from nox_alembic.core.facts import DatabaseAddress, DataLocation, EngineFacts, Foreign
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.system.invocation import Invocation

Service = Literal["database", "backend"]
Remover = Callable[[Path, str], None]
# A folder, or a volume by its name.
SparePlace = Path | str


@frozen
class Inside:
    """Where the backend's dependencies are.

    It says how Python runs there, and where it sees files and the database.
    """

    invocation: Invocation
    path_of: Callable[[Path], str]
    address_of: Callable[[DatabaseAddress], DatabaseAddress]


class Volumes(Protocol):
    """The named volume that holds the data, and those that keep what it held."""

    def probe(self) -> Volume | None:
        """Return the volume, None when there is none."""

    def refusal(self) -> RefusedError | None:
        """Return why the volume may not be taken away, as far as it can be known now.

        Our own containers still run.
        """

    def kept(self) -> tuple[str, ...]:
        """Return the volumes that were made to keep data of it."""

    def spares(self) -> tuple[str, ...]:
        """Return the volumes that are spares of it, finished or not."""

    def new_spare_name(self) -> str:
        """Return a name for another spare."""

    def make_spare(self, name: str) -> None:
        """Make an empty volume that is to become a spare; raises OSError."""

    def new_name(self) -> str:
        """Return a name for another volume that keeps data."""

    def swap(self, to: str, *, source: str, verb: str) -> Moved:
        """Make `to`, move the volume's data there, and that of `source` here."""

    def make_kept(self, name: str, verb: str) -> None:
        """Make an empty volume that is to keep a copy of this one's data."""

    def settle(self, name: str) -> Moved:
        """Finish or take back the swap for which a volume was made, and say which."""

    def source_of(self, name: str) -> str:
        """Return from which volume that swap takes the new data."""

    def remove(self, name: str) -> None:
        """Remove a volume that keeps data; raises OSError when it stays."""


class Workshop(Protocol):
    """How an engine makes data folders or volumes beside the real one.

    They work in its place after a rename.
    """

    def settings(self) -> Mapping[str, str]:
        """Return what a new data folder depends on, by its name in messages.

        Each is a SHA-256 (hex).
        """

    def server_on(self, place: SparePlace) -> "Engine":
        """Return another server on that place, with the environment's settings.

        It has a port of its own. Its `discard` leaves the place.
        """

    def finish(self, server: "Engine") -> None:
        """End such a server in an orderly way.

        Raises FailedError (NA655) where it did not end in one.
        """

    def release(self, place: SparePlace) -> None:
        """End what a run that was killed has left at work on the place."""

    def copy(self, source: SparePlace, target: SparePlace) -> None:
        """Copy the content of a place into an empty one, owners included.

        Raises FailedError (NA656).
        """

    def remover(self) -> Remover | None:
        """Return what can delete `parent/name` where we have no right to, or None.

        It does not touch the parent.
        """


class Engine(Protocol):
    """An environment's database server and backend.

    Every method raises a NoxAlembicError with the next command.
    """

    @property
    def name(self) -> Literal["compose", "embedded"]:
        """The word that `engine` has in the configuration."""

    @property
    def location(self) -> DataLocation:
        """Where the database's files are."""

    def probe(self) -> EngineFacts:
        """Return what the engine finds, and change nothing."""

    def foreign(self) -> Foreign | None:
        """Return what else runs under this environment's name, None when all is ours.

        It is the `foreign` of the probe, for what needs nothing else of it.
        """

    def provide_images(self, images: Sequence[str]) -> None:
        """Pull or build the images that this machine lacks."""

    def start_database(self) -> None:
        """Start the server, whose folder exists by now.

        Returns before the server is ready for clients.
        """

    def make_missing_database(self) -> bool:
        """Make the target database if the running server is ours and lacks it.

        Return whether it did. A run may have been killed between the server's start and
        that.
        """

    def is_blank(self) -> bool:
        """Return whether the data was not initialised to its end.

        Then no database is in it but those of every server, and nothing in these.
        """

    def stop_database(self) -> None:
        """Stop the server, and nothing else, in an orderly way: its data is whole."""

    def address(self) -> DatabaseAddress:
        """Return where the running server takes logins."""

    def prove_ownership(self) -> None:
        """Raise RefusedError unless the server at `address()` is run by this engine.

        The errors are NA621 and NA622.
        """

    def is_alive(self, service: Service) -> bool:
        """Return whether the process or container of that service is running now."""

    def start_services(self, services: Sequence[str]) -> None:
        """Start the backend once, with all else that the environment has.

        It returns before the backend is healthy.
        """

    def stop_backend(self) -> None:
        """End the backend in an orderly way, and nothing else."""

    def kill_services(self) -> None:
        """End at once all that runs beside the database.

        It must not come back to data that goes away.
        """

    def backend_url(self) -> str | None:
        """Return the address to ask for the backend's health, or None."""

    def backend_health(self) -> bool | None:
        """Return the backend's health as the engine knows it, None when it does not."""

    def kill(self) -> None:
        """End everything at once: the data is going away."""

    def stop(self) -> None:
        """End everything in an orderly way, and remove no container."""

    def down(self) -> None:
        """End everything in an orderly way; the data stays."""

    @property
    def volumes(self) -> Volumes | None:
        """What keeps the data in named volumes, None where it is in none."""

    def make_database(self) -> None:
        """Make what the server needs to start, its volume too, and do not start it."""

    def discard_data(self) -> None:
        """Remove data that is not a folder.

        It is in the named volume, or in the container that holds it.
        """

    def leftovers(self) -> Sequence[Leftover]:
        """Return what killed runs have left of data and throw-away environments."""

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove one of these."""

    def discard(self) -> None:
        """Remove the whole of a throw-away environment, data included."""

    def log_tail(self, service: Service, lines: int = 20) -> str:
        """Return the last lines that the service logged."""

    def stream_logs(self, service: Service | None, *, follow: bool, lines: int | None) -> None:
        """Print the logs of one or both services on stdout.

        It prints `lines` from the end, all lines for None.
        """

    def users_of(self, path: Path, *, foreign_only: bool) -> Sequence[str]:
        """Return what runs on the folder, its parent or a child.

        `foreign_only` leaves this environment out.
        """

    def client(self, program: str, *, terminal: bool = False) -> Invocation:
        """Return how to run a client program of the server's version beside it.

        Such programs are pg_dump, pg_restore and psql. The caller adds arguments. Host,
        port, user and password are already those of the running server, and so is the
        target database, which `--dbname` replaces. Standard input and output are passed
        through; `terminal` says that they are a person's. Run it in the project's
        folder.
        """

    def inside_backend(self) -> Inside | None:
        """Return how Python runs where the backend's dependencies are.

        Returns None when that is here.
        """

    def variables(self) -> Mapping[str, str]:
        """Return what leads the engine's own program to this environment."""

    def shell(self, command: Sequence[str], *, terminal: bool) -> Invocation:
        """Return how a command, or a shell, runs where the backend does.

        An empty command means a shell. Run it in the project's folder.
        """

    def remover(self) -> Remover | None:
        """Return what can delete `parent/name` where we have no right to, or None."""
