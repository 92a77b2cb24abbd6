"""`undo` on the embedded engine: nothing that a reset takes away is gone, also when it is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute
from tests.project import Project, make_project

ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    yield project
    project.run("down")


def rows(project: Project) -> list[object]:
    return [row for (row,) in execute(address_of(project), "SELECT * FROM t1 ORDER BY 1")]


def killed(project: Project, point: str, *words: str, count: int = 1) -> None:
    """Run a verb that gets SIGKILL when it comes to a point for the given time, see tests/dying.py."""
    command = [sys.executable, "-m", "tests.dying", point, str(count), str(int(signal.SIGKILL)), *words]
    environ = {**project.environ, "PYTHONPATH": os.pathsep.join([project.environ["PYTHONPATH"], ROOT])}
    done = subprocess.run(command, cwd=project.root, env=environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_reset_is_taken_back_and_taken_back_again(project: Project) -> None:
    assert project.run("undo", "--json").error[0] == "NA631"
    project.good("reset")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    project.good("reset", "--yes")
    assert rows(project) == [1]
    (kept,) = project.good("undo", "--list", "--json").json["kept"]
    assert (kept["verb"], kept["revisions"], kept["open"]) == ("reset", ["t2"], False)
    project.good("undo")
    assert rows(project) == [1, 7]
    assert project.good("status", "--json").json["backend"]["healthy"]
    project.good("undo")
    assert rows(project) == [1]
    project.good("undo")
    assert rows(project) == [1, 7]
    # As after an update of PostgreSQL: what runs, and what would run, cannot use what was kept.
    (log,) = (project.home / "state").rglob("undo.json")
    log.write_text(log.read_text().replace('"server": "', '"server": "1'))
    for verb in ("dev", "down"):
        project.good(verb)
        ran = project.run("undo", "--json")
        assert (ran.code, ran.error[0]) == (4, "NA638")
    project.good("dev")
    assert rows(project) == [1, 7]


def test_the_data_survives_resets_that_are_killed_again_and_again(project: Project) -> None:
    """What a killed reset has half made never takes the place of the data that it set aside."""
    project.good("reset")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    for point in (
        "before SetDataAside",
        "renamed",
        "after StartDatabase",
        "revision",
        "revision",
        "after SetDataAside",
    ):
        killed(project, point, "reset", "--yes")
    project.good("reset", "--yes")
    assert rows(project) == [1]
    for entry in project.good("undo", "--list", "--json").json["kept"]:
        project.good("undo", entry["id"])
        if rows(project) == [1, 7]:
            break
    else:
        pytest.fail("the row is lost")


def test_a_server_that_was_started_and_got_no_database_is_finished_by_dev(project: Project) -> None:
    killed(project, "nameless", "dev")
    project.good("dev")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    killed(project, "nameless", "reset", "--yes")
    assert project.run("migrate", "--json").error[0] == "NA202"
    project.good("dev")
    assert rows(project) == [1]
    killed(project, "nameless", "reset", "--yes")
    project.good("reset", "--yes")
    assert len(project.good("undo", "--list", "--json").json["kept"]) == 2
    project.good("undo", project.run("undo", "--list", "--json").json["kept"][-1]["id"])
    assert rows(project) == [1, 7]


def test_an_undo_that_is_killed_anywhere_is_finished_by_the_next_run(project: Project) -> None:
    project.good("reset")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    project.good("reset", "--yes")
    expected = [[1, 7], [1]]  # each undo swaps the two
    for point, finish in [
        ("before PutBack", "undo"),
        ("aside", "undo"),
        ("back", "dev"),
        ("after StartDatabase", "dev"),
    ]:
        killed(project, point, "undo")
        project.good(finish)
        assert rows(project) == expected[0], point
        expected.reverse()
