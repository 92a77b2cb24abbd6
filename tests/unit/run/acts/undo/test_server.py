"""A copy of all the data: made in real folders, noted when it is whole, and the server runs again whatever happens."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from nox_alembic.core.copies.siblings import Mark
from nox_alembic.core.copies.undo import FileChange
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.steps.undo import CloseUndo, KeepServer, PutBack
from nox_alembic.edges import wiper
from nox_alembic.edges.engines import Engine, Remover, SparePlace
from nox_alembic.edges.home import undo_log
from nox_alembic.report import Reporter
from nox_alembic.run.acts.undo.folders import UndoFolders
from nox_alembic.run.acts.undo.log import LiveUndoLog
from nox_alembic.run.acts.undo.server import ServerCopy
from tests.unit.core.make import told
from tests.unit.fakes import FakeEngine, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings
from tests.wiper.places import make_database

CHANGE = FileChange("alembic/head", b"b2", b"c3")
MARK = Mark(role="spare", of="ddsurveys", environment="dev", verb="reset", at="")


@dataclass
class FakeWorkshop:
    """Copies folders, as far as there is room."""

    world: World

    def copy(self, source: SparePlace, target: SparePlace) -> None:
        self.world.happened("copy the data")
        shutil.copytree(source, target, dirs_exist_ok=True)

    def settings(self) -> Mapping[str, str]:
        raise NotImplementedError

    def server_on(self, place: SparePlace) -> Engine:
        raise NotImplementedError

    def finish(self, server: Engine) -> None:
        raise NotImplementedError

    def release(self, place: SparePlace) -> None:
        raise NotImplementedError

    def remover(self) -> Remover | None:
        return None


@dataclass
class Bench:
    world: World
    folders: UndoFolders

    @property
    def location(self) -> DataLocation:
        return self.folders.engine.location

    @property
    def step(self) -> KeepServer:
        return KeepServer(self.location, "downgrade", ("c3",), 60, (CHANGE,))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A server with a spare database on a data folder with a row in it."""
    location = DataLocation(kind="folder", path=tmp_path / "db", within=tmp_path)

    class Placed(FakeEngine):
        @property
        def location(self) -> DataLocation:
            return location

    (make_database(tmp_path / "db") / "row").write_text("old")
    world = World()
    engine, siblings = Placed(world), FakeSiblings(world, {"ddsurveys__spare": MARK})
    log = LiveUndoLog(engine=engine, server=FakeServer(world), dropping=siblings, environment="dev",
                      path=tmp_path / "undo.json", limit=1)  # fmt: skip
    return Bench(world, UndoFolders(engine=engine, log=log, protect=(), prove=lambda: world.happened("prove"),
                                    report=Reporter("downgrade"), workshop=lambda _: FakeWorkshop(world)))  # fmt: skip


def test_the_copy_is_noted_and_comes_back_with_the_files(bench: Bench) -> None:
    assert bench.folders.do(bench.step) == "done"
    assert bench.world.events == [
        "prove",
        "stop database",
        "copy the data",
        "start database",
        "await database 60",
        "drop ddsurveys__spare",
    ]
    (entry,) = undo_log.read(bench.folders.log.path).entries
    assert (entry.verb, entry.kind, entry.revisions, entry.server) == ("downgrade", "folder", ("c3",), "18")
    assert (entry.files, entry.is_copy) == ((CHANGE,), True)
    row = Path(bench.location.path) / "row"
    row.write_text("new")
    bench.folders.do(CloseUndo())
    bench.folders.do(PutBack(bench.location, entry, ("b2",)))
    assert row.read_text() == "old"
    assert undo_log.read(bench.folders.log.path).entries[-1].files == (CHANGE.reverse,)


def test_what_cannot_be_copied_leaves_nothing_but_a_running_server(bench: Bench) -> None:
    bench.world.fails = "copy the data"
    with pytest.raises(FailedError) as error:
        bench.folders.do(bench.step)
    assert told(error) == (
        "NA635",
        f"the data in {bench.location.path} cannot be copied; the database is as it was",
        "make room if the disk is full; `undo-limit = 0` in pyproject.toml keeps nothing",
    )
    assert error.value.detail == "copy the data failed"
    assert bench.world.events[-2:] == ["start database", "await database 60"]
    assert undo_log.read(bench.folders.log.path).entries == ()
    assert wiper.list_trash(Path(bench.location.path).parent, "db") == ()


def test_where_alembic_is_refused_the_server_is_not_stopped(bench: Bench) -> None:
    bench.world.fails = "prove"
    with pytest.raises(FailedError):
        bench.folders.do(bench.step)
    assert bench.world.events == ["prove"]
    assert undo_log.read(bench.folders.log.path).entries == ()


def test_nobody_who_is_at_work_is_ended(bench: Bench) -> None:
    bench.world.at_work = ("process 12",)
    engine, log = bench.folders.engine, bench.folders.log
    copy = ServerCopy(engine=engine, log=log, workshop=FakeWorkshop(bench.world), patience=0)
    with pytest.raises(FailedError) as error:
        copy.keep(bench.step)
    assert told(error) == (
        "NA635",
        "`downgrade` has to stop the server for a moment, and somebody is at work in it; the database is as it was",
        "end that, or wait, and run it again",
    )
    assert (error.value.detail, bench.world.events) == ("process 12", [])
