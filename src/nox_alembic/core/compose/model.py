"""The project from `docker compose config --format json`, and our services in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import PurePath, PurePosixPath
from typing import Any, Literal

from nox_alembic.core.config import Config, nearest
from nox_alembic.core.errors import PreconditionError, UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.paths import from_root

POSTGRES_PORT = 5432
# Where images keep the data, the deepest first. Since PostgreSQL 18 the data is below
# the mount (docker-library/postgres#1259).
POSTGRES_MOUNTS = ("/var/lib/postgresql/data", "/var/lib/postgresql")
# The image takes each from the file that NAME_FILE names, too.
LOGIN = ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")

Document = Mapping[str, Any]


@frozen(kw_only=True)
class Port:
    """A published port."""

    container: int
    published: int  # 0 when the engine chooses the port
    host: str = ""


@frozen(kw_only=True)
class Mount:
    """A mount of a service."""

    kind: Literal["bind", "volume", "tmpfs"] | str
    source: str  # a path for `bind`, the volume's key for `volume`
    target: str


@frozen(kw_only=True)
class Service:
    """A service of the Compose file."""

    name: str
    image: str
    builds: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # it has secrets
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    depends_on: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    starts_alone: bool = True  # Compose only starts its container, once its dependencies are there

    def port(self, container: int) -> Port | None:
        """Return how a port of the container is published, None when it is not."""
        return next((port for port in self.ports if port.container == container), None)


@frozen
class DataHome:
    """Where an image's server keeps its data, and the volumes that the image asks for.

    A container gets a volume without a name for each of them that has no mount.
    """

    folder: str = ""
    volumes: tuple[str, ...] = ()


@frozen(kw_only=True)
class ComposeModel:
    """The project as Compose sees it, with the two services that matter here."""

    project: str
    services: Mapping[str, Service]
    volumes: Mapping[str, str]  # the names by key
    database: Service
    backend: Service | None
    one_shots: frozenset[str] = frozenset()  # services that others wait for to end
    external: frozenset[str] = frozenset()  # the keys of external volumes
    profiles: frozenset[str] = frozenset()  # those that are asked for
    home: DataHome | None = None  # what the database's image says, None while it is not here

    @property
    def others(self) -> tuple[str, ...]:
        """The services that `up` starts beside the database.

        They are the services without a profile or of one that is asked for, and the
        backend in any case.
        """
        beside = [one for one in self.services.values() if one.name != self.database.name]
        return tuple(one.name for one in beside if one == self.backend or self._is_active(one))

    def _is_active(self, service: Service) -> bool:
        return not service.profiles or "*" in self.profiles or not self.profiles.isdisjoint(service.profiles)

    @property
    def database_image(self) -> str:
        """The image of the database, and of the helper containers."""
        return self.image_of(self.database.name)

    def image_of(self, service: str) -> str:
        """Return the image of a service, in Compose's own name where it has none."""
        return self.services[service].image or f"{self.project}-{service}"


def read_model(document: Document, config: Config, profiles: Sequence[str] = ()) -> ComposeModel:
    """Return Compose's own resolved configuration as values.

    `profiles` are those that are asked for. Raises UsageError when the service of the
    database (NA107) or of the backend (NA109) is missing, or when several could be
    meant (NA108).
    """
    given = document.get("volumes") or {}
    services = {name: _service(name, content) for name, content in document.get("services", {}).items()}
    volumes = {key: (content or {}).get("name", key) for key, content in given.items()}
    database = _database(services, config)
    return ComposeModel(
        project=document["name"],
        services=services,
        volumes=volumes,
        database=database,
        backend=_backend(services, database, config),
        one_shots=_one_shots(document),
        profiles=frozenset(profiles),
        external=frozenset(key for key, content in given.items() if (content or {}).get("external")),
    )


def mounting(model: ComposeModel, volume: str) -> tuple[str, ...]:
    """Return the services that mount the volume of that name."""
    return tuple(
        service.name
        for service in model.services.values()
        if any(m.kind == "volume" and model.volumes.get(m.source, m.source) == volume for m in service.mounts)
    )


def login(service: Service) -> tuple[str, str, str]:
    """Return user, password and database as the public image reads them.

    Raises PreconditionError (NA118) for what it reads from a file that cannot be read.
    """
    for name in LOGIN:
        if (file := service.environment.get(f"{name}_FILE")) and name not in service.environment:
            raise _unread(service.name, name, file)
    user = service.environment.get("POSTGRES_USER") or "postgres"
    return user, service.environment.get("POSTGRES_PASSWORD", ""), service.environment.get("POSTGRES_DB") or user


def _unread(service: str, name: str, file: str) -> PreconditionError:
    message = f'the service "{service}" reads {name} from {file} ({name}_FILE), which this user cannot read here'
    return PreconditionError("NA118", message, hint=f"make its source readable for this user, or set {name} instead")


def published_database_port(service: Service) -> Port:
    """Return how the server's port is published; raises PreconditionError (NA113)."""
    port = service.port(int(service.environment.get("PGPORT", POSTGRES_PORT)))
    if port is None:
        message = f'the service "{service.name}" does not publish its port {POSTGRES_PORT}, so no client reaches it'
        raise PreconditionError("NA113", message, hint=f'add `ports: ["127.0.0.1:5432:5432"]` to "{service.name}"')
    return port


