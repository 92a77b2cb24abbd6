"""What killed verbs have left on the embedded engine is removed by the next verb that changes something."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_undo import killed
from tests.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"', 'test-command = "true"')
    project.good("dev")
    yield project
    project.run("down")


def beside(project: Project) -> set[str]:
    """Return what lies beside the data, and the throw-away environments."""
    (data,) = (project.home / "data").rglob("dev/pgdata")
    homes = (project.home / "data").rglob("throwaway-*")
    return {path.name for path in (*data.parent.iterdir(), *homes)} - {"pgdata", "connection.json"}


def databases(project: Project) -> list[str]:
    statement = "SELECT datname FROM pg_database WHERE datname LIKE 'project!_!_%' ESCAPE '!'"
    return project.good("sql", "-qAtc", statement).out.split()


def kept(project: Project) -> list[str]:
    return [str(one["kept"]) for one in project.good("undo", "--list", "--json").json["kept"]]


def test_the_next_verb_removes_all_of_it(project: Project) -> None:
    """Rehearsed databases, half made data, a folder of initdb, and a throw-away environment."""
    before = beside(project)
    killed(project, "revision", "reapply", "--yes")
    assert databases(project) == ["project__rehearsal"]
    killed(project, "revision", "reset", "--yes")
    killed(project, "after SetDataAside", "reset", "--yes")
    (data,) = (project.home / "data").rglob("dev/pgdata")
    data.with_name(".pgdata.new-99999999").mkdir()
    killed(project, "after AwaitDatabase", "test")
    left = beside(project) - before
    assert len(left) == 4, "two states of the data are among them"
    project.good("dev")
    assert beside(project) - before == set(kept(project))
    assert len(kept(project)) == 1
    assert databases(project) == []
    assert "notes" not in project.good("downgrade", "--yes", "--json").json


def test_what_a_verb_removes_is_told(project: Project) -> None:
    (data,) = (project.home / "data").rglob("dev/pgdata")
    data.with_name(".pgdata.new-99999999").mkdir()
    said = "removed what a run that did not end has left: cluster .pgdata.new-99999999"
    gone = f"{said} (the process 99999999 that was making it is gone)"
    assert gone not in project.good("migrate").err, "it has nothing to do"
    assert gone in project.good("downgrade", "--yes").err
    assert gone not in project.good("migrate").err


def test_data_of_a_log_that_was_moved_away_stays(project: Project) -> None:
    project.good("reset", "--yes")
    (log,) = (project.home / "state").rglob("undo.json")
    log.rename(log.with_name("moved"))
    left = beside(project)
    project.good("downgrade", "--yes")
    project.good("migrate")
    assert beside(project) == left
