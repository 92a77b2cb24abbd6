"""Copies of the database for `undo`: noted before they are made, and not made where there is nothing to lose."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nox_alembic.core.copies.space import Room
from nox_alembic.core.copies.undo import FileChange
from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.core.steps.undo import KeepDatabase, NoteUndone, OpenUndo, SwapBack, SwapDatabases
from nox_alembic.edges.home import undo_log
from nox_alembic.report import Reporter
from nox_alembic.run.acts.undo.databases import UndoDatabases
from nox_alembic.run.acts.undo.log import LiveUndoLog
from tests.unit.core.make import COPY, chain
from tests.unit.fakes import FakeEngine, FakePerson, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings

ROOM = Room(size=7_600_000, has_tables=True, free=10_000_000_000)
CHANGE = FileChange("alembic/head", b"b2", b"c3")


def act(tmp_path: Path, room: Room = ROOM, **fields: Any) -> UndoDatabases:
    """The act on a server whose database is at b2."""
    world = World(current=("b2",))
    engine, siblings = FakeEngine(world), FakeSiblings(world)
    log = LiveUndoLog(
        engine=engine,
        server=FakeServer(world),
        dropping=siblings,
        environment="dev",
        path=tmp_path / "undo.json",
        limit=2,
    )
    return UndoDatabases(**{
        "engine": engine, "log": log, "server": FakeServer(world), "siblings": siblings,
        "room": lambda _address, _location: room, "history": chain("a1", "b2", "c3"), "root": tmp_path,
        "limit": 2_000_000_000, "timeout": 60.0, "person": FakePerson(world), "report": Reporter("migrate"),
        "prove": lambda: None, **fields,
    })  # fmt: skip


def world(done: UndoDatabases) -> World:
    engine = done.engine
    assert isinstance(engine, FakeEngine)
    return engine.world


def test_a_copy_is_noted_with_its_size_and_then_made(tmp_path: Path) -> None:
    done = act(tmp_path)
    assert done.do(KeepDatabase("migrate", "heads")) == "done"
    assert world(done).events == ["lock", "unlock", "copy ddsurveys for migrate at b2"]
    (entry,) = undo_log.read(done.log.path).entries
    assert (entry.kind, entry.verb, entry.revisions, entry.size) == ("database", "migrate", ("b2",), 7_600_000)
    assert done.report.fields["kept_database"] == entry.kept


def refuse() -> None:
    raise RefusedError("NA470", "env.py connects elsewhere", hint="name ours")


def test_where_alembic_is_refused_nothing_is_copied_and_nothing_noted(tmp_path: Path) -> None:
    done = act(tmp_path, prove=refuse)
    with pytest.raises(RefusedError):
        done.do(KeepDatabase("migrate", "heads"))
    assert world(done).events == ["lock", "unlock"]
    assert undo_log.read(done.log.path).entries == ()


def test_a_copy_that_is_cut_off_is_in_the_log_and_not_there(tmp_path: Path) -> None:
    done = act(tmp_path)
    world(done).fails = "copy ddsurveys for migrate at b2"
    with pytest.raises(FailedError):
        done.do(KeepDatabase("migrate"))
    assert len(undo_log.read(done.log.path).entries) == 1
    assert done.log.kept(done.engine.address()).live == ()


@pytest.mark.parametrize(("target", "current", "room"), [("b2", ("b2",), ROOM), ("heads", ("zz",), ROOM)])
def test_what_has_nothing_left_to_do_or_cannot_begin_is_not_copied(
    tmp_path: Path, target: str, current: tuple[str, ...], room: Room
) -> None:
    done = act(tmp_path, room)
    world(done).current = current
    assert done.do(KeepDatabase("migrate", target)) == "not needed"
    assert world(done).events == ["lock", "unlock"]


def test_an_empty_database_is_copied_only_where_files_go_with_it(tmp_path: Path) -> None:
    done = act(tmp_path, Room())
    world(done).current = ()
    assert done.do(KeepDatabase("dev")) == "not needed"
    assert done.do(KeepDatabase("rebase", files=(CHANGE,))) == "done"
    assert undo_log.read(done.log.path).entries[0].files == (CHANGE,)


def test_what_is_too_large_by_now_is_asked_for_and_not_copied(tmp_path: Path) -> None:
    done = act(tmp_path, replace(ROOM, size=3_100_000_000))
    assert done.do(KeepDatabase("downgrade")) == "not needed"
    assert world(done).events[2:] == [
        (
            "consent to: the way back: `downgrade` could not be undone,"
            " since the database has 3.1 GB, more than the undo-limit of 2.0 GB"
        )
    ]


def test_a_swap_keeps_the_old_database_unless_it_is_too_large(tmp_path: Path) -> None:
    done = act(tmp_path)
    done.do(SwapDatabases("ddsurveys", "snapshot restore", ("b2",)))
    assert world(done).events == ["swap ddsurveys__new for snapshot restore"]
    (entry,) = undo_log.read(done.log.path).entries
    assert done.report.fields["notes"] == [f'the old database is kept in the server as "{entry.kept}"']
    done.do(SwapDatabases("ddsurveys", "reset", ("b2",), keeps=False))
    assert len(undo_log.read(done.log.path).entries) == 1


def test_what_comes_back_changes_places_with_its_files(tmp_path: Path) -> None:
    done = act(tmp_path)
    done.do(SwapBack(replace(COPY, files=(CHANGE,)), ("c3",)))
    (entry,) = undo_log.read(done.log.path).entries
    assert (entry.verb, entry.revisions, entry.files) == ("undo", ("c3",), (CHANGE.reverse,))


def test_files_are_noted_and_taken_back(tmp_path: Path) -> None:
    done = act(tmp_path)
    done.do(OpenUndo("merge", ("b2",), (CHANGE,)))
    done.note_file("merge", tmp_path / "alembic/versions/m1.py", None, b"text")
    (entry,) = undo_log.read(done.log.path).entries
    assert [one.path for one in entry.files] == ["alembic/head", "alembic/versions/m1.py"]
    done.do(NoteUndone(entry, ("b2",)))
    (entry,) = undo_log.read(done.log.path).entries
    assert (entry.verb, entry.files[0]) == ("undo", CHANGE.reverse)
