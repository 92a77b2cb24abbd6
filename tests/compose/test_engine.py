"""The project's Compose files wherever Compose itself finds them, and no other engine while Compose cannot be had."""

import os
import subprocess
import sys

import pytest

from nox_alembic.core import engines
from tests.compose.conftest import MakeProject, docker, query
from tests.integration.test_engine import NOWHERE, remembered
from tests.project import Project
from tests.unit.core.test_engines import OR_EMBEDDED


def move(project: Project, to: str) -> None:
    """Move the Compose file; its own relative paths go with it."""
    (project.root / to).parent.mkdir(parents=True, exist_ok=True)
    (project.root / "compose.yml").rename(project.root / to)


def split(project: Project) -> None:
    """Take the ports of the database out of the file: they are to come from a second one."""
    text = (project.root / "compose.yml").read_text()
    ports = '    ports: ["127.0.0.1:${SAMPLE_DB_PORT:-0}:5432"]\n'
    assert ports in text
    project.write("compose.yml", text.replace(ports, ""))


PORTS = 'services: {db: {ports: ["127.0.0.1:0:5432"]}}\n'


@pytest.mark.parametrize(
    "layout", ["in the folder above", "in a folder that .env names", "two files that .env names", "another ending"]
)
def test_compose_files_are_those_that_compose_finds(make_compose_project: MakeProject, layout: str) -> None:
    """From a folder of the project, too, whence programs in the container are run."""
    project = make_compose_project()
    project.table()
    match layout:
        case "in the folder above":
            repository = project.root
            (repository / ".git").mkdir()
            names = ("alembic.ini", "alembic", "pyproject.toml")
            (repository / "service").mkdir()
            for name in names:
                (repository / name).rename(repository / "service" / name)
            project.root = repository / "service"
        case "in a folder that .env names":
            move(project, "deploy/db.yml")
            text = (project.root / "deploy/db.yml").read_text()
            project.write("deploy/db.yml", text.replace("./backend.py", "../backend.py"))
            project.write(".env", "COMPOSE_FILE=deploy/db.yml\nSAMPLE_DATA=./volumes/of-env\n")
        case "two files that .env names":
            split(project)
            project.write("docker-compose.local.yml", PORTS)
            project.write(".env", f"COMPOSE_FILE=compose.yml{os.pathsep}docker-compose.local.yml\n")
        case _:
            split(project)
            project.write("docker-compose.override.yaml", PORTS)
    inside = project.root / "alembic"
    ran = project.run("dev", "--json", "--project", str(inside))
    try:
        assert (ran.code, ran.json["engine"]) == (0, "compose"), ran.err
        assert query(project, "SELECT version_num FROM alembic_version") == [("t2",)]
        project.root, root = inside, project.root
        assert project.good("snapshot", "save", "one", "--json").json["snapshot"]["revisions"] == ["t2"]
        assert project.good("sql", "-XAtqc", "SELECT current_database()").out == "sample\n"
        project.root = root
        volumes = root / "deploy" if layout == "in a folder that .env names" else project.root
        assert (volumes / "volumes/of-env").exists() == (layout == "in a folder that .env names")
    finally:
        project.good("down", "--project", str(inside))


def test_what_ran_on_compose_stays_there_whatever_becomes_of_docker_and_of_the_file(project: Project) -> None:
    project.table()
    project.good("dev")
    assert remembered(project) == ["compose"]
    down = project.run("dev", "--json", DOCKER_HOST=NOWHERE)
    said = f"no Docker daemon answers at {NOWHERE}, which DOCKER_HOST names: there is no such socket"
    assert (down.code, down.error[:2]) == (4, ("NA101", said))
    file = project.root / "compose.yml"
    file.rename(project.root / "elsewhere.yml")
    message = 'the environment ran on the engine "compose" the last time, and there is no Compose file now'
    hint = f'bring the file back, or name it in "compose-files"; {OR_EMBEDDED}'
    gone = project.run("dev", "--json")
    assert (gone.code, gone.error) == (4, ("NA117", message, hint))
    for path in project.home.glob("state/*/dev/engine"):  # as an older version has left it
        path.unlink()
    names = sorted(f"{project.variables['PROJECT']}-{service}-1" for service in ("db", "backend"))
    message = f"there is no Compose file in {project.root}, and Docker has containers of that folder: "
    old = project.run("status", "--json")
    assert (old.code, old.error[0], old.error[2]) == (4, "NA117", hint)
    assert old.error[1].startswith(message)
    assert sorted(old.error[1].removeprefix(message).split(", ")) == names
    assert list(project.home.rglob("PG_VERSION")) == []
    (project.root / "elsewhere.yml").rename(file)
    assert project.good("status", "--json").json["engine"] == "compose"


def test_data_that_an_older_version_left_on_the_other_engine_is_told_until_one_is_started(project: Project) -> None:
    project.table()
    project.good("dev", "--engine", "embedded")
    project.good("down")
    for path in project.home.glob("state/*/dev/engine"):
        path.unlink()
    (data,) = project.home.glob("data/*/dev/pgdata")
    assert project.run("status", "--json").json["warnings"] == [engines.unused(str(data))]
    project.good("dev")
    ran = project.good("status", "--json").json
    assert (ran["engine"], "warnings" in ran) == ("compose", False)


ASK = """
from pathlib import Path
from nox_alembic.report import Reporter
from nox_alembic.run.opening import open_environment

engine = open_environment(Path(), None, Reporter("test")).engine
print(repr(engine.foreign()), engine.foreign() == engine.probe().foreign)
"""


def foreign(project: Project) -> str:
    """Return who else has our containers, by the quick question, and whether the whole look says the same."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=project.root, env=project.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_who_has_containers_under_our_name_is_known_to_every_verb(make_compose_project: MakeProject) -> None:
    first = make_compose_project()
    second = make_compose_project(name=first.variables["PROJECT"])
    first.good("dev")
    assert foreign(first) == "None True"
    name = first.variables["PROJECT"]
    assert foreign(second) == f"Foreign(root={str(first.root)!r}, project={name!r}, gone=False, files=()) True"
    # Another file of the same folder, of the same project name: what production looks like beside development.
    (first.root / "compose.yml").rename(first.root / "compose.prod.yml")
    first.table('compose-files = ["compose.dev.yml"]')
    first.write("compose.dev.yml", (first.root / "compose.prod.yml").read_text().replace("volumes/db", "volumes/dev"))
    assert foreign(first) == "None True"  # renamed, for all that is known
    first.write("compose.yml", "services: {}\n")
    ran = first.run("dev", "--json")
    message = f"the Compose project is in use by other Compose files of {first.root}: compose.yml"
    hint = f'`docker compose -p {name} down` removes it, or set "compose-project" here'
    assert (ran.code, ran.error) == (5, ("NA112", message, hint))
    docker(*hint.split("`")[1].split()[1:])
    assert foreign(first) == "None True"
