"""The engine `embedded`: a PostgreSQL server and a backend as processes of this user.

It needs no Docker.
"""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from nox_alembic.core.config import Config
from nox_alembic.core.copies import leftovers
from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import BackendFacts, DatabaseAddress, DataLocation, EngineFacts, TakenPort
from nox_alembic.core.frozen import frozen
from nox_alembic.core.ownership import foreign as another_server
from nox_alembic.core.ownership import unproved
from nox_alembic.edges.engines import Remover, Service, ownership
from nox_alembic.edges.engines.embedded import logs, processes
from nox_alembic.edges.engines.embedded.backend import MARK, BackendProcess
from nox_alembic.edges.engines.embedded.programs import find_programs
from nox_alembic.edges.engines.embedded.record import (
    THROWAWAY,
    Connection,
    Places,
    database_name,
    places_of,
    read_connection,
    write_connection,
)
from nox_alembic.edges.engines.embedded.server import Server
from nox_alembic.edges.home.folders import Folders
from nox_alembic.edges.postgres.connection import environment_of_command, libpq_variables
from nox_alembic.edges.system.files import has_content
from nox_alembic.edges.system.invocation import Invocation
from nox_alembic.edges.system.ports import free_port, is_free

HOST = "127.0.0.1"
BACKEND = "backend"
TERMINATE_SECONDS = 10


