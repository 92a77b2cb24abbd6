"""Where no revision file is found, nothing of the database is taken back: it is said where they were looked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project, make_project

CURE = (
    "correct `script_location` or `version_locations` in Alembic's configuration, or bring the files back"
    " (`git status` shows what is gone); `nox -s reset` makes a fresh database"
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.good("dev")
    yield project
    configured(project, "script_location = %(here)s/alembic")
    project.run("down")


def configured(project: Project, *lines: str) -> None:
    project.write("alembic.ini", "\n".join(["[alembic]", *lines, ""]))


def refusals(project: Project) -> set[tuple[int, str, str, str]]:
    """What the verbs say that look at revisions, of which none may change anything."""
    verbs = ("status", "dev", "migrate", "downgrade", "reapply")
    return {(ran.code, *ran.error) for verb in verbs for ran in [project.run(verb, "--yes", "--json")]}


def test_a_database_without_revision_files_is_left_alone_and_told_of(project: Project) -> None:
    configured(project, "script_location = %(here)s/alembik")
    assert refusals(project) == {
        (2, "NA009", f"there is no folder {project.root / 'alembik'}",
         f'correct "script_location" in {project.root / "alembic.ini"}')
    }  # fmt: skip

    configured(project, "script_location = alembic", "version_locations = alembic/version")
    where = "there is no revision file in"
    assert refusals(project) == {(3, "NA443", f"the database is at t2, and {where} alembic/version", CURE)}

    configured(project, "script_location = alembic")
    versions = project.root / "alembic/versions"
    versions.rename(project.root / "kept")
    assert refusals(project) == {(3, "NA443", f"the database is at t2, and {where} alembic/versions", CURE)}
    versions.mkdir()
    assert refusals(project) == {(3, "NA443", f"the database is at t2, and {where} alembic/versions", CURE)}

    versions.rmdir()
    (project.root / "kept").rename(versions)
    assert project.good("status", "--json").json["current"] == ["t2"]


def test_one_of_several_folders_that_is_missing_takes_back_nothing_either(project: Project) -> None:
    (project.root / "v2").mkdir()
    configured(project, "script_location = alembic", "version_locations = alembic/versions v2")
    shutil.move(project.root / "alembic/versions/t2.py", project.root / "v2")
    assert project.good("status", "--json").json["current"] == ["t2"]
    (project.root / "v2").rename(project.root / "v3")
    assert refusals(project) == {(3, "NA443", "the database is at t2, and there is no revision file in v2", CURE)}


def test_a_reset_begins_anew_without_revisions(project: Project) -> None:
    shutil.rmtree(project.root / "alembic/versions")
    project.table('engine = "embedded"')
    project.good("reset", "--yes")
    ran = project.good("status", "--json")
    assert (ran.json["current"], ran.json["revisions"]) == ([], [])
