"""Steps that start, prove, run and end an environment."""

from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen


@frozen
class ProvideImages:
    """Pull or build the images that this machine lacks, before any other step."""

    images: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"fetch {', '.join(self.images)}"


@frozen
class ProveOwnership:
    """Refuse to go on unless clients reach this environment's own server."""

    title = "prove that the server is ours"


@frozen
class Kill:
    """End everything of the environment at once; for data that is going away."""

    title = "kill the backend and the database"


@frozen
class Down:
    """End everything of the environment in an orderly way; the data stays."""

    title = "stop the backend and the database"


@frozen
class Stop:
    """End everything in an orderly way, and keep the containers that have data."""

    homeless: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"stop all, and keep the containers, which have data: {', '.join(self.homeless)}"


@frozen
class MakeFolder:
    """Make the data folder.

    When it is missing, the Docker daemon makes it as root, with its parents.
    """

    location: DataLocation

    @property
    def title(self) -> str:
        return f"make {self.location.shown}"


@frozen
class StartDatabase:
    """Start the database server."""

    title = "start the database"


@frozen
class AwaitDatabase:
    """Wait until the target database takes a login over TCP and answers.

    It waits at most `seconds`.
    """

    seconds: int
    title = "wait for the database"


@frozen
class Seed:
    """Run the project's seed command, if the database still waits for it."""

    command: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"seed ({' '.join(self.command)})"


@frozen
class StartServices:
    """Start the backend, once, and the environment's other services."""

    services: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"start {', '.join(self.services)}"


@frozen
class AwaitBackend:
    """Wait until the backend says that it is healthy; at most `seconds`."""

    seconds: int
    title = "wait for the backend"


@frozen
class AwaitReconnect:
    """Wait until the backend is healthy on another database.

    A backend that is not healthy soon is started again, with `services`. The step may
    take at most `seconds`.
    """

    services: tuple[str, ...]
    seconds: int
    title = "wait for the backend to reconnect"


@frozen
class StopBackend:
    """End the backend, and nothing else."""

    title = "stop the backend"


@frozen
class KillServices:
    """End the backend and the other services at once, so that no client returns."""

    title = "kill the backend"


@frozen
class RunTests:
    """Run the project's test command with `DATABASE_URL` set; its exit code decides."""

    command: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"run {' '.join(self.command)}"


@frozen
class Discard:
    """Remove a throw-away environment without a trace."""

    title = "remove the throw-away environment"


@frozen
class DiscardData:
    """Remove the database's container, and its named volume if it has one."""

    location: DataLocation

    @property
    def title(self) -> str:
        return f"remove {self.location.shown}"


LifecycleStep = (
    ProvideImages | ProveOwnership | Kill | Down | Stop | DiscardData | MakeFolder | StartDatabase | AwaitDatabase
    | Seed | StartServices | AwaitBackend | AwaitReconnect | StopBackend | KillServices | RunTests | Discard
)  # fmt: skip
