"""The undo log with what is really there: what a killed verb has noted and not kept does not count."""

from dataclasses import replace
from pathlib import Path

import pytest

from nox_alembic.core.copies.siblings import Mark
from nox_alembic.core.copies.undo import FileChange, UndoLog
from nox_alembic.core.facts import DataLocation
from nox_alembic.edges.home import undo_log
from nox_alembic.run.acts.undo.log import LiveUndoLog
from tests.unit.core.make import ADDRESS, COPY, KEPT, facts, up
from tests.unit.fakes import FakeEngine, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings
from tests.wiper.places import make_database


@pytest.fixture
def log(tmp_path: Path) -> LiveUndoLog:
    """A log beside a data folder, in a server with two databases that verbs have kept."""
    make_database(tmp_path / "db")
    location = DataLocation(kind="folder", path=tmp_path / "db", within=tmp_path)

    class Placed(FakeEngine):
        @property
        def location(self) -> DataLocation:
            return location

    world = World()
    siblings = FakeSiblings(world, {COPY.kept: mark("dev"), "other__before": mark("test")})
    return LiveUndoLog(
        engine=Placed(world),
        server=FakeServer(world),
        dropping=siblings,
        environment="dev",
        path=tmp_path / "undo.json",
        limit=2,
    )


def mark(environment: str) -> Mark:
    return Mark(role="undo", of="ddsurveys", environment=environment, verb="downgrade", at="2026-11-25T20:00:00.000Z")


def trash(log: LiveUndoLog, name: str = ".db.wipe-20261125T200000Z-1-0123abcd") -> str:
    make_database(Path(log.engine.location.path).with_name(name))
    return name


def test_what_was_noted_and_never_set_aside_is_not_there(log: LiveUndoLog) -> None:
    log.push(replace(KEPT, kept=trash(log)))
    log.push(replace(KEPT, id="111111", kept=".db.wipe-20261125T200001Z-1-0123abcd"))
    assert [one.id for one in log.kept(None).entries] == [KEPT.id]


def test_a_database_counts_as_there_while_no_server_can_be_asked(log: LiveUndoLog) -> None:
    undo_log.write(log.path, UndoLog((COPY, replace(COPY, id="d00002", kept="gone__before"))))
    assert [one.id for one in log.kept(None).live] == ["d00001", "d00002"]
    assert [one.id for one in log.kept(ADDRESS).live] == ["d00001"]


def test_the_facts_have_the_servers_version_where_a_whole_state_could_come_back(log: LiveUndoLog) -> None:
    assert log.probe(up()).server_version == ""
    log.push(replace(KEPT, kept=trash(log)))
    seen = log.probe(up())
    assert (seen.server_version, [one.id for one in seen.undo.live]) == ("18.1", [KEPT.id])
    assert log.probe(facts()).server_version == ""


def test_the_end_of_a_verb_drops_the_databases_of_this_environment_that_are_not_kept(log: LiveUndoLog) -> None:
    log.push(COPY)
    log.dropping.there["ddsurveys__before_old"] = mark("dev")  # type: ignore[attr-defined] # of the fake
    log.close()
    assert log.engine.world.events == ["drop ddsurveys__before_old"]  # type: ignore[attr-defined] # of the fake
    assert [one.open for one in undo_log.read(log.path).entries] == [False]


def test_what_is_kept_no_more_is_dropped_before_the_end_of_a_verb_which_stays_open(log: LiveUndoLog) -> None:
    log.let_go()
    assert log.engine.world.events == []  # type: ignore[attr-defined] # of the fake
    log.push(replace(COPY, open=True))
    log.dropping.there["ddsurveys__before_old"] = mark("dev")  # type: ignore[attr-defined] # of the fake
    log.let_go()
    assert log.engine.world.events == ["drop ddsurveys__before_old"]  # type: ignore[attr-defined] # of the fake
    assert [one.open for one in undo_log.read(log.path).entries] == [True]


def test_a_file_that_a_verb_is_about_to_write_is_noted_in_its_entry(log: LiveUndoLog) -> None:
    change = FileChange("alembic/versions/m1.py", None, b"text")
    log.push(replace(KEPT, kind="files", kept="", verb="merge", open=True, files=(change,)))
    log.note_file("merge", replace(change, path="alembic/head"))
    log.note_file("rebase", change)
    assert [one.path for one in undo_log.read(log.path).entries[0].files] == ["alembic/versions/m1.py", "alembic/head"]


def test_what_comes_back_changes_places_with_what_goes(log: LiveUndoLog) -> None:
    old = replace(KEPT, kind="files", kept="", files=(FileChange("a", b"1", b"2"),))
    log.push(old)
    log.exchange(old, replace(old, id="222222"))
    assert [one.id for one in undo_log.read(log.path).entries] == ["222222"]
