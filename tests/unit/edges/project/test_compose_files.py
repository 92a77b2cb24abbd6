"""Compose files are found as Compose finds them, and none is taken by guess."""

import os
from pathlib import Path

import pytest

from nox_alembic.core.engines import ComposeFiles
from nox_alembic.core.errors import UsageError
from nox_alembic.edges.project.compose_files import find, with_profiles
from tests.unit.core.make import told

OVERRIDES = ("compose.override.yml", "compose.override.yaml",
             "docker-compose.override.yml", "docker-compose.override.yaml")  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a backend in a repository."""
    (tmp_path / "repository/.git").mkdir(parents=True)
    (tmp_path / "repository/backend").mkdir()
    return tmp_path / "repository/backend"


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("services: {}\n")


def found(root: Path, **environ: str) -> tuple[str, ...]:
    return find(root, environ).names


def refusal(root: Path, **environ: str) -> tuple[str, str, str]:
    with pytest.raises(UsageError) as error:
        find(root, environ)
    return told(error)


@pytest.mark.parametrize("name", ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"])
@pytest.mark.parametrize("override", OVERRIDES)
def test_each_name_of_compose_with_an_override_of_any_ending(root: Path, name: str, override: str) -> None:
    write(root, name)
    assert found(root) == (name,)
    write(root, override)
    assert found(root) == (name, override)


def test_of_several_overrides_it_is_the_one_that_compose_takes(root: Path) -> None:
    write(root, "compose.yaml", *OVERRIDES)
    assert found(root) == ("compose.yaml", "compose.override.yml")


def test_a_team_s_own_name_has_an_override_of_that_name(root: Path) -> None:
    write(root, "docker-compose.dev.yml", "docker-compose.dev.override.yml", "docker-compose.override.yml")
    assert found(root) == ("docker-compose.dev.yml", "docker-compose.dev.override.yml")


def test_the_nearest_folder_up_to_the_repository_has_it(root: Path) -> None:
    write(root.parent, "docker-compose.yml", "docker-compose.override.yaml")
    assert found(root) == ("../docker-compose.yml", "../docker-compose.override.yaml")
    write(root, "compose.yml")
    assert found(root) == ("compose.yml",)


def test_what_lies_above_the_repository_is_named_and_not_taken(root: Path) -> None:
    write(root.parents[1], "compose.yml", "docker-compose.yml", "docker-compose.dev.yml")
    assert find(root, {}) == ComposeFiles(above="../../compose.yml")


def test_without_a_repository_only_the_folder_itself_is_the_project_s(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    write(tmp_path, "compose.yml")
    assert find(tmp_path / "project", {}) == ComposeFiles(above="../compose.yml")
    write(tmp_path / "project", "compose.yml")
    assert found(tmp_path / "project") == ("compose.yml",)


def test_one_of_several_is_not_taken_by_guess(root: Path) -> None:
    write(root.parent, "compose.yml", "docker-compose.dev.yml")
    assert refusal(root) == (
        "NA105",
        "there are several Compose files: ../compose.yml, ../docker-compose.dev.yml",
        'set `compose-files = ["../compose.yml"]` in [tool.nox-alembic]',
    )


def test_the_environment_names_files_from_the_project_s_folder(root: Path) -> None:
    write(root, "compose.yml", "deploy/db.yml", "local.yml")
    assert found(root, COMPOSE_FILE=f"deploy/db.yml{os.pathsep}local.yml") == ("deploy/db.yml", "local.yml")
    assert found(root, COMPOSE_FILE="deploy/db.yml,local.yml", COMPOSE_PATH_SEPARATOR=",") == (
        "deploy/db.yml",
        "local.yml",
    )
    assert found(root, COMPOSE_FILE=str(root / "deploy/db.yml")) == ("deploy/db.yml",)
    assert found(root, COMPOSE_FILE="") == ("compose.yml",)


@pytest.mark.parametrize(
    "line",
    [
        "COMPOSE_FILE=deploy/db.yml",
        "  export COMPOSE_FILE = 'deploy/db.yml'   # which of them",
        'COMPOSE_FILE: "deploy/db.yml"',
        "COMPOSE_FILE=other.yml\nCOMPOSE_FILE=deploy/db.yml # the last one counts",
        "COMPOSE_FILE=deploy/db.yml\r\nX=1",
    ],
)
def test_a_line_of_the_env_file_names_them(root: Path, line: str) -> None:
    write(root, "compose.yml", "deploy/db.yml")
    (root / ".env").write_text(f"A=1\n#COMPOSE_FILE=no.yml\nMY_COMPOSE_FILE=no.yml\n{line}\nB=2\n", newline="")
    assert found(root) == ("deploy/db.yml",)
    assert found(root, COMPOSE_DISABLE_ENV_FILE="1") == ("compose.yml",)
    assert found(root, COMPOSE_FILE="compose.yml") == ("compose.yml",)


def test_variables_are_read_where_compose_is_run_and_beside_its_first_file(root: Path) -> None:
    write(root.parent, "deploy/db.yml", "more.yml")
    (root.parent / ".env").write_text(f"COMPOSE_FILE=deploy/db.yml{os.pathsep}more.yml\n")
    both = ("../deploy/db.yml", "../more.yml")
    assert find(root, {}) == ComposeFiles(names=both, env_files=("../.env",))
    (root.parent / "deploy/.env").write_text("X=1\n")
    assert find(root, {}) == ComposeFiles(names=both, env_files=("../deploy/.env", "../.env"))
    (root.parent / ".env").write_text(f"COMPOSE_FILE=more.yml{os.pathsep}deploy/db.yml\n")
    assert find(root, {}) == ComposeFiles(names=("../more.yml", "../deploy/db.yml"))


def test_a_file_that_a_variable_names_and_that_is_not_there(root: Path) -> None:
    cure = "correct it, or set `compose-files` in [tool.nox-alembic]"
    (root.parent / ".env").write_text("COMPOSE_FILE=${STAGE}.yml\n")
    message = 'the Compose file "../${STAGE}.yml" that COMPOSE_FILE in ../.env names does not exist'
    assert refusal(root) == ("NA104", message, cure)
    message = 'the Compose file "x.yml" that COMPOSE_FILE names does not exist'
    assert refusal(root, COMPOSE_FILE="x.yml") == ("NA104", message, cure)


def test_where_teams_keep_it_is_looked_at_last(root: Path) -> None:
    write(root.parent, "docker/docker-compose.yml", "docker/docker-compose.override.yml")
    assert found(root) == ("../docker/docker-compose.yml", "../docker/docker-compose.override.yml")
    write(root, ".devcontainer/compose.yaml")
    assert refusal(root) == (
        "NA105",
        "there are several Compose files: .devcontainer/compose.yaml, ../docker/docker-compose.yml",
        'set `compose-files = [".devcontainer/compose.yaml"]` in [tool.nox-alembic]',
    )
    write(root.parent, "compose.yml")
    assert found(root) == ("../compose.yml",)


def test_profiles_are_those_of_the_environment_or_of_the_file_s_own_variables(root: Path) -> None:
    write(root.parent, "compose.yml")
    assert find(root, {}).profiles == ()
    (root.parent / ".env").write_text("COMPOSE_PROFILES=web, worker\n")
    (root / ".env").write_text("COMPOSE_PROFILES=other\n")
    assert find(root, {}).profiles == ("web", "worker")
    assert find(root, {"COMPOSE_PROFILES": "s3"}).profiles == ("s3",)
    assert find(root, {"COMPOSE_PROFILES": ""}).profiles == ()
    named = ComposeFiles(names=("../compose.yml",))
    assert with_profiles(root, named, {}).profiles == ("web", "worker")
