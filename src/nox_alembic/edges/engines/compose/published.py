"""Where this machine reaches what a Compose project listens on.

And what is in the way of a start.
"""

from collections.abc import Callable, Mapping, Sequence

from nox_alembic.core.compose.model import (
    ComposeModel,
    Document,
    Port,
    Service,
    login,
    published_database_port,
    variable_of_port,
)
from nox_alembic.core.facts import DatabaseAddress, TakenPort
from nox_alembic.edges.engines.compose.daemon import Container
from nox_alembic.edges.system.ports import is_free, reachable


def database_address(model: ComposeModel, container: Container | None) -> DatabaseAddress | None:
    """Return where the server takes logins, None while it has no port.

    The daemon chooses the port.
    """
    port = published_database_port(model.database)
    host, number = port.host, port.published
    if container is not None and port.container in container.ports:
        host, number = container.ports[port.container]
    if not number:
        return None
    user, password, name = login(model.database)
    return DatabaseAddress(host=reachable(host), port=number, user=user, password=password, name=name)


def is_chosen(model: ComposeModel) -> bool:
    """Return whether the project itself chooses the port of its database."""
    return published_database_port(model.database).published != 0


def backend_port(model: ComposeModel, container: Container | None) -> int:
    """Return the published port of the backend, 0 when there is none yet."""
    if model.backend is None or not model.backend.ports:
        return 0
    port = model.backend.ports[0]
    if container is not None and port.container in container.ports:
        return container.ports[port.container][1]
    return port.published


def health_url(configured: str, model: ComposeModel, container: Container | None) -> str | None:
    """Return the configured address with the backend's port, None without one."""
    port = backend_port(model, container)
    return configured.replace("{backend_port}", str(port)) if configured and port else None


def taken_ports(
    model: ComposeModel, containers: Mapping[str, Container], raw: Callable[[], Document]
) -> Sequence[TakenPort]:
    """Return what a start would stumble over.

    A running container holds its port itself. `raw` gives the configuration before
    interpolation, which names the variables that choose ports.
    """
    stopped = [
        (service, port)
        for service in (model.database, model.backend)
        if service is not None and is_down(containers.get(service.name))
        for port in service.ports
    ]
    taken = [(service, port) for service, port in stopped if not is_free(reachable(port.host), port.published)]
    document = raw() if taken else {}
    return [_taken(document, service, port) for service, port in taken]


def is_down(container: Container | None) -> bool:
    """Return whether it is not there, or not running."""
    return container is None or not container.running


def is_to_start(model: ComposeModel, service: str, container: Container | None) -> bool:
    """Return whether it is down, and has not done once what it is there for."""
    done = container is not None and container.exit_code == 0 and service in model.one_shots
    return is_down(container) and not done


def _taken(document: Document, service: Service, port: Port) -> TakenPort:
    variable = variable_of_port(document, service.name, port.container)
    return TakenPort(port=port.published, service=service.name, variable=variable)
