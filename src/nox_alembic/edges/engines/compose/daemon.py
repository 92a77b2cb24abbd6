"""The Docker daemon through its SDK: what Compose's command line cannot say."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from http import HTTPStatus
from pathlib import Path, PurePath
from typing import Any

import docker
import docker.errors

from nox_alembic.core.compose.model import DataHome
from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines.compose import host
from nox_alembic.edges.engines.compose.owners import Owner, owner_of

ANSWER_SECONDS = 60
# For the first answer of all: a machine that is not there does not say so.
CONNECT_SECONDS = 20
LABEL = "com.docker.compose"
HELPER = "nox-alembic.helper"  # a label, with the Compose project it works for


@frozen(kw_only=True)
class Container:
    """A container of a Compose project.

    `health` is "" when it has no health check; `ports` are by container port.
    `config_hash` and `image` (an id) are what it was made from; `one_off` is true for a
    `docker compose run`. `variables` are the names in its environment, and `anonymous`
    is where it has volumes without a name.
    """

    id: str
    service: str
    running: bool
    exit_code: int
    health: str
    owner: Owner
    config_hash: str = ""
    image: str = ""
    is_one_off: bool = False
    variables: tuple[str, ...] = ()
    anonymous: tuple[str, ...] = ()
    ports: Mapping[int, tuple[str, int]] = field(default_factory=dict)


class Daemon:
    """A daemon that answers; `connect` gives one, or says why there is none."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client

    @property
    def client(self) -> docker.DockerClient:
        """The connection, for what is a module of its own."""
        return self._client

    @classmethod
    def connect(cls, environ: Mapping[str, str], *, seconds: int = CONNECT_SECONDS) -> "Daemon":
        """Return the daemon of DOCKER_HOST or of the current context.

        Raises PreconditionError where none answers within these seconds (NA101), or
        where this user may not talk to it (NA116).
        """
        meant = host.meant(environ)
        try:
            client = docker.from_env(timeout=seconds, environment=dict(environ))  # which asks for the version
        except (docker.errors.DockerException, OSError) as error:
            raise host.explained(meant, environ, error, seconds) from None
        client.api.timeout = ANSWER_SECONDS
        return cls(client)

    def of_folder(self, folder: Path) -> tuple[str, ...]:
        """Return the names of the containers of that folder's Compose projects.

        Stopped ones are among them.
        """
        label = f"{LABEL}.project.working_dir={folder}"
        found = self._client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        return tuple(str(container.name) for container in found)

    def owners(self, project: str) -> tuple[Owner, ...]:
        """Return what made a Compose project's containers, by one quick question."""
        found = self._client.containers.list(all=True, filters={"label": f"{LABEL}.project={project}"}, sparse=True)
        return tuple(owner_of(container.attrs["Labels"] or {}) for container in found)

    def containers(self, project: str, service: str = "") -> tuple[Container, ...]:
        """Return the containers of a Compose project, or of one of its services.

        Stopped ones are among them.
        """
        labels = [f"{LABEL}.project={project}", *([f"{LABEL}.service={service}"] if service else [])]
        found = self._client.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
        return tuple(_container(container.attrs) for container in found)

    def users_of(self, path: Path, *, but_project: str | None) -> tuple[str, ...]:
        """Describe the running containers that mount the folder, its parent or a child.

        The key is the mount's source.
        """
        found = self._client.containers.list(ignore_removed=True)
        return tuple(
            described(container.attrs)
            for container in found
            if project_of(container.attrs) != but_project or but_project is None
            if any(_effects(PurePath(source), path) for source in _sources(container.attrs))
        )

    def kill(self, containers: Sequence[str]) -> None:
        """End containers at the same time, and return when none of them runs.

        Raises FailedError (NA663).
        """
        for failure in _side_by_side(self._client.api.kill, containers):
            message = f"a container could not be ended: {short(failure)}"
            raise FailedError("NA663", message, hint="`docker compose kill` shows the same")

    def stop(self, containers: Sequence[str], seconds: int) -> None:
        """Stop containers in an orderly way; raises FailedError (NA663)."""
        for failure in _side_by_side(lambda container: self._client.api.stop(container, timeout=seconds), containers):
            message = f"a container could not be stopped: {short(failure)}"
            raise FailedError("NA663", message, hint="`docker compose stop` shows the same")

    def start(self, containers: Sequence[str]) -> bool:
        """Start containers at the same time, and return whether all were started.

        Where one was not, Compose will say why.
        """
        return not _side_by_side(self._client.api.start, containers)

    def image_id(self, name: str) -> str:
        """Return the id of an image on the daemon's machine, "" without the image."""
        try:
            return str(self._client.images.get(name).id)
        except docker.errors.ImageNotFound:
            return ""

    def data_home(self, image: str) -> DataHome | None:
        """Return where the image's server keeps its data, None without the image."""
        try:
            configured = self._client.images.get(image).attrs["Config"]
        except docker.errors.ImageNotFound:
            return None
        variables = dict(line.partition("=")[::2] for line in configured.get("Env") or ())
        return DataHome(folder=variables.get("PGDATA", ""), volumes=tuple(configured.get("Volumes") or ()))

    def has_image(self, name: str) -> bool:
        """Return whether the image is on the daemon's machine."""
        return bool(self.image_id(name))

    def remove_volume(self, name: str) -> None:
        """Remove one named volume; one that is not there is fine."""
        try:
            self._client.volumes.get(name).remove()
        except docker.errors.NotFound:
            return

    def output_of(self, project: str, service: str, words: Sequence[str], environ: Mapping[str, str]) -> str:
        """Return what a program in the service's running container prints.

        It is much quicker than `docker compose exec`. Raises OSError with the program's
        complaint when it cannot be run or ends badly.
        """
        labels = [f"{LABEL}.project={project}", f"{LABEL}.service={service}"]
        try:
            found = self._client.containers.list(filters={"label": labels}, sparse=True)
            if not found:
                raise OSError(f'the service "{service}" is not running')
            done = found[0].exec_run(list(words), environment=dict(environ), demux=True)
        except docker.errors.DockerException as error:
            raise OSError(short(error)) from error
        streams: Any = done.output  # a pair with `demux`, which the types do not know
        out, err = ((part or b"").decode(errors="replace").strip() for part in streams)
        if done.exit_code:
            raise OSError(f"`{words[0]}` in the container ended with {done.exit_code}: {err or out}")
        return out


