"""A disk that becomes full under a verb: the state before, a message that says so, and the same verb goes once there is
room again."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.filling import FILLER, empty, fill, flooded, small_disk
from tests.integration.conftest import address_of, execute
from tests.integration.test_snapshots import databases
from tests.integration.test_spares import spares
from tests.integration.test_undo import rows
from tests.project import Project, make_project
from tests.wiper.places import as_root, mounted

pytestmark = as_root

FULL = os.strerror(28)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One server for all of these stories, with its data on a small disk of its own, which is a file."""
    folder = tmp_path_factory.mktemp("full")
    with small_disk(folder / "project/volumes", 1 << 30):
        project = make_project(folder / "project", folder / "home", 'engine = "embedded"', 'data = "volumes/db"')
        project.good("reset")
        yield project
        project.run("down")


@pytest.fixture
def project(running: Project) -> Iterator[Project]:
    """The project with its first two rows; whatever comes of a test, there is room again after it."""
    running.good("dev")
    execute(address_of(running), "TRUNCATE t1", "INSERT INTO t1 VALUES (1), (7)")
    yield running
    (disk(running) / FILLER).unlink(missing_ok=True)


@pytest.fixture
def with_spares(project: Project) -> Iterator[Project]:
    """The same, where spares are made and used."""
    project.variables.update({"NOX_ALEMBIC_SPARE": "on", "CI": ""})
    yield project
    project.good("spare", "--delete")
    project.variables.clear()


def disk(project: Project) -> Path:
    return project.root / "volumes"


def unchanged(project: Project) -> bool:
    """Return whether the rows are there, and nothing half made beside them, in a server that has room again."""
    names = [str(name) for name in databases(project)]
    return rows(project) == [1, 7] and not any("__new" in name for name in names)


def test_a_copy_for_undo_that_does_not_fit_stops_the_verb_before_it_changes_anything(project: Project) -> None:
    kept = databases(project)
    for words in (["downgrade", "--yes"], ["reapply", "--yes"], ["migrate"]):
        if words == ["migrate"]:
            project.revision("t3", "t2")
        count = 3 if "reapply" in words else 1  # after the shadow and the copy of its rehearsal
        ran = flooded(project, disk(project), "making", *words, count=count)
        assert (ran.code, ran.error) == (
            1,
            (
                "NA635",
                'the database "project" could not be copied for `undo`, and is as it was',
                "make room if the disk is full, then `nox -s dev` starts what is down; `undo-limit = 0` keeps nothing",
            ),
        )
        assert FULL in ran.err
        assert (rows(project), databases(project)) == ([1, 7], kept)
        if words == ["migrate"]:  # by now the plan sees it, and asks
            asked = project.run(*words, "--json")
            assert (asked.code, asked.error[0]) == (5, "NA010")
            assert "and the disk has " in asked.error[1]
        empty(disk(project))
    project.good("migrate")
    project.good("undo")
    assert unchanged(project)
    (project.root / "alembic/versions/t3.py").unlink()


def end_of_log(project: Project) -> None:
    """Write into the server's log until its next 8 MB need a file that is not there."""
    here, folder = address_of(project), disk(project) / "db/pg_wal"
    where = "SELECT file_name, file_offset FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())"
    while True:
        (name, offset), *_ = execute(here, where)
        files = [path.name for path in folder.iterdir() if len(path.name) == 24]
        if name == max(files) and int(str(offset)) > 12 << 20:
            return
        execute(here, "SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000), true)")


def test_a_server_that_ends_itself_since_its_log_has_no_room_has_lost_nothing(project: Project) -> None:
    end_of_log(project)
    server = psutil.Process(int((disk(project) / "db/postmaster.pid").read_text().split()[0]))
    ran = flooded(project, disk(project), "making", "downgrade", "--yes", free=10_000_000)
    assert (ran.code, ran.error[0]) == (1, "NA635")
    psutil.wait_procs([server], timeout=60)  # it tries to come back by itself first
    assert "the database does not answer" in project.run("status", "--json").json["findings"]
    ran = project.run("dev", "--json")
    assert (ran.code, ran.error[0], ran.error[2]) == (
        1,
        "NA125",
        "make room if the disk is full, then `nox -s dev`; `nox -s reset` starts afresh, keeping this data",
    )
    empty(disk(project))
    project.good("dev")
    assert rows(project) == [1, 7]
    project.good("downgrade", "--yes")
    project.good("undo")
    assert unchanged(project)


