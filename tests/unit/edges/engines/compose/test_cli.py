"""Who is asked of a Compose project: the plugin itself where it only reads, `docker` where it acts."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nox_alembic.edges.engines.compose.cli import ComposeCli
from nox_alembic.edges.system import process
from nox_alembic.edges.system.invocation import Completed

EXE = ".exe" if os.name == "nt" else ""
PROFILES = ("--profile", "*", "--progress", "plain")


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Sequence[str]]:
    """The words of all that is run, none of which is."""
    told: list[Sequence[str]] = []

    def run(args: Sequence[str], **_how: object) -> Completed:
        told.append(args)
        return Completed(tuple(args), 0, "{}", "")

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return told


def words(tmp_path: Path) -> Sequence[str]:
    return ("-f", str(tmp_path / "compose.yml"), *PROFILES)


def cli(tmp_path: Path, **environ: str) -> ComposeCli:
    path = str(program(tmp_path / f"bin/docker{EXE}").parent)
    return ComposeCli(root=tmp_path, files=("compose.yml",), project="", environ={"PATH": path, **environ})


def test_the_plugin_reads_and_docker_acts(ran: list[Sequence[str]], tmp_path: Path) -> None:
    plugin = program(tmp_path / f".docker/cli-plugins/docker-compose{EXE}")
    project = cli(tmp_path)
    project.config()
    project.hashes()
    project.call("down")
    assert ran == [
        [str(plugin), *words(tmp_path), "config", "--format", "json"],
        [str(plugin), *words(tmp_path), "config", "--hash", "*"],
        ["docker", "compose", *words(tmp_path), "down"],
    ]


def test_docker_reads_where_it_may_have_another_plugin(ran: list[Sequence[str]], tmp_path: Path) -> None:
    program(tmp_path / f".docker/cli-plugins/docker-compose{EXE}")
    cli(tmp_path, DOCKER_CONFIG=str(tmp_path / "other")).config()
    assert ran == [["docker", "compose", *words(tmp_path), "config", "--format", "json"]]


def test_a_plugin_without_docker_is_not_asked(ran: list[Sequence[str]], tmp_path: Path) -> None:
    program(tmp_path / f".docker/cli-plugins/docker-compose{EXE}")
    cli(tmp_path, PATH=str(tmp_path)).config()
    assert ran == [["docker", "compose", *words(tmp_path), "config", "--format", "json"]]


def test_files_are_named_from_any_folder_and_variables_are_read_where_they_were_found(
    ran: list[Sequence[str]], tmp_path: Path
) -> None:
    project = cli(tmp_path / "backend", DOCKER_CONFIG="other")
    parent = replace(project, files=("../deploy/db.yml", "compose.yml"), env_files=("../.env",))
    parent.call("up")
    files = ("-f", str(tmp_path / "deploy/db.yml"), "-f", str(tmp_path / "backend/compose.yml"))
    variables = ("--env-file", str(tmp_path / "backend/../.env"))
    assert ran == [["docker", "compose", *files, *variables, *PROFILES, "up"]]