def _side_by_side(act: Callable[[str], object], containers: Sequence[str]) -> list[docker.errors.DockerException]:
    """Do it to each container at the same time, and return what failed.

    A container that does not run needs no end.
    """
    failures: list[docker.errors.DockerException] = []

    def attempt(container: str) -> None:
        try:
            act(container)
        except docker.errors.APIError as error:
            if error.status_code != HTTPStatus.CONFLICT:
                failures.append(error)
        except docker.errors.DockerException as error:
            failures.append(error)

    threads = [threading.Thread(target=attempt, args=(container,)) for container in containers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def _container(attrs: Mapping[str, Any]) -> Container:
    labels, state = attrs["Config"]["Labels"], attrs["State"]
    return Container(
        id=attrs["Id"],
        service=labels.get(f"{LABEL}.service", ""),
        running=state["Status"] in {"running", "restarting", "paused"},
        exit_code=state.get("ExitCode", 0),
        health=(state.get("Health") or {}).get("Status", ""),
        owner=owner_of(labels),
        config_hash=labels.get(f"{LABEL}.config-hash", ""),
        image=attrs.get("Image", ""),
        is_one_off=labels.get(f"{LABEL}.oneoff") == "True",
        variables=tuple(line.partition("=")[0] for line in attrs["Config"].get("Env") or ()),
        anonymous=tuple(mount["Destination"] for mount in attrs["Mounts"] if _is_anonymous(mount)),
        ports=dict(_ports(attrs)),
    )


def _is_anonymous(mount: Mapping[str, Any]) -> bool:
    """Return whether the daemon has named the volume, for this container alone."""
    return mount.get("Type") == "volume" and re.fullmatch("[0-9a-f]{64}", mount.get("Name", "")) is not None


def _ports(attrs: Mapping[str, Any]) -> Iterator[tuple[int, tuple[str, int]]]:
    for key, bindings in (attrs["NetworkSettings"].get("Ports") or {}).items():
        for binding in (bindings or [])[:1]:
            yield int(key.partition("/")[0]), (binding["HostIp"], int(binding["HostPort"]))


def project_of(attrs: Mapping[str, Any]) -> str:
    """Return the Compose project for which the container runs, "" for none."""
    labels = attrs["Config"]["Labels"] or {}
    return str(labels.get(f"{LABEL}.project") or labels.get(HELPER, ""))


def described(attrs: Mapping[str, Any]) -> str:
    """Return the container as messages name it."""
    name, project = attrs["Name"].lstrip("/"), project_of(attrs)
    return f"container {name} of the Compose project {project}" if project else f"container {name}"


def _sources(attrs: Mapping[str, Any]) -> Iterator[str]:
    return (mount["Source"] for mount in attrs["Mounts"] if mount.get("Type") == "bind")


def _effects(source: PurePath, path: Path) -> bool:
    """Return whether writing through `source` can reach the folder.

    Above the folder only the parent counts: a container that mounts a whole home or
    project, such as a development container, does not run a database on it.
    """
    return source in {path, path.parent} or source.is_relative_to(path)


def short(error: BaseException) -> str:
    """Return the first line of what it says."""
    return str(error).strip().partition("\n")[0]
