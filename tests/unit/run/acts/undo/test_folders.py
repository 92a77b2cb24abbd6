"""Data set aside and put back, in real folders: it is in the undo log before it is moved."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.undo import CloseUndo, ConfirmNew, NoteMade, PutBack, SetDataAside, Settle, Sweep, UseSpare
from nox_alembic.edges import wiper
from nox_alembic.report import Reporter
from nox_alembic.run.acts.undo.folders import UndoFolders
from nox_alembic.run.acts.undo.log import LiveUndoLog
from tests.unit.core.make import SPARE, told
from tests.unit.fakes import FakeEngine, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings
from tests.wiper.places import make_database

BACK = "the old data is kept: `nox -s undo` brings it back"


@pytest.fixture
def folders(tmp_path: Path) -> UndoFolders:
    """A data folder of PostgreSQL with a row in it."""
    location = DataLocation(kind="folder", path=tmp_path / "db", within=tmp_path)

    class Placed(FakeEngine):
        @property
        def location(self) -> DataLocation:
            return location

        def is_alive(self, service: object) -> bool:
            return False

    world = World()
    engine = Placed(world)
    (make_database(tmp_path / "db") / "row").write_text("old")
    path = tmp_path / "undo.json"
    log = LiveUndoLog(
        engine=engine, server=FakeServer(world), dropping=FakeSiblings(world), environment="dev", path=path, limit=1
    )
    return UndoFolders(engine=engine, log=log, protect=(), prove=lambda: None, report=Reporter("reset"))


def location(folders: UndoFolders) -> DataLocation:
    return folders.engine.location


def row(folders: UndoFolders) -> str:
    return (Path(location(folders).path) / "row").read_text()


def test_a_wipe_is_noted_and_undo_brings_it_back_and_twice_is_redo(folders: UndoFolders) -> None:
    assert folders.do(SetDataAside(location(folders), "reset", ("c3",))) == "done"
    assert folders.report.fields["notes"] == [BACK]
    (entry,) = folders.log.kept(None).entries
    assert (entry.verb, entry.revisions, entry.open, entry.server) == ("reset", ("c3",), True, "17")
    folders.do(CloseUndo())
    (make_database(Path(location(folders).path)) / "row").write_text("new")
    folders.do(PutBack(location(folders), folders.log.kept(None).chosen(""), ("a1",)))
    assert row(folders) == "old"
    (entry,) = folders.log.kept(None).entries
    assert (entry.verb, entry.revisions) == ("undo", ("a1",))
    folders.do(PutBack(location(folders), entry, ("c3",)))
    assert row(folders) == "new"


def test_what_is_half_made_is_set_aside_and_not_noted(folders: UndoFolders) -> None:
    folders.do(SetDataAside(location(folders), half_made=True))
    assert folders.log.kept(None).entries == ()
    assert "notes" not in folders.report.fields
    assert folders.sweep(location(folders)) == []
    assert wiper.list_trash(Path(location(folders).path).parent, "db") == ()


def test_it_is_noted_when_the_new_data_is_whole_and_when_it_is_begun_anew(folders: UndoFolders) -> None:
    folders.do(SetDataAside(location(folders)))
    written = folders.log.path.read_text()
    assert "made" not in json.loads(written)[0], "an earlier version reads it"
    folders.do(NoteMade())
    assert not folders.log.kept(None).is_half_made
    make_database(Path(location(folders).path))
    folders.do(SetDataAside(location(folders), keeps=False))
    assert folders.log.kept(None).is_half_made
    assert folders.log.path.read_text() == written


def test_what_a_failed_reset_has_set_aside_is_no_sweeps_business(folders: UndoFolders) -> None:
    for _ in range(3):
        folders.do(SetDataAside(location(folders)))
        folders.do(NoteMade())
        assert folders.sweep(location(folders)) == []
        (make_database(Path(location(folders).path)) / "row").write_text("new")
    first, last = (Path(location(folders).path).with_name(one.kept) / "row" for one in folders.log.kept(None).entries)
    assert (first.read_text(), last.read_text()) == ("old", "new")
    assert len(folders.log.there()) == 2


def test_a_spare_takes_the_place_of_the_data_which_is_kept(folders: UndoFolders) -> None:
    name = wiper.spare_name("db", "base")
    (make_database(Path(location(folders).path).with_name(name)) / "row").write_text("at head")
    aside = SetDataAside(location(folders), "reset", ("c3",))
    folders.do(UseSpare(location(folders), replace(SPARE, name=name), aside))
    assert row(folders) == "at head"
    assert folders.report.fields["notes"] == [BACK]
    (entry,) = folders.log.kept(None).entries
    assert (Path(location(folders).path).with_name(entry.kept) / "row").read_text() == "old"


def test_a_server_that_still_runs_on_its_old_data_was_not_reset(folders: UndoFolders) -> None:
    folders.do(SetDataAside(location(folders), "reset", ("c3",)))
    folders.do(ConfirmNew("7099"))
    with pytest.raises(FailedError) as error:
        folders.do(ConfirmNew("7100"))
    assert told(error) == (
        "NA207",
        "the reset has changed nothing: the server still runs on the data that it had (7100)",
        f"its data is not in {location(folders).shown}: see what is mounted into its container, and its PGDATA",
    )
    assert not folders.log.kept(None).is_half_made, "it is whole, and the next reset keeps it"


def test_a_folder_is_never_in_doubt(folders: UndoFolders) -> None:
    assert folders.do(Settle(location(folders))) == "done"
    assert row(folders) == "old"


def test_it_is_said_beforehand_what_a_sweep_will_delete(folders: UndoFolders) -> None:
    folders.do(SetDataAside(location(folders), half_made=True))
    make_database(Path(location(folders).path))
    folders.do(SetDataAside(location(folders)))
    folders.do(CloseUndo())
    make_database(Path(location(folders).path))
    anew = Plan((SetDataAside(location(folders)), Sweep(location(folders))))
    assert folders.passing(Plan((CloseUndo(),))) == ()
    paths = {Path(location(folders).path).with_name(name) for name in folders.log.there()}
    (kept,) = (path for path in paths if path.name == folders.log.kept(None).entries[0].kept)
    assert folders.passing(Plan((Sweep(location(folders)),))) == [*(paths - {kept})]
    assert {*folders.passing(anew)} == paths


def test_what_leaves_the_log_at_the_end_of_a_verb_is_deleted_then(folders: UndoFolders) -> None:
    """While verbs fail, more than the newest stay, and the first of them until another verb ends well."""
    for verb in ("undo", "reset"):
        folders.do(SetDataAside(location(folders), verb))
        make_database(Path(location(folders).path))
    assert folders.sweep(location(folders)) == []
    folders.do(CloseUndo())
    assert len(folders.log.there()) == 2
    folders.do(SetDataAside(location(folders), "reset"))
    make_database(Path(location(folders).path))
    folders.do(CloseUndo())
    assert folders.log.there() == (folders.log.kept(None).entries[0].kept,)
