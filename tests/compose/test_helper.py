"""The helper container: what the user may not delete is deleted with powers over files, and with no others."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.compose.conftest import MakeProject, as_normal_user_of, docker
from tests.compose.test_verbs import insert, rows
from tests.crashes import ROOT
from tests.project import Project
from tests.users import IS_ROOT


@pytest.fixture
def stuck(make_compose_project: MakeProject, tmp_path: Path) -> Project:
    """A project of a normal user in which the daemon has made `volumes`, as root: nothing in it can be renamed."""
    if not IS_ROOT:
        pytest.skip("this test changes to another user, which only root can")
    project = make_compose_project()
    (project.root / "volumes/db").mkdir(parents=True)
    as_normal_user_of(project, tmp_path)
    os.chown(project.root / "volumes", 0, 0)
    project.good("dev")
    return project


def helpers() -> list[str]:
    return docker("ps", "-aq", "--filter", "label=nox-alembic.helper").split()


def test_a_parent_of_root_is_no_obstacle_and_the_reset_says_that_there_is_no_way_back(stuck: Project) -> None:
    insert(stuck)
    ran = stuck.good("reset", "--yes", "--json").json
    assert "the old data could not be moved, and was deleted" in ran["notes"]
    assert (rows(stuck), helpers()) == (1, [])
    assert [path.name for path in (stuck.root / "volumes").iterdir()] == ["db"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
def test_a_reset_that_is_ended_while_the_helper_runs_is_finished_by_the_next(
    stuck: Project, number: signal.Signals
) -> None:
    words = [*stuck.prefix, sys.executable, "-m", "tests.dying", "helper", "1", str(int(number)), "reset", "--yes"]
    environ = {**stuck.environ, "PYTHONPATH": os.pathsep.join([stuck.environ["PYTHONPATH"], ROOT])}
    done = subprocess.run(words, cwd=stuck.root, env=environ, capture_output=True, check=False)
    assert done.returncode in {-number, 130}
    stuck.good("reset", "--yes")
    assert (stuck.run("status").code, rows(stuck)) == (0, 1)
    end = time.monotonic() + 240
    while helpers() and time.monotonic() < end:
        time.sleep(0.1)  # the daemon removes it when it has ended
    assert helpers() == []


def test_another_compose_project_on_the_same_folder_is_named(make_compose_project: MakeProject, tmp_path: Path) -> None:
    place = tmp_path / "project1/volumes/db"
    first, second = make_compose_project(data=str(place)), make_compose_project()
    first.good("dev")
    ran = second.run("reset", "--yes", "--json")
    container = f"container {first.variables['PROJECT']}-db-1 of the Compose project {first.variables['PROJECT']}"
    assert (ran.code, ran.error) == (
        5,
        (
            "NA308",
            f"refused to wipe '{place}': it is in use by {container}",
            "stop it, and run the same command again",
        ),
    )
    assert rows(first) == 1
