"""Finds and removes the throw-away projects of runs that were killed."""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import docker.errors

from nox_alembic.core.copies import leftovers
from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.edges.engines.compose.daemon import LABEL

# On its containers: the machine, or the container, whose process ids their names have.
HERE = "nox-alembic.throwaway"
PROJECT = f"{LABEL}.project"


def here() -> str:
    """Return where the process ids of this process are those of other ones, too."""
    with suppress(OSError):
        return f"{platform.node()} {Path('/proc/self/ns/pid').readlink()}"
    return platform.node()


def marked(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the throw-away project with the mark by which it is found again."""
    services = {
        name: {**service, "labels": {**(service.get("labels") or {}), HERE: here()}}
        for name, service in document["services"].items()
    }
    return {**document, "services": services}


def found(client: docker.DockerClient, project: str) -> Iterator[Leftover]:
    """Yield that project's throw-away projects whose process is gone on this machine.

    A daemon may serve several machines: a project with the mark of another one is left
    alone.
    """
    containers = client.containers.list(all=True, filters={"label": PROJECT}, sparse=True)
    labels = [container.attrs["Labels"] or {} for container in containers]
    elsewhere = {one[PROJECT] for one in labels if one.get(HERE, here()) != here()}
    networks = client.networks.list(filters={"label": PROJECT})
    names = [*(one[PROJECT] for one in labels), *(network.attrs["Labels"][PROJECT] for network in networks)]
    for left in leftovers.environments(names, project, _is_there):
        if left.name not in elsewhere:
            yield left


def remove(client: docker.DockerClient, project: str) -> None:
    """Remove its containers with their volumes, its networks and its volumes."""
    mine: dict[str, Any] = {"label": f"{PROJECT}={project}"}
    for container in client.containers.list(all=True, filters=mine, ignore_removed=True):
        _gone(lambda one=container: one.remove(force=True, v=True))  # type: ignore[misc]
    others: Iterable[Any] = (*client.networks.list(filters=mine), *client.volumes.list(filters=mine))
    for one in others:
        _gone(one.remove)


def _is_there(pid: int) -> bool:
    """Return whether a process has that id."""
    import psutil  # noqa: PLC0415 - as above

    return psutil.pid_exists(pid)


def _gone(remove: Callable[[], object]) -> None:
    """Remove it, unless somebody else has."""
    with suppress(docker.errors.NotFound):
        remove()
