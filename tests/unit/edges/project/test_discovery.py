"""A project is the same from each of its folders, and none is taken by guess."""

from pathlib import Path

import pytest

from nox_alembic.core.errors import UsageError
from nox_alembic.edges.project.discovery import Project, find_project, missing
from tests.unit.core.make import told

INI = "[alembic]\nscript_location = %(here)s/alembic\n"
TOML = '[tool.alembic]\nscript_location = "migrations"\n'


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """The folder of a repository with a frontend and a backend."""
    (tmp_path / "shop/.git").mkdir(parents=True)
    write(tmp_path / "shop", "frontend/src/index.ts", "")
    write(tmp_path / "shop", "backend/app/main.py", "")
    return tmp_path / "shop"


def write(top: Path, name: str, text: str = INI) -> None:
    (top / name).parent.mkdir(parents=True, exist_ok=True)
    (top / name).write_text(text)


def table(top: Path, name: str, *lines: str) -> None:
    write(top, name, "\n".join(["[tool.nox-alembic]", *lines, ""]))


def seen(top: Path, *folders: str) -> set[tuple[str, str]]:
    """Return the root and the configuration of the project of each folder."""
    found = [find_project(top / folder) for folder in folders]
    return {
        (one.root.relative_to(top).as_posix(), one.configuration.relative_to(top).as_posix())
        if one.configuration
        else (one.root.relative_to(top).as_posix(), "")
        for one in found
    }


def refusal(folder: Path) -> tuple[str, str, str]:
    with pytest.raises(UsageError) as error:
        find_project(folder)
    return told(error)


EVERYWHERE = (".", "frontend/src", "backend", "backend/app")


@pytest.mark.parametrize(("name", "text"), [("backend/alembic.ini", INI), ("backend/pyproject.toml", TOML)])
def test_the_only_configuration_of_a_repository_is_found_from_all_its_folders(top: Path, name: str, text: str) -> None:
    write(top, name, text)
    assert seen(top, *EVERYWHERE) == {("backend", name)}


def test_a_table_above_is_that_of_the_configuration_that_it_names(top: Path) -> None:
    table(top, "pyproject.toml", 'alembic = "backend/alembic.ini"')
    write(top, "backend/alembic.ini")
    write(top, "other/alembic.ini")
    assert seen(top, *EVERYWHERE) == {(".", "backend/alembic.ini")}
    assert seen(top, "other") == {("other", "other/alembic.ini")}


def test_a_table_above_is_that_of_the_only_configuration_below_it(top: Path) -> None:
    table(top, "pyproject.toml", "timeout = 5")
    write(top, "backend/alembic.ini")
    assert seen(top, *EVERYWHERE) == {(".", "backend/alembic.ini")}
    write(top, "other/alembic.ini")
    assert seen(top, "backend", "other") == {("backend", "backend/alembic.ini"), ("other", "other/alembic.ini")}
    assert seen(top, ".") == {(".", "")}
    assert missing(find_project(top)).message == (
        f"there are several Alembic configurations below {top}: backend/alembic.ini, other/alembic.ini"
    )


def test_an_environment_may_name_another_one(top: Path) -> None:
    table(top, "pyproject.toml", "[tool.nox-alembic.env.b]", 'alembic = "b/alembic.ini"')
    write(top, "a/alembic.ini")
    write(top, "b/alembic.ini")
    assert find_project(top / "b", "b").root == top
    assert find_project(top / "b").root == top / "b"


def test_a_table_between_a_repository_and_its_configuration(top: Path) -> None:
    table(top, "backend/pyproject.toml")
    write(top, "backend/db/alembic.ini")
    assert seen(top, *EVERYWHERE, "backend/db") == {("backend", "backend/db/alembic.ini")}


def test_a_table_above_the_repository_is_not_asked(top: Path) -> None:
    table(top.parent, "pyproject.toml")
    write(top, "alembic.ini")
    assert seen(top, *EVERYWHERE) == {(".", "alembic.ini")}


def test_several_are_listed_with_the_line_that_chooses_one(top: Path) -> None:
    write(top, "a/alembic.ini")
    write(top, "b/pyproject.toml", TOML)
    hint = 'change into the folder of the one that you mean, or set `alembic = "a/alembic.ini"` in [tool.nox-alembic]'
    assert refusal(top / "frontend") == (
        "NA001",
        f"there are several Alembic configurations below {top}: a/alembic.ini, b/pyproject.toml",
        f"{hint} of pyproject.toml in {top}",
    )


def test_what_is_not_of_the_project_is_not_found(top: Path) -> None:
    for folder in (".venv", "node_modules/x", "env/lib", "vendored", "volumes/db", "a/b/c/d/e/f"):
        write(top, f"{folder}/alembic.ini")
    write(top, "env/pyvenv.cfg", "")
    (top / "vendored/.git").write_text("gitdir: elsewhere")
    write(top, "volumes/db/PG_VERSION", "15")
    write(top, "broken/pyproject.toml", "[tool.alembic")
    assert refusal(top)[1] == (
        f"no project found in {top}, above it, or below {top}: no alembic.ini and no [tool.alembic]"
    )


def test_without_a_repository_a_folder_is_searched_only_if_it_looks_like_a_project(tmp_path: Path) -> None:
    write(tmp_path, "backend/alembic.ini")
    assert refusal(tmp_path)[0] == "NA001"
    write(tmp_path, "docker-compose.yml", "")
    assert seen(tmp_path, ".", "backend") == {("backend", "backend/alembic.ini")}


def test_flask_migrate_is_run_above_its_folder(top: Path) -> None:
    write(top, "backend/migrations/alembic.ini", "[alembic]\n# template used to generate migration files\n")
    write(top, "backend/migrations/env.py", "")
    folders = ("backend/migrations", "backend/migrations/versions")
    (top / folders[1]).mkdir()
    assert seen(top, *EVERYWHERE, *folders) == {("backend", "backend/migrations/alembic.ini")}


def test_what_is_kept_of_a_project_may_be_called_after_either_folder(top: Path) -> None:
    write(top, "backend/alembic.ini")
    table(top, "pyproject.toml")
    configuration = top / "backend/alembic.ini"
    expected = Project(root=top, configuration=configuration, clones=(top, top / "backend"))
    assert find_project(top / "backend") == find_project(top) == expected
