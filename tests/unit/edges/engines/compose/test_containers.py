"""A container is started without Compose only where Compose would do no more than start it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, SimpleNamespace
from typing import Any

import docker.errors
import pytest

from nox_alembic.core.compose.model import ComposeModel, Service
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.edges.engines.compose.containers import KeptContainers
from nox_alembic.edges.engines.compose.daemon import Container, Daemon
from nox_alembic.edges.engines.compose.owners import Owner
from tests.unit.core.make import told

DATABASE = Service(name="db", image="postgres:17")
BACKEND = Service(name="backend", image="backend:dev", depends_on=("db",))
HASHES = {"db": "d1", "backend": "b1", "worker": "w1"}


def container(service: str, **fields: Any) -> Container:
    made = Container(
        id=f"{service}-1", service=service, running=False, exit_code=0, health="", owner=Owner("/project"),
        config_hash=HASHES[service], image=f"image of {service}",
    )  # fmt: skip
    return replace(made, **fields)


@dataclass
class FakeDaemon:
    """A daemon that knows some containers, and what it was asked for."""

    found: list[Container]
    asked: list[str] = field(default_factory=list)

    def containers(self, project: str) -> list[Container]:
        return self.found

    def image_id(self, name: str) -> str:
        return {"postgres:17": "image of db", "backend:dev": "image of backend"}[name]

    def kill(self, ids: list[str]) -> None:
        self.asked += [f"kill {one}" for one in ids]

    def start(self, ids: list[str]) -> bool:
        self.asked += [f"start {one}" for one in ids]
        return True


def kept(
    *found: Container, service: Service = BACKEND, changed: Mapping[str, str] = MappingProxyType({})
) -> tuple[KeptContainers, list[str]]:
    daemon: Any = FakeDaemon(list(found))
    model = ComposeModel(
        project="p", services={"db": DATABASE, "backend": service}, volumes={}, database=DATABASE, backend=service
    )
    return KeptContainers(daemon=daemon, model=model, hash_services=lambda: {**HASHES, **changed}), daemon.asked


def test_a_container_that_is_what_the_project_says_is_started_as_it_is() -> None:
    containers, asked = kept(container("db", running=True), container("backend"))
    assert containers.start(["backend"])
    assert asked == ["start backend-1"]


def test_what_runs_already_is_left_alone() -> None:
    containers, asked = kept(container("db", running=True), container("backend"))
    assert containers.start(["db", "backend"])
    assert asked == ["start backend-1"]


@pytest.mark.parametrize(
    ("found", "service", "changed"),
    [
        ([], BACKEND, {}),
        ([container("backend")], BACKEND, {"backend": "b2"}),
        ([container("backend", image="an older image")], BACKEND, {}),
        ([container("backend"), container("backend", id="backend-2")], BACKEND, {}),
        ([container("backend")], replace(BACKEND, depends_on=("db", "worker")), {}),
        ([container("backend")], replace(BACKEND, starts_alone=False), {}),
        ([container("backend", is_one_off=True)], BACKEND, {}),
    ],
)
def test_whatever_else_is_to_be_done_is_left_to_compose(
    found: list[Container], service: Service, changed: dict[str, str]
) -> None:
    containers, asked = kept(container("db", running=True), *found, service=service, changed=changed)
    assert not containers.start(["backend"])
    assert asked == []


def test_all_that_runs_is_ended_or_all_but_the_database() -> None:
    containers, asked = kept(container("db", running=True), container("backend", running=True), container("worker"))
    containers.kill(but="db")
    containers.kill()
    assert asked == ["kill backend-1", "kill db-1", "kill backend-1"]


def api_error(status: int, text: str) -> docker.errors.APIError:
    response: Any = SimpleNamespace(status_code=status, reason="", url="", text=text)
    return docker.errors.APIError(text, response=response)


def daemon_whose(act: str, error: docker.errors.DockerException) -> Daemon:
    def fail(_: str) -> None:
        raise error

    client: Any = SimpleNamespace(api=SimpleNamespace(**{act: fail}))
    return Daemon(client)


def test_a_container_that_does_not_end_is_told() -> None:
    with pytest.raises(NoxAlembicError) as error:
        daemon_whose("kill", docker.errors.DockerException("permission denied\nmore")).kill(["one"])
    shown = ("NA663", "a container could not be ended: permission denied", "`docker compose kill` shows the same")
    assert told(error) == shown


def test_a_container_that_has_ended_already_is_fine_and_one_that_does_not_start_is_left_to_compose() -> None:
    daemon_whose("kill", api_error(409, "is not running")).kill(["one"])
    assert not daemon_whose("start", api_error(500, "no such network")).start(["one"])