def path_inside(service: Service, path: PurePath, *, root: PurePath) -> str:
    """Return where a container of the service sees a file of the project.

    The mounts decide, the deepest first. A file outside of all mounts has the same
    place below the container's working folder as below `root` here.
    """
    mounts = sorted((m for m in service.mounts if m.kind == "bind"), key=lambda m: len(m.source), reverse=True)
    for mount in mounts:
        if path.is_relative_to(mount.source):
            return (PurePosixPath(mount.target) / path.relative_to(mount.source).as_posix()).as_posix()
    return from_root(root, path).as_posix()


def variable_of_port(raw: Document, service: str, container: int) -> str:
    """Return the variable that chooses a published port, "" for none.

    `raw` is the configuration before interpolation.
    """
    for port in raw.get("services", {}).get(service, {}).get("ports", []):
        text = port if isinstance(port, str) else f"{port.get('published', '')}:{port.get('target', '')}"
        published, _, target = text.rpartition(":")
        found = re.search(r"\$\{?(\w+)", published)
        if found and target.partition("/")[0] == str(container):
            return found[1]
    return ""


def _service(name: str, content: Document) -> Service:
    return Service(
        name=name,
        image=content.get("image", ""),
        builds="build" in content,
        environment={key: _text(value) for key, value in (content.get("environment") or {}).items()},
        ports=tuple(_port(port) for port in content.get("ports") or []),
        mounts=tuple(_mount(mount) for mount in content.get("volumes") or []),
        depends_on=tuple(content.get("depends_on") or {}),
        profiles=tuple(content.get("profiles") or ()),
        starts_alone=not any(content.get(key) for key in _MORE_THAN_A_START) and not _joins_another(content),
    )


# What Compose itself does at a start, or takes from another container.
_MORE_THAN_A_START = ("post_start", "pre_stop", "volumes_from", "provider", "links", "external_links")


def _joins_another(content: Document) -> bool:
    """Return whether it joins the namespace of another container, found by its id."""
    joined = (str(content.get(key, "")) for key in ("network_mode", "ipc", "pid"))
    return any(value.startswith(("service:", "container:")) for value in joined)


def _one_shots(document: Document) -> frozenset[str]:
    """Return the services whose end others wait for: these are not started again."""
    return frozenset(
        name
        for content in document.get("services", {}).values()
        for name, dependency in (content.get("depends_on") or {}).items()
        if dependency.get("condition") == "service_completed_successfully"
    )


def _text(value: object) -> str:
    """Return the text without the escape of `config`, which is a Compose file again."""
    return "" if value is None else str(value).replace("$$", "$")


def _port(port: Document) -> Port:
    published = str(port.get("published") or "0").partition("-")[0]
    return Port(container=int(port["target"]), published=int(published), host=port.get("host_ip", ""))


def _mount(mount: Document) -> Mount:
    return Mount(kind=mount["type"], source=_text(mount.get("source")), target=mount["target"].rstrip("/"))


def _looks_like_postgres(service: Service) -> bool:
    image = service.image.rpartition("/")[2]
    names = ("postgres", "postgis", "timescale", "pgvector")
    if any(name in image for name in names) or any(mount.target in POSTGRES_MOUNTS for mount in service.mounts):
        return True
    return "POSTGRES_PASSWORD" in service.environment and any(p.container == POSTGRES_PORT for p in service.ports)


def _database(services: Mapping[str, Service], config: Config) -> Service:
    if config.database_service:
        return _named(services, config.database_service, key="database-service", id="NA107")
    found = [service for service in services.values() if _looks_like_postgres(service)]
    if len(found) == 1:
        return found[0]
    if found:
        raise _several("database", [service.name for service in found])
    message = f"no service of the Compose file looks like PostgreSQL (there are: {', '.join(services) or 'none'})"
    raise UsageError("NA107", message, hint='set "database-service" in [tool.nox-alembic] of pyproject.toml')


def _backend(services: Mapping[str, Service], database: Service, config: Config) -> Service | None:
    """Return the configured service, else the only service that waits for the database.

    Services that are built come first.
    """
    if config.backend_service:
        return _named(services, config.backend_service, key="backend-service", id="NA109")
    waiting = [service for service in services.values() if database.name in service.depends_on]
    found = [service for service in waiting if service.builds] or waiting
    if len(found) > 1:
        raise _several("backend", [service.name for service in found])
    return found[0] if found else None


def _named(services: Mapping[str, Service], name: str, *, key: str, id: str) -> Service:  # noqa: A002 - the error's
    if name not in services:
        message = f'the Compose file has no service "{name}".{nearest(name, services)}'
        raise UsageError(id, message, hint=f'set "{key}" in pyproject.toml to one of: {", ".join(services)}')
    return services[name]


def _several(role: str, names: Sequence[str]) -> UsageError:
    message = f"several services could be the {role}: {', '.join(names)}"
    return UsageError("NA108", message, hint=f'set "{role}-service" in [tool.nox-alembic] of pyproject.toml')