@frozen(kw_only=True)
class EmbeddedEngine:
    """An environment's server and backend, as processes.

    What it must remember is in files beside the data, never in it.
    """

    config: Config
    root: Path
    folders: Folders
    environ: Mapping[str, str]
    started: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    throwaway: str = ""
    elsewhere: Places | None = None

    name: Literal["embedded"] = "embedded"

    @cached_property
    def places(self) -> Places:
        """Where everything is."""
        return self.elsewhere or places_of(self.config, self.root, self.folders, self.throwaway)

    @cached_property
    def server(self) -> Server:
        """The server; raises PreconditionError (NA121) without programs for one."""
        programs = find_programs(self.config.postgres_bin, self.root, self.environ)
        return Server(programs=programs, data=self.places.data, logs=self.places.logs)

    @property
    def location(self) -> DataLocation:
        """Where the database's files are."""
        return DataLocation(kind="folder", path=self.places.data, within=self.places.within)

    def probe(self) -> EngineFacts:
        """Return what the engine finds, and change nothing."""
        server_port, backend = self.server.port, self._backend.find()
        present = has_content(self.places.data)
        connection = read_connection(self.places.connection)
        return EngineFacts(
            name=self.name,
            location=self.location,
            data_present=present,
            database_running=bool(server_port),
            anything_running=bool(server_port) or backend is not None,
            address=self._address(connection, server_port),
            backend=self._backend_facts(connection, running=backend is not None),
            services=(BACKEND,) if self.config.backend_command else (),
            stopped=(BACKEND,) if self.config.backend_command and backend is None else (),
            taken_ports=tuple(self._taken_ports(bool(server_port), backend is not None)),
            problem="" if server_port else self.server.problem(),
            major="" if server_port or not present else str(self.server.programs.major),
        )

    def foreign(self) -> None:
        """Return nothing: all that it has is in folders of this clone."""

    def provide_images(self, images: Sequence[str]) -> None:
        """Do nothing: it has no images."""

    def start_database(self) -> None:
        """Make the cluster if there is none, start it, and create the database."""
        if not self.server.port:
            self._start()
        self.started()

    def _start(self) -> None:
        if self.throwaway:
            for left in self.leftovers():
                self.remove_leftover(left)
        self.server.require_same_major()
        connection = self._connection()
        if self.server.data_major() is None:
            self.server.initialise(connection.password)
        port = self._choose(self.config.database_port, connection.port, key="database-port")
        write_connection(self.places.connection, replace(connection, port=port))
        self.server.start(self._settings(port))
        self._create_database(port, connection)

    def make_missing_database(self) -> bool:
        """Make the target database; the server is ours by its folder."""
        port, connection = self.server.port, read_connection(self.places.connection)
        if not port or connection is None:
            return False
        self._create_database(port, connection)
        return True

    def is_blank(self) -> bool:
        """Return False: a cluster gets its place when it is whole."""
        return False

    def _create_database(self, port: int, connection: Connection) -> None:
        self.server.create_database(database_name(self.config), port, connection.password)

    def stop_database(self) -> None:
        """Stop the server, and leave the backend alone."""
        self.server.stop("fast")

    def address(self) -> DatabaseAddress:
        """Return where the running server takes logins."""
        address = self._address(read_connection(self.places.connection), self.server.port)
        if address is None:
            raise PreconditionError("NA202", "the embedded database is not running", hint="`nox -s dev` starts it")
        return address

    def prove_ownership(self) -> None:
        """Raise RefusedError unless the server reads our nonce in its data folder."""
        address = self.address()
        with ownership.client_door(address) as cursor:
            try:
                proved = self.server.reads_our_files(cursor)
            except OSError as error:
                raise unproved(address, str(error)) from None
            if not proved:
                raise another_server(address, ownership.describe(cursor), self.server.seen())

    def is_alive(self, service: Service) -> bool:
        """Return whether its process runs now."""
        return bool(self.server.port) if service == "database" else self._backend.find() is not None

    def start_services(self, services: Sequence[str]) -> None:
        """Start the backend unless it runs."""
        if BACKEND not in services or self._backend.find() is not None:
            return
        connection = self._connection()
        port = self._choose(self.config.backend_port, connection.backend_port, key="backend-port")
        write_connection(self.places.connection, replace(connection, backend_port=port))
        words = [word.replace("{backend_port}", str(port)) for word in self.config.backend_command]
        self._backend.start(words, cwd=self.root, environ=self._backend_environment(port))

    def stop_backend(self) -> None:
        """End the backend and all that it started."""
        self._backend.end(seconds=TERMINATE_SECONDS)

    def kill_services(self) -> None:
        """End the backend and all that it started, at once."""
        self._backend.end(seconds=0)

    def backend_url(self) -> str | None:
        """Return the configured health address, with the port of the backend."""
        connection = read_connection(self.places.connection)
        return self._backend_facts(connection, running=True).url

    def backend_health(self) -> bool | None:
        """Return None: only the backend itself knows."""
        return None

    def kill(self) -> None:
        """End everything at once."""
        self._backend.end(seconds=0)
        self.server.stop("immediate")

    def stop(self) -> None:
        """Do the same as `down`: there is nothing to be removed."""
        self.down()

    def down(self) -> None:
        """End the backend, then the server, each in its own orderly way."""
        self._backend.end(seconds=TERMINATE_SECONDS)
        self.server.stop("fast")

    @property
    def volumes(self) -> None:
        """No data is in a named volume here."""
        return None

    def make_database(self) -> None:
        """Do nothing: a start makes what it needs."""

    def discard_data(self) -> None:
        """Do nothing: there is no data but the folder."""

    def discard(self) -> None:
        """Remove the throw-away environment, whose files are all in one folder."""
        self.kill()
        if self.places.home.exists():
            shutil.rmtree(self.places.home)

    def log_tail(self, service: Service, lines: int = 20) -> str:
        """Return the last lines that the service logged in its last run."""
        return logs.tail(self._log(service), lines)

    def stream_logs(self, service: Service | None, *, follow: bool, lines: int | None) -> None:
        """Print the logs on stdout, of both with a prefix as Compose does it."""
        wanted = (
            {"": self._log(service)} if service else {"db      | ": self.server.log, "backend | ": self._backend.log}
        )
        logs.stream(wanted, follow=follow, lines=lines)

    def users_of(self, path: Path, *, foreign_only: bool) -> Sequence[str]:  # noqa: ARG002 - the Protocol's
        """Return no users: a server on the folder shows in the folder itself."""
        return ()

    def client(self, program: str, *, terminal: bool = False) -> Invocation:
        """Return how it runs as a process of this user, in the user's language."""
        speaks = {"LC_ALL": self.environ.get("LC_ALL", ""), "PGCLIENTENCODING": "UTF8"} if terminal else {}
        environ = {**self.server.programs.environment, **speaks, **libpq_variables(self.address())}
        return Invocation((self.server.programs.path(program),), environ)

    def variables(self) -> Mapping[str, str]:
        """Return none: no program but this tool runs the environment."""
        return {}

    def shell(self, command: Sequence[str], *, terminal: bool) -> Invocation:  # noqa: ARG002 - the Protocol's
        """Return how the command runs as a process of this user.

        It has the backend's variables, but is not marked as a part of the backend.
        """
        connection = read_connection(self.places.connection) or Connection()
        environ = dict(self._backend_environment(self.config.backend_port or connection.backend_port))
        environ.pop(MARK, None)
        shell = environ.get("COMSPEC", "cmd.exe") if sys.platform == "win32" else environ.get("SHELL", "/bin/sh")
        return Invocation(tuple(command) or (shell,), environ)

    def inside_backend(self) -> None:
        """Return nothing: the backend is a process of this machine."""

    def remover(self) -> Remover | None:
        """Return None: all files are this user's own."""
        return None

    @cached_property
    def _backend(self) -> BackendProcess:
        return BackendProcess(self.places)

    def _log(self, service: Service) -> Path:
        return self.server.log if service == "database" else self._backend.log

    def _connection(self) -> Connection:
        """Return what is remembered; a new password is remembered before it is used."""
        found = read_connection(self.places.connection)
        if found is None:
            found = Connection()
            write_connection(self.places.connection, found)
        return found

    def _address(self, connection: Connection | None, port: int) -> DatabaseAddress | None:
        if connection is None or not (port or connection.port):
            return None
        name = database_name(self.config)
        return DatabaseAddress(
            host=HOST, port=port or connection.port, user=connection.user, password=connection.password, name=name
        )

    def _choose(self, configured: int, remembered: int, *, key: str) -> int:
        """Return the configured port, else the remembered port, else another port.

        Raises when the configured port is taken. Another port is chosen when the
        remembered port is taken.
        """
        if configured and not is_free(HOST, configured):
            message = f"the port {configured} of {key!r} is taken by {processes.holder_of(configured)}"
            raise PreconditionError("NA123", message, hint=f'choose another "{key}" in pyproject.toml, or end it')
        candidate = configured or remembered
        return candidate if candidate and is_free(HOST, candidate) else free_port(HOST)

    def _taken_ports(self, database_runs: bool, backend_runs: bool) -> Sequence[TakenPort]:
        wanted = [
            TakenPort(port=self.config.database_port, service="the database", variable='"database-port"'),
            TakenPort(port=self.config.backend_port, service="the backend", variable='"backend-port"'),
        ]
        runs = (database_runs, backend_runs)
        return [t for t, up in zip(wanted, runs, strict=True) if t.port and not up and not is_free(HOST, t.port)]

    def _settings(self, port: int) -> Mapping[str, str]:
        lasting = {"port": str(port), "listen_addresses": HOST, "unix_socket_directories": ""}
        # What is thrown away need not survive a power cut.
        return {**lasting, "fsync": "off", "full_page_writes": "off"} if self.throwaway else lasting

    def _backend_environment(self, port: int) -> Mapping[str, str]:
        return {
            **environment_of_command(
                self.address(), self.environ, self.config.variables, self.config.alembic_variables
            ),
            "HOST": HOST,
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        }

    def _backend_facts(self, connection: Connection | None, *, running: bool) -> BackendFacts:
        if not self.config.backend_command:
            return BackendFacts()
        port = self.config.backend_port or (connection.backend_port if connection else 0)
        if "{backend_port}" in self.config.health_url and not port:
            return BackendFacts(defined=True, running=running)
        url = self.config.health_url.replace("{backend_port}", str(port))
        return BackendFacts(defined=True, running=running, url=url or None)

    def leftovers(self) -> Sequence[Leftover]:
        """Return what killed runs have left: beside the data, and in throw-aways."""
        homes = (home.name for home in self.folders.data.glob(f"{THROWAWAY}*") if not home.is_symlink())
        thrown_away = leftovers.environments(homes, THROWAWAY.rstrip("-"), processes.is_there)
        return (*self.server.cut_off(), *thrown_away)

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove one, with what is at work on it."""
        if leftover.kind == "cluster":
            self.server.remove_cut_off(leftover.name)
        else:
            replace(self, throwaway=leftover.name.removeprefix(THROWAWAY)).discard()