def test_a_fast_reset_on_a_full_disk_leaves_the_database_in_its_place(project: Project) -> None:
    fill(disk(project), free=20_000_000)
    ran = project.run("reset", "--fast", "--yes", "--json")
    assert (ran.code, ran.error[0], ran.error[2]) == (
        4,
        "NA664",
        "nothing was changed; make room on the disk of the data",
    )
    empty(disk(project))
    ran = flooded(project, disk(project), "making", "reset", "--fast", "--yes")
    assert (ran.code, ran.error[0], ran.error[2]) == (
        1,
        "NA612",
        "make room if the disk is full, then `nox -s dev` starts what is down; nothing was changed",
    )
    assert ran.error[1].startswith('the database "project__new" cannot be made: ')
    assert FULL in ran.error[1]
    assert rows(project) == [1, 7]
    empty(disk(project))
    ran = flooded(
        project, disk(project), "before SeedNew", "reset", "--fast", "--yes"
    )  # the first spare one is whole by now
    assert (ran.code, ran.error[0]) == (1, "NA662")
    empty(disk(project))
    assert rows(project) == [1, 7]
    project.good("reset", "--fast", "--yes")
    assert rows(project) == [1]
    project.good("undo")
    assert unchanged(project)


def test_a_snapshot_that_cannot_be_restored_for_want_of_room_changes_nothing(project: Project) -> None:
    project.good("snapshot", "save", "state")
    restore = ("snapshot", "restore", "state", "--yes")
    for point, id_ in [("before CheckSnapshot", "NA616"), ("making", "NA612"), ("created", "NA610")]:
        execute(address_of(project), "DELETE FROM t1", "INSERT INTO t1 VALUES (1), (8)")
        ran = flooded(project, disk(project), point, *restore)
        assert (ran.code, ran.error[0]) == (4 if id_ == "NA616" else 1, id_)
        empty(disk(project))
        project.good("dev")
        assert rows(project) == [1, 8]
    project.good(*restore)
    assert unchanged(project)


def test_a_reset_whose_disk_becomes_full_is_told_and_taken_back(project: Project) -> None:
    ran = flooded(project, disk(project), "after SetDataAside", "reset", "--yes")
    assert (ran.code, *ran.error) == (
        1,
        "NA126",
        f"initdb could not make {disk(project) / 'db'}",
        "make room if the disk is full; `nox -s undo` brings back data that was set aside for it",
    )
    assert FULL in ran.err
    empty(disk(project))
    project.good("undo")
    assert unchanged(project)
    ran = flooded(project, disk(project), "before Migrate", "reset", "--yes")
    assert (ran.code, ran.error[0], ran.error[2]) == (
        1,
        "NA903",
        "make room, then `nox -s dev` starts what is down; `nox -s undo -- --list` shows what is kept",
    )
    assert FULL in ran.error[1]
    empty(disk(project))
    project.good("undo")
    assert unchanged(project)
    project.good("reset", "--yes")
    assert rows(project) == [1]
    project.good("undo")
    assert unchanged(project)
    assert not [path for path in disk(project).iterdir() if ".new-" in path.name]


def test_a_spare_that_does_not_fit_is_never_used_and_the_next_run_clears_it(with_spares: Project) -> None:
    project, making = with_spares, ("spare", "--background")
    for point, id_ in [
        ("before StartDatabase", "NA126"),
        ("before Migrate", "NA903"),
        ("before Seed", "NA503"),
    ]:
        ran = flooded(project, disk(project), point, *making)
        assert (ran.code, ran.error[0]) == (1, id_), point
        assert FULL in ran.err
        empty(disk(project))
        found = list(spares(project))
        assert found == (["base"] if point == "before Seed" else []), point
    project.good(*making)
    names = {one["name"] for one in spares(project).values()}
    assert {path.name for path in disk(project).iterdir() if "spare" in path.name} == names
    # The spare is in its place, and its server cannot start: the data that was there comes back.
    ran = flooded(project, disk(project), "after UseSpare", "reset", "--yes")
    assert (ran.code, ran.error[0]) == (1, "NA125")
    empty(disk(project))
    project.good("undo")
    assert unchanged(project)


def test_where_nothing_can_be_written_down_nothing_is_taken_away(project: Project) -> None:
    (state,) = (project.home / "state").iterdir()
    backend = project.good("status", "--json").json["backend"]
    with mounted(state, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        fill(state)
        assert project.run("reset", "--yes", "--json").error == (
            "NA014",
            f"the lock of the environment cannot be written in {state}: {FULL}",
            "nothing was changed; make room there, or see who may write there",
        )
    assert (rows(project), project.good("status", "--json").json["backend"]) == ([1, 7], backend)
    place = state / "dev"
    with mounted(place, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        for point, words in [
            ("before KeepDatabase", ["downgrade"]),
            ("before SetDataAside", ["reset"]),
            ("before SwapDatabases", ["reset", "--fast"]),
        ]:
            ran = flooded(project, place, point, *words, "--yes")
            assert (ran.code, ran.error) == (
                1,
                (
                    "NA639",
                    f"the undo log cannot be written to {place / 'undo.json'}: {FULL}; no data is lost",
                    "make room there, or see who may write there; `nox -s dev` starts what is down",
                ),
            )
            empty(place)
            project.good("dev")
            assert rows(project) == [1, 7]
        project.good("downgrade", "--yes")  # which also drops the new database that was not used
        project.good("undo")
        assert unchanged(project)
    project.good("dev")
