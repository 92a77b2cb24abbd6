"""Bad input: a clear error with the value and the next command, and nothing touched."""

import json
import os
from pathlib import Path

import pytest

from tests.daemon import Daemon
from tests.project import COMPOSE, EVERYTHING, Project, make_project, tree
from tests.unit.core.test_engines import OR_EMBEDDED

NOWHERE = "unix:///nonexistent/docker.sock"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = make_project(tmp_path / "project", tmp_path / "home")
    project.variables["DOCKER_HOST"] = NOWHERE
    project.write("compose.yml", COMPOSE.format(name="never-started", more="", data="./volumes/db"))
    return project


def refusal(project: Project, *words: str) -> tuple[int, str, str, str]:
    """Run a verb that must fail and touch nothing."""
    before = tree(project.root)
    ran = project.run(*(words or ("dev",)), "--json")
    assert tree(project.root) == before
    assert [path.name for path in project.home.rglob("*") if path.is_file()] in ([], ["dev.lock"])
    return (ran.code, *ran.error)


def test_an_unknown_environment(project: Project) -> None:
    assert refusal(project, "reset", "--env", "dv") == (
        2,
        "NA002",
        'there is no environment "dv" in pyproject.toml. Did you mean "dev"?',
        "the environments are: dev",
    )


def test_a_misspelt_key(project: Project) -> None:
    project.table("sead = 'x'")
    code, id_, message, _ = refusal(project)
    assert (code, id_, message) == (
        2,
        "NA003",
        'the key "sead" in [tool.nox-alembic] of pyproject.toml is not known. Did you mean "seed"?',
    )


def test_a_table_that_is_no_toml(project: Project) -> None:
    project.write("pyproject.toml", "[tool")
    code, id_, message, hint = refusal(project)
    assert (code, id_, hint) == (2, "NA005", "correct the file")
    assert message.startswith(f"{project.root / 'pyproject.toml'} is not valid TOML: ")


def test_a_table_that_is_no_text(project: Project) -> None:
    (project.root / "pyproject.toml").write_bytes("[tool.x]\nname = 'ü'\n".encode("latin-1"))
    code, id_, message, hint = refusal(project)
    assert (code, id_, hint) == (2, "NA005", "correct the file")
    assert message.startswith(f"{project.root / 'pyproject.toml'} is not valid TOML: 'utf-8' codec can't decode")


def test_no_daemon_where_compose_is_asked_for(project: Project) -> None:
    project.table(*EVERYTHING, 'engine = "compose"')
    assert refusal(project) == (
        4,
        "NA101",
        f"no Docker daemon answers at {NOWHERE}, which DOCKER_HOST names: there is no such socket",
        f"start it, or correct or unset DOCKER_HOST; {OR_EMBEDDED}",
    )


def test_no_compose_file_where_compose_is_asked_for(project: Project) -> None:
    (project.root / "compose.yml").unlink()
    project.table(*EVERYTHING, 'engine = "compose"')
    assert refusal(project) == (
        4,
        "NA104",
        f"there is no Compose file in {project.root}",
        'name it in "compose-files", or set `engine = "embedded"`',
    )


def test_a_compose_file_that_is_named_and_not_there(project: Project) -> None:
    project.table(*EVERYTHING, 'compose-files = ["composer.yml"]')
    assert refusal(project) == (
        2,
        "NA104",
        f'the Compose file "composer.yml" in "compose-files" does not exist in {project.root}',
        "correct the name in pyproject.toml",
    )


def test_two_compose_files(project: Project) -> None:
    project.write("docker-compose.dev.yml", "")
    assert refusal(project) == (
        2,
        "NA105",
        "there are several Compose files: compose.yml, docker-compose.dev.yml",
        'set `compose-files = ["compose.yml"]` in [tool.nox-alembic]',
    )


def test_an_alembic_configuration_that_is_named_and_not_there(project: Project) -> None:
    project.table(*EVERYTHING, 'alembic = "almebic.ini"')
    assert refusal(project)[1:3] == (
        "NA007",
        f'the Alembic configuration "almebic.ini" does not exist in {project.root}',
    )


def test_a_revision_file_that_is_no_python(project: Project) -> None:
    project.variables["NOX_ALEMBIC_ENGINE"] = "embedded"
    project.write("alembic/versions/t3.py", "revision = (")
    code, id_, message, hint = refusal(project)
    assert (code, id_, hint) == (1, "NA407", "correct the revision file")
    assert message.startswith(f"{project.root / 'alembic/versions/t3.py'} is not valid Python: ")


def test_a_project_folder_that_is_not_there(project: Project) -> None:
    ran = project.run("status", "--project", "nowhere", "--json")
    assert (ran.code, json.loads(ran.out)["error"]["id"]) == (2, "NA006")


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins for old programs are shell scripts")
@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.29.2", ("NA103", "only Compose 1.29.2 is installed, and version 1 is not supported")),
        ("", ("NA102", "`docker compose` is not installed: the Docker command line does not know it")),
    ],
)
def test_compose_1_and_no_compose_at_all(
    project: Project, tmp_path: Path, version: str, expected: tuple[str, str]
) -> None:
    """A double: a `docker` without the plugin and an old `docker-compose`, before a daemon that only answers a ping."""
    for name, script in {"docker": "exit 1", "docker-compose": f"echo {version}; test -n '{version}'"}.items():
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    with Daemon() as daemon:
        # A machine may have a real plugin, which is only looked for where Docker's own settings are the usual ones.
        here = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_HOST": daemon.address}
        project.variables.update(PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin", **here)
        assert refusal(project)[1:3] == expected
