"""The engine `compose`: Docker Compose, version 2 or newer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from nox_alembic.core.compose.data import data_location
from nox_alembic.core.compose.model import ComposeModel, mounting
from nox_alembic.core.compose.throwaway import database_alone
from nox_alembic.core.config import Config
from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.core.copies.volume_swap import why_not_kept
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import BackendFacts, DatabaseAddress, DataLocation, EngineFacts, Foreign
from nox_alembic.core.frozen import frozen
from nox_alembic.core.ownership import Seen
from nox_alembic.core.ownership import foreign as another_server
from nox_alembic.core.paths import outermost
from nox_alembic.edges.engines import Inside, Remover, Service, ownership
from nox_alembic.edges.engines.compose import owners, published, throwaways
from nox_alembic.edges.engines.compose.cli import ComposeCli
from nox_alembic.edges.engines.compose.containers import KeptContainers, container_of
from nox_alembic.edges.engines.compose.daemon import Container, Daemon
from nox_alembic.edges.engines.compose.helpers import Helpers
from nox_alembic.edges.engines.compose.homeless import homeless
from nox_alembic.edges.engines.compose.images import missing, provide
from nox_alembic.edges.engines.compose.inside import InsideContainers
from nox_alembic.edges.engines.compose.secrets import read_whole_model
from nox_alembic.edges.engines.compose.volumes import NamedVolume
from nox_alembic.edges.system.files import has_content
from nox_alembic.edges.system.invocation import Invocation

STOP_SECONDS = 120


@frozen(kw_only=True)
class ComposeEngine:
    """A Compose project.

    All facts about it come from `docker compose config` and from the daemon.
    """

    config: Config
    daemon: Daemon
    cli: ComposeCli
    model: ComposeModel
    within: Path
    document: Mapping[str, Any] = field(repr=False)
    started: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    name: Literal["compose"] = "compose"

    @classmethod
    def open(
        cls,
        config: Config,
        daemon: Daemon,
        cli: ComposeCli,
        document: Mapping[str, Any],
        *,
        started: Callable[[], None],
        throwaway: str = "",
    ) -> "ComposeEngine":
        """Take the project's resolved configuration.

        `started` is called when something of it has been started. `throwaway` makes
        another project of its database, in memory.
        """
        model = read_whole_model(document, config, cli.environ, cli.profiles)
        # A Compose file in a folder of its own may keep the data beside that folder.
        within = Path(outermost(Path(cli.paths[0]).parent, cli.root))
        if throwaway:
            project = f"{model.project}-{throwaway}"
            document = throwaways.marked(database_alone(document, model, project))
            cli = replace(cli, project=project, document=json.dumps(document))
            model = read_whole_model(document, replace(config, backend_service=""), cli.environ)
        return cls(
            config=config, daemon=daemon, cli=cli, model=model, within=within, document=document, started=started
        )

    @cached_property
    def location(self) -> DataLocation:
        """Where the database's files are."""
        return data_location(self.placed, within=self.within)

    @cached_property
    def placed(self) -> ComposeModel:
        """The project, with what the database's image says of its data."""
        return replace(self.model, home=self.daemon.data_home(self.model.database_image))

    @cached_property
    def volumes(self) -> NamedVolume | None:
        """The named volume that holds the data, None where it is in none."""
        volume = self.location.kind == "volume"
        return NamedVolume.of(self.location, self.placed, self.config, self.daemon.client) if volume else None

    def probe(self) -> EngineFacts:
        """Return what the engine finds, and change nothing."""
        found = self.daemon.containers(self.model.project)
        containers = {container.service: container for container in found}
        database = containers.get(self.model.database.name)
        volume = self.volumes.probe() if self.volumes else None
        return EngineFacts(
            name=self.name,
            location=self.location,
            data_present=volume is not None or (self.volumes is None and self._data_present(database)),
            database_running=database is not None and database.running,
            anything_running=any(c.running for c in found) or self.helpers.are_running(),
            address=published.database_address(self.model, database),
            backend=self._backend_facts(containers),
            services=self.model.others,
            stopped=tuple(
                name for name in self.model.others if published.is_to_start(self.model, name, containers.get(name))
            ),
            missing_images=missing(self.daemon, self.model),
            outdated=database is not None and database.image != self.daemon.image_id(self.model.database_image),
            taken_ports=tuple(
                published.taken_ports(self.model, containers, partial(self.cli.config, interpolate=False))
            ),
            foreign=owners.foreign((one.owner for one in found), self.model.project, self.cli.paths),
            homeless=tuple(homeless(found, self.placed)),
            unkept=why_not_kept(self.location, volume),
        )

    def foreign(self) -> Foreign | None:
        """Ask quickly what else has containers under this project's name."""
        return owners.foreign(self.daemon.owners(self.model.project), self.model.project, self.cli.paths)

    def provide_images(self, images: Sequence[str]) -> None:
        """Build the images that the project builds, and pull the rest.

        Raises PreconditionError (NA110) with the names of missing images.
        """
        provide(self.cli, self.model, images)

    def start_database(self) -> None:
        """Start the existing container, or make it.

        `up` recreates it only when its configuration changed.
        """
        self._chosen.clear()
        if not self._kept.start([self.model.database.name]):
            self.cli.call("up", "--detach", "--no-deps", self.model.database.name)
        self.started()

    def make_missing_database(self) -> bool:
        """Return False: the image makes it, and runs the project's scripts on it."""
        return False

    def is_blank(self) -> bool:
        """Return whether the image's entrypoint was cut off while it made the data."""
        location = self.location
        if location.kind == "container":
            return False
        place = Path(location.path) if location.kind == "folder" else location.volume
        return self.helpers.is_blank(place)

    def stop_database(self) -> None:
        """Stop its container, and leave the others alone."""
        self.cli.call("stop", "--timeout", str(STOP_SECONDS), self.model.database.name)

    def make_database(self) -> None:
        """Make its container and its volume, and do not start it."""
        self.cli.call("up", "--no-start", "--no-deps", self.model.database.name)

    def address(self) -> DatabaseAddress:
        """Return where the running server takes logins.

        A port that the daemon chose is known only by now. A port that the project chose
        is asked for once: it stays the same for as long as a run takes.
        """
        if self._chosen:
            return self._chosen[0]
        database = self._container(self.model.database.name)
        address = published.database_address(self.model, database)
        if address and database and database.running and published.is_chosen(self.model):
            self._chosen.append(address)
        if address is None:
            message = f'the port of the service "{self.model.database.name}" is not published while it is not running'
            raise PreconditionError("NA202", message, hint="`nox -s dev` starts it")
        return address

    def prove_ownership(self) -> None:
        """Raise RefusedError unless the container's server shows our session.

        A nonce names the session, and it is looked for from inside the container.
        """
        address, nonce = self.address(), ownership.new_nonce()
        with ownership.client_door(address, nonce) as cursor:
            if not self._inside.sees(address, nonce):
                started, _, data = self._inside.ask(address, ownership.DESCRIPTION).partition("|")
                raise another_server(address, ownership.describe(cursor), Seen(started, f"{data} in the container"))

    def is_alive(self, service: Service) -> bool:
        """Return whether the container of that service is running now."""
        container = self._container(self._service_name(service))
        return container is not None and container.running

    def start_services(self, services: Sequence[str]) -> None:
        """Start the named services and what they depend on, if they do not run."""
        if not self._kept.start(services):
            self.cli.call("up", "--detach", *services)
        self.started()

    def stop_backend(self) -> None:
        """Stop the backend's container, by force if it does not listen.

        A shell that is the first process does not listen.
        """
        self.cli.call("stop", "--timeout", "2", self._service_name("backend"))

    def kill_services(self) -> None:
        """End all containers but the database's at once, and keep them."""
        self._kept.kill(but=self.model.database.name)

    def backend_url(self) -> str | None:
        """Return the configured health address, with the port that is published."""
        backend = self._container(self._service_name("backend"))
        return published.health_url(self.config.health_url, self.model, backend)

    def backend_health(self) -> bool | None:
        """Return what the container's own health check says, None when it has none."""
        container = self._container(self._service_name("backend"))
        return None if container is None or not container.health else container.health == "healthy"

    def kill(self) -> None:
        """End all containers of the project at once, and keep them."""
        self.helpers.end()
        self._kept.kill()

    def down(self) -> None:
        """Stop and remove the project's containers and network; the data stays."""
        self.helpers.end()
        self.cli.call("down", "--remove-orphans")

    def stop(self) -> None:
        """Stop all containers of the project, and keep them."""
        self.helpers.end()
        self.cli.call("stop")
        left = [one.id for one in self.daemon.containers(self.model.project) if one.running]
        self.daemon.stop(left, STOP_SECONDS)  # of services that the file has no more

    def discard_data(self) -> None:
        """Remove the database's container and its named volume, and no other volume."""
        volume = self.location.volume
        services = {self.model.database.name, *(mounting(self.model, volume) if volume else ())}
        self.cli.call("rm", "--force", "--stop", "--volumes", *sorted(services))
        if volume:
            self.daemon.remove_volume(volume)

    def leftovers(self) -> Sequence[Leftover]:
        """Return the throw-away projects that killed runs have left."""
        return tuple(throwaways.found(self.daemon.client, self.model.project))

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove one of them."""
        throwaways.remove(self.daemon.client, leftover.name)

    def discard(self) -> None:
        """Remove the whole throw-away project."""
        self.cli.call("down", "--remove-orphans", "--volumes", "--timeout", "0")

    def log_tail(self, service: Service, lines: int = 20) -> str:
        """Return the last lines that the service logged."""
        name = self._service_name(service)
        return self.cli.output("logs", "--no-color", "--no-log-prefix", "--tail", str(lines), name).strip()

    def stream_logs(self, service: Service | None, *, follow: bool, lines: int | None) -> None:
        """Print the logs on stdout."""
        roles: tuple[Service, ...] = (service,) if service else ("database", "backend")
        names = [name for role in roles if (name := self._service_name(role))]
        options = ["--follow"] if follow else []
        self.cli.stream("logs", *options, "--tail", "all" if lines is None else str(lines), *names)

    def users_of(self, path: Path, *, foreign_only: bool) -> Sequence[str]:
        """Return the running containers that mount the folder, or one around it.

        A child of the folder counts too.
        """
        return self.daemon.users_of(path, but_project=self.model.project if foreign_only else None)

    def client(self, program: str, *, terminal: bool = False) -> Invocation:
        """Return how the program runs in the database's container."""
        return self._inside.client(program, terminal=terminal)

    def inside_backend(self) -> Inside:
        """Return how Python runs in the backend's container, or in one like it.

        It is one like it while the backend is not running. Raises UsageError (NA109)
        when the project has no backend.
        """
        return self._inside.python()

    def variables(self) -> Mapping[str, str]:
        """Return the variables by which `docker compose` finds the project."""
        return self.cli.variables(self.model.project)

    def shell(self, command: Sequence[str], *, terminal: bool) -> Invocation:
        """Return how it runs in the backend's container, or in a container of its own.

        It has its own while the backend is not running.
        """
        return self._inside.shell(command, terminal=terminal)

    def remover(self) -> Remover:
        """Return the helper container, from the database's image, which is here."""
        return self.helpers.remove_child

    def _service_name(self, service: Service) -> str:
        if service == "database":
            return self.model.database.name
        return self.model.backend.name if self.model.backend else ""

    @cached_property
    def helpers(self) -> Helpers:
        """What may do what we have no right to."""
        return Helpers(self.daemon.client, self.model.database_image, self.model.project)

    @cached_property
    def _inside(self) -> InsideContainers:
        return InsideContainers(daemon=self.daemon, cli=self.cli, model=self.model)

    @cached_property
    def _chosen(self) -> list[DatabaseAddress]:
        return []

    @cached_property
    def _kept(self) -> KeptContainers:
        return KeptContainers(daemon=self.daemon, model=self.model, hash_services=self.cli.hashes)

    def _container(self, service: str) -> Container | None:
        return container_of(self.daemon, self.model, service)

    def _backend_facts(self, containers: Mapping[str, Container]) -> BackendFacts:
        if self.model.backend is None:
            return BackendFacts()
        container = containers.get(self.model.backend.name)
        running = container is not None and container.running
        return BackendFacts(
            defined=True, running=running, url=published.health_url(self.config.health_url, self.model, container)
        )

    def _data_present(self, database: Container | None) -> bool:
        if self.location.kind == "container":
            return database is not None
        return has_content(Path(self.location.path))
