"""Where the data is: in the mount itself, or below it, by the image or by PGDATA; `test_volumes` is on volumes."""

import os
from collections.abc import Iterator

import pytest

from tests.compose.conftest import MakeProject, compose_projects, docker
from tests.compose.test_verbs import insert, rows
from tests.project import Project

IMAGE_18 = os.environ.get("POSTGRES18_IMAGE", "postgres:18")
OTHERS = """\
  cache:
    image: ${PYTHON_IMAGE:-python:3.13-slim}
    entrypoint: [sleep, '600']
    stop_grace_period: 0s
    volumes: ['cache:/cache']
volumes: {pgdata: {}, cache: {}}
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project on PostgreSQL 18, whose data is mounted one level above where it was."""
    with compose_projects(tmp_path_factory.mktemp("postgresql18")) as make:
        project = make('database-service = "db"', more=OTHERS)
        text = (project.root / "compose.yml").read_text()
        project.write("compose.yml", text.replace(":/var/lib/postgresql/data", ":/var/lib/postgresql"))
        project.variables["POSTGRES_IMAGE"] = IMAGE_18
        yield project


@pytest.fixture
def project18(shared: Project) -> Project:
    """One for both tests, up."""
    shared.good("dev")
    return shared


def test_a_reset_of_postgresql_18_wipes_its_data_and_no_other_volume(project18: Project) -> None:
    insert(project18)
    docker("compose", "exec", "-T", "cache", "touch", "/cache/kept", cwd=project18.root)
    ran = project18.good("reset", "--yes", "--json").json
    assert rows(project18) == 1
    assert "warnings" not in ran
    assert docker("compose", "exec", "-T", "cache", "ls", "/cache", cwd=project18.root) == "kept\n"
    (trash,) = [path for path in (project18.root / "volumes").iterdir() if "wipe" in path.name]
    assert (trash / "18/docker/PG_VERSION").read_text() == "18\n"
    assert (project18.root / "volumes/db/18/docker/PG_VERSION").exists()


def test_what_lies_beside_the_data_of_postgresql_18_is_refused(project18: Project) -> None:
    project18.good("down")
    place = project18.root / "volumes/db"
    (place / "photos").mkdir()
    ran = project18.run("reset", "--yes", "--json")
    message = f"refused to wipe '{place}': it is not a PostgreSQL data folder: it holds 'photos'"
    assert (ran.code, ran.error[:2]) == (5, ("NA306", message))
    assert (place / "18/docker/PG_VERSION").exists()


SECRETS = """\
secrets:
  user: {file: ./secrets/user}
  password: {file: ./secrets/password}
"""


@pytest.mark.parametrize("below", ["pgdata", "cluster_15/main"])
def test_pgdata_below_the_mount_and_a_login_from_secrets(make_compose_project: MakeProject, below: str) -> None:
    project = make_compose_project(more=SECRETS)
    given = 'POSTGRES_USER: dds, POSTGRES_PASSWORD: "a$$b%c"'
    data = f"PGDATA: /var/lib/postgresql/data/{below}"
    files = f"POSTGRES_USER_FILE: /run/secrets/user, POSTGRES_PASSWORD_FILE: /run/secrets/password, {data}"
    text = (project.root / "compose.yml").read_text()
    assert given in text
    text = text.replace(given, files).replace("    healthcheck", "    secrets: [user, password]\n    healthcheck", 1)
    project.write("compose.yml", text)
    project.write("secrets/user", "dds\n")
    project.write("secrets/password", "a$b%c\n")
    project.good("dev")
    insert(project)
    project.good("reset", "--yes")
    assert rows(project) == 1
    project.good("undo")
    assert rows(project) == 2
    project.good("reset", "--fast", "--yes")
    assert rows(project) == 1
    assert (project.root / "volumes/db" / below / "PG_VERSION").exists()
