"""A real Docker Engine and real Compose v2: without them these tests are skipped with a reason, or fail in CI."""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.crashes import remove_kept
from tests.project import COMPOSE, Project, make_project
from tests.users import as_normal_user, give

MakeProject = Callable[..., Project]


def _missing() -> str:
    try:
        for command in (["docker", "info"], ["docker", "compose", "version"]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"`{' '.join(command)}` fails: {done.stderr.strip().splitlines()[-1]}"
    except FileNotFoundError:
        return "docker is not installed"
    return ""


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    missing = _missing()
    if missing and os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(f"REQUIRE_DOCKER=1, and {missing}")
    if missing:
        pytest.skip(f"these tests need Docker and Compose v2: {missing}")


@contextlib.contextmanager
def compose_projects(folder: Path) -> Iterator[MakeProject]:
    """Make projects, each with a Compose project name of its own, and remove what they started."""
    made: list[Project] = []

    def make(*lines: str, name: str = "", more: str = "", data: str = "./volumes/db") -> Project:
        root = folder / f"project{len(made)}"
        project = make_project(root, folder / "home", *lines)
        project.variables["PROJECT"] = name or f"naa-{secrets.token_hex(4)}"
        project.write("compose.yml", COMPOSE.format(name=project.variables["PROJECT"], more=more, data=data))
        made.append(project)
        return project

    yield make
    for project in made:
        for name in (project.variables["PROJECT"], f"{project.variables['PROJECT']}-two"):
            docker(
                "compose", "-p", name, "--profile", "*", "down", "-v", "--remove-orphans", "-t", "0", cwd=project.root
            )
            remove_kept(name)


@pytest.fixture
def make_compose_project(tmp_path: Path) -> Iterator[MakeProject]:
    with compose_projects(tmp_path) as make:
        yield make


@pytest.fixture
def project(make_compose_project: MakeProject) -> Project:
    return make_compose_project()


def docker(*words: str, cwd: Path | None = None) -> str:
    """Return what a docker command prints; it must succeed."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def connected(project: Project, environment: str = "") -> "psycopg2.extensions.connection":
    """Return a connection in autocommit mode to the database of an environment, whose port the daemon knows."""
    name = project.variables["PROJECT"] + (environment and f"-{environment}")
    labels = (f"label=com.docker.compose.project={name}", "label=com.docker.compose.service=db")
    shown = docker("ps", *(word for label in labels for word in ("--filter", label)), "--format", "{{.Ports}}")
    found = re.search(r"127\.0\.0\.1:(\d+)->5432", shown)
    assert found, f"the database of {name} has no port: {shown!r}"
    connection = psycopg2.connect(host="127.0.0.1", port=found[1], user="dds", password="a$b%c", dbname="sample")
    connection.autocommit = True
    return connection


def query(project: Project, statement: str, environment: str = "") -> list[tuple[object, ...]]:
    """Run a statement on a connection of its own, and return the rows."""
    with contextlib.closing(connected(project, environment)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kept_volumes(project: Project) -> list[str]:
    """Return the volumes that keep data of the project's database."""
    label = f"label=nox-alembic.before.project={project.variables['PROJECT']}"
    return docker("volume", "ls", "-q", "--filter", label).split()


def containers(project: Project) -> list[str]:
    """Return the state of each container of the project, as `db running`."""
    label = f"label=com.docker.compose.project={project.variables['PROJECT']}"
    shown = docker("ps", "-a", "--filter", label, "--format", '{{.Label "com.docker.compose.service"}} {{.State}}')
    return sorted(shown.splitlines())


def starts(project: Project, service: str, since: float, until: float) -> int:
    """Return how often the service's container was started between two times, from the daemon's own record."""
    filters = [
        f"label=com.docker.compose.project={project.variables['PROJECT']}",
        f"label=com.docker.compose.service={service}",
        "event=start",
    ]
    words = [word for value in filters for word in ("--filter", value)]
    shown = docker("events", "--since", f"{since:.3f}", "--until", f"{until:.3f}", *words)
    return len(shown.splitlines())


def as_normal_user_of(project: Project, home: Path) -> None:
    """Have the project belong to `nobody`, who may talk to the daemon, and run the tool as they do."""
    project.prefix = as_normal_user(Path("/var/run/docker.sock").stat().st_gid)
    plugin = Path("~/.docker/cli-plugins/docker-compose").expanduser()
    if plugin.exists():  # a plugin of root's own
        (home / ".docker/cli-plugins").mkdir(parents=True)
        shutil.copy(plugin, home / ".docker/cli-plugins")
    project.variables["HOME"] = str(home)
    give(home)
