"""An image that is ended while it initialises the data: `dev` starts over, or says what to do."""

import time
from pathlib import Path

import pytest

from tests.compose.conftest import MakeProject, docker
from tests.compose.test_verbs import insert, rows
from tests.compose.test_volumes import VOLUME, volume_of
from tests.integration.test_undo import killed
from tests.project import Project

# What is there of the data when the container is ended: in the middle of initdb, and before the target database.
STAGES = {"initdb": "PG_VERSION", "its server": "postmaster.pid"}


def data_of(project: Project) -> Path:
    """Return the folder on the daemon's machine, which is this one."""
    if (project.root / "volumes").is_dir():
        return project.root / "volumes/db"
    return Path(docker("volume", "inspect", "-f", "{{.Mountpoint}}", volume_of(project)).strip())


def end_at(project: Project, file: str) -> None:
    """End the database's container as soon as a file of its data is there."""
    path, until = data_of(project) / file, time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, f"{path} does not come"
    docker("kill", docker("compose", "ps", "-aq", "db", cwd=project.root).strip())


@pytest.mark.parametrize("stage", list(STAGES))
@pytest.mark.parametrize("data", ["./volumes/db", "pgdata"])
def test_dev_makes_anew_what_a_reset_that_was_killed_had_begun(
    make_compose_project: MakeProject, data: str, stage: str
) -> None:
    project = make_compose_project(data=data, more=VOLUME if data == "pgdata" else "")
    project.good("dev")
    insert(project)
    killed(project, "after StartDatabase", "reset", "--yes")
    end_at(project, STAGES[stage])
    ran = project.good("dev")
    assert "was not initialised to its end: it is made anew" in ran.err
    assert rows(project) == 1
    assert len(project.good("undo", "--list", "--json").json["kept"]) == 1
    project.good("undo")
    assert rows(project) == 2


def test_an_image_that_still_initialises_is_waited_for(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    project.good("dev")
    killed(project, "after StartDatabase", "reset", "--yes")
    assert "made anew" not in project.good("dev").err
    assert rows(project) == 1


def test_where_no_reset_began_it_dev_says_what_to_do(make_compose_project: MakeProject) -> None:
    """What lies there may be somebody's own, if only its roles: nobody is asked by `dev` before it goes."""
    project = make_compose_project()
    project.write(
        "pyproject.toml", (project.root / "pyproject.toml").read_text().replace("timeout = 60", "timeout = 5")
    )
    killed(project, "after StartDatabase", "dev")
    end_at(project, "postmaster.pid")
    ran = project.run("dev", "--json")
    assert (ran.code, ran.error) == (
        1,
        (
            "NA206",
            f"the data in {project.root / 'volumes/db'} was not initialised to its end, and no database is in it",
            "nothing of yours is in it: `nox -s reset` starts afresh",
        ),
    )
    project.good("reset", "--yes")
    assert rows(project) == 1
