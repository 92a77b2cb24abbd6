"""Spares on Compose: a folder of the container's user, made by another container, renamed without a right to it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import MakeProject, as_normal_user_of, docker
from tests.compose.test_verbs import insert, rows
from tests.project import Project
from tests.users import IS_ROOT, UID

IMAGE_18 = os.environ.get("POSTGRES18_IMAGE", "postgres:18")


@pytest.fixture
def project(make_compose_project: MakeProject, tmp_path: Path) -> Iterator[Project]:
    """A project of a normal user; PostgreSQL 18, below, is on one of root."""
    if not IS_ROOT:
        pytest.skip("this test changes to another user, which only root can")
    project = make_compose_project()
    project.variables.update({"NOX_ALEMBIC_SPARE": "on", "CI": ""})
    (project.root / "volumes").mkdir()
    as_normal_user_of(project, tmp_path)
    yield project
    project.run("spare", "--delete")
    assert beside(project) == []


def beside(project: Project) -> list[str]:
    return sorted(path.name for path in (project.root / "volumes").iterdir() if "spare" in path.name)


def makers(project: Project) -> list[str]:
    """The containers in which spares are made."""
    shown = docker("ps", "-a", "--format", "{{.Names}}").split()
    return [name for name in shown if name.startswith(f"{project.variables['PROJECT']}-spare-")]


def dump(project: Project) -> str:
    text = docker("compose", "exec", "-T", "db", "pg_dump", "-U", "dds", "sample", cwd=project.root)
    settings = docker(
        "compose", "exec", "-T", "db", "psql", "-U", "dds", "sample", "-Atc",
        "SELECT setconfig FROM pg_db_role_setting ORDER BY 1", cwd=project.root,
    )  # fmt: skip
    return "".join(line for line in text.splitlines(keepends=True) if "restrict" not in line) + settings


def test_a_reset_makes_the_same_of_a_spare_of_a_part_of_one_and_of_nothing(project: Project) -> None:
    project.good("reset", "--wait")
    cold = dump(project)
    assert len(beside(project)) == 2
    assert makers(project) == []
    insert(project)
    place = project.root / "volumes/db"
    owner = place.stat().st_uid
    ran = project.good("reset", "--yes", "--json").json
    assert f"put the spare at t2, seeded into place of {place}" in [step["title"] for step in ran["steps"]]
    assert (dump(project), rows(project)) == (cold, 1)
    assert place.stat().st_uid == owner != UID
    project.good("undo")
    assert rows(project) == 2
    # The background is at work on the next one by now, on a copy of the base.
    project.good("spare", "--json")
    project.revision("t3", "t2")
    assert f"put the spare at t2 into place of {place}" in project.good("reset", "--dry-run").out
    project.good("reset", "--yes")
    of_a_part = dump(project)
    project.good("reset", "--yes", "--cold", NOX_ALEMBIC_SPARE="off")
    assert dump(project) == of_a_part
    deadline = time.monotonic() + 240
    while project.run("spare", "--delete").code == 4:  # the last one may still be at work
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_a_maker_that_is_killed_leaves_nothing_that_the_next_one_does_not_end(project: Project) -> None:
    project.good("dev", NOX_ALEMBIC_SPARE="off")
    child = project.start("spare")
    deadline = time.monotonic() + 240
    while not makers(project):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert project.good("spare", "--dry-run", "--json").json["spares"] == []
    insert(project)
    project.good("reset", "--yes", NOX_ALEMBIC_SPARE="off")  # what is left is in nobody's way
    assert rows(project) == 1
    kinds = [one["kind"] for one in project.good("spare", "--json").json["spares"]]
    assert (kinds, len(beside(project)), makers(project)) == (["base", "ready"], 2, [])


def test_postgresql_18_has_its_data_below_what_is_renamed(make_compose_project: MakeProject) -> None:
    project = make_compose_project('database-service = "db"')
    text = (project.root / "compose.yml").read_text()
    project.write("compose.yml", text.replace(":/var/lib/postgresql/data", ":/var/lib/postgresql"))
    project.variables.update({"NOX_ALEMBIC_SPARE": "on", "CI": "", "POSTGRES_IMAGE": IMAGE_18})
    project.good("dev", "--wait")
    cold = dump(project)
    insert(project)
    place = project.root / "volumes/db"
    ran = project.good("reset", "--yes", "--wait", "--json").json
    assert f"put the spare at t2, seeded into place of {place}" in [step["title"] for step in ran["steps"]]
    assert (dump(project), rows(project), len(beside(project))) == (cold, 1, 2)
    assert (place / "18/docker/PG_VERSION").exists()
    project.good("undo")
    assert rows(project) == 2


@pytest.mark.parametrize("pause", [0.3, 2.0])
def test_down_ends_who_makes_spares_and_its_containers(project: Project, pause: float) -> None:
    project.good("reset", "--yes")
    time.sleep(pause)
    project.good("down")
    assert makers(project) == []
    time.sleep(2)
    assert makers(project) == []
    assert not any("making" in name for name in beside(project))
