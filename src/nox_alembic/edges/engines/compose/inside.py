"""Runs programs in the containers of a Compose project.

In the database's they are its clients, in the backend's Alembic or a shell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nox_alembic.core.compose.model import ComposeModel, login, path_inside, published_database_port
from nox_alembic.core.errors import UsageError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.ownership import unproved
from nox_alembic.edges.engines import Inside
from nox_alembic.edges.engines.compose.cli import ComposeCli
from nox_alembic.edges.engines.compose.containers import container_of
from nox_alembic.edges.engines.compose.daemon import Daemon
from nox_alembic.edges.postgres.connection import DIVERTING, libpq_variables
from nox_alembic.edges.system.invocation import Invocation
from nox_alembic.edges.system.waiting import wait_until

SEEN_SECONDS = 1
SHELL = ("sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash || exec sh")
PYTHON = ("sh", "-c", 'exec "$(command -v python3 || command -v python)" -')


@frozen(kw_only=True)
class InsideContainers:
    """How programs run in the containers of one project."""

    daemon: Daemon
    cli: ComposeCli
    model: ComposeModel

    def client(self, program: str, *, terminal: bool) -> Invocation:
        """Return how the program runs in the database's container.

        `-e NAME` without a value hands on our own value.
        """
        variables = self._client_variables()
        options = [word for variable in variables for word in ("-e", variable)]
        run = (*self._without_others(), program)
        words = self.cli.command("exec", *_streams(terminal=terminal), *options, self.model.database.name, *run)
        return Invocation(tuple(words), {**self.cli.environ, **variables})

    def ask(self, address: DatabaseAddress, query: str) -> str:
        """Return the answer of the server in the container.

        Raises RefusedError (NA622) when it cannot be asked.
        """
        words, environ = [*self._without_others(), "psql", "-XAtqc", query], self._client_variables()
        try:
            return self.daemon.output_of(self.model.project, self.model.database.name, words, environ)
        except OSError as error:
            raise unproved(address, str(error)) from None

    def sees(self, address: DatabaseAddress, nonce: str) -> bool:
        """Return whether the server in the container has a session of that name.

        It is asked more than once: the daemon may lose what a short program prints.
        Raises RefusedError (NA622) when it cannot be asked.
        """
        query = f"SELECT 1 FROM pg_stat_activity WHERE application_name = '{nonce}'"  # noqa: S608 - of our own making, in hexadecimal digits
        return wait_until(lambda: self.ask(address, query) or None, SEEN_SECONDS) is not None

    def python(self) -> Inside:
        """Return how Python runs in the backend's container, or in one like it.

        It is one like it while the backend is not running. Raises UsageError (NA109)
        when the project has no backend.
        """
        backend = self.model.backend
        if backend is None:
            message = 'the project has no backend service, in which "alembic-in" wants Alembic to run'
            raise UsageError("NA109", message, hint='set "backend-service", or `alembic-in = "host"`')
        return Inside(
            self._in_backend(backend.name, PYTHON, terminal=False),
            path_of=lambda path: path_inside(backend, path, root=self.cli.root),
            address_of=lambda address: replace(
                address,
                host=self.model.database.name,
                port=published_database_port(self.model.database).container,
            ),
        )

    def shell(self, command: Sequence[str], *, terminal: bool) -> Invocation:
        """Return how it runs in the backend's container, or in a container of its own.

        It has its own while the backend is not running. Raises UsageError (NA469) when
        the project has no backend.
        """
        if self.model.backend is None:
            message = "the project has no backend in which a shell could be opened"
            raise UsageError("NA469", message, hint='name its service in "backend-service"')
        return self._in_backend(self.model.backend.name, tuple(command) or SHELL, terminal=terminal)

    def _in_backend(self, service: str, command: Sequence[str], *, terminal: bool) -> Invocation:
        """Return how it runs in the backend's container.

        In a new one it runs by the entry point, which an image may have.
        """
        streams, (program, *arguments) = _streams(terminal=terminal), command
        container = container_of(self.daemon, self.model, service)
        if container is not None and container.running:
            words = self.cli.command("exec", *streams, service, program, *arguments)
        else:
            words = self.cli.command("run", "--rm", "--no-deps", *streams, "--entrypoint", program, service, *arguments)
        return Invocation(tuple(words), self.cli.environ)

    def _client_variables(self) -> Mapping[str, str]:
        """Return the variables for a client inside the database's container.

        Nothing but that server is at 127.0.0.1 there.
        """
        user, password, name = login(self.model.database)
        port = published_database_port(self.model.database).container
        return libpq_variables(DatabaseAddress(host="127.0.0.1", port=port, user=user, password=password, name=name))

    def _without_others(self) -> Sequence[str]:
        """Return the words before a client that clear what leads it elsewhere.

        A shared env_file may lead it elsewhere.
        """
        container = container_of(self.daemon, self.model, self.model.database.name)
        others = DIVERTING.intersection(container.variables if container else ()) - self._client_variables().keys()
        return ("env", *(word for name in sorted(others) for word in ("-u", name))) if others else ()


def _streams(*, terminal: bool) -> tuple[str, ...]:
    return () if terminal else ("-T",)
