"""The undo log and the volumes: whatever a run is killed at, the next one knows which data is where."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from nox_alembic.core.copies.undo import UndoEntry, UndoLog
from nox_alembic.core.copies.volume_swap import Moved, Outcome, Volume, failed
from nox_alembic.core.errors import FailedError, NoxAlembicError, RefusedError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.steps.undo import PutBack, SetDataAside, UseSpare
from nox_alembic.run.acts.undo.volumes import UndoVolumes
from tests.unit.core.make import SPARE, told

DATA = DataLocation(kind="volume", volume="db")


class KilledError(BaseException):
    """What ends a run at the chosen point."""


@dataclass
class FakeVolumes:
    """A daemon that moves contents between names; `dies` names the point at which the run ends."""

    held: dict[str, str | None] = field(default_factory=lambda: {"db": "old"})
    sources: dict[str, str] = field(default_factory=dict)
    dies: str = ""
    fails: NoxAlembicError | None = None
    stuck: str = ""
    made: int = 0

    def come(self, point: str) -> None:
        if point == self.dies:
            raise KilledError

    def probe(self) -> Volume | None:
        return Volume(name="db", driver="local", mountpoint="/v/db/_data") if "db" in self.held else None

    def refusal(self) -> RefusedError | None:
        return None

    def kept(self) -> tuple[str, ...]:
        return tuple(name for name in self.held if name != "db")

    def spares(self) -> tuple[str, ...]:
        return ("spare",)

    def new_spare_name(self) -> str:
        return "spare"

    def make_kept(self, name: str, verb: str) -> None:
        self.held[name] = ""

    def make_spare(self, name: str) -> None:
        self.held[name] = ""

    def new_name(self) -> str:
        self.made += 1
        return f"k{self.made}"

    def swap(self, to: str, *, source: str, verb: str) -> Moved:
        self.come("noted")
        self.held[to], self.sources[to] = "", source
        self.come("made")
        if self.fails:
            raise self.fails
        there = self.held["db"]
        self.held["db"], self.held[source] = self.held[source], None
        self.held[to] = there
        self.come("swapped")
        return Moved(Outcome.KEPT if there else Outcome.EMPTY, "17")

    def settle(self, name: str) -> Moved:
        return Moved(Outcome.KEPT if self.held[name] else Outcome.NOT, "17")

    def source_of(self, name: str) -> str:
        return self.sources[name]

    def remove(self, name: str) -> None:
        if name == self.stuck:
            raise OSError("volume is in use")
        self.come("removing")
        self.held.pop(name, None)


@dataclass
class Bench:
    """A keeping with an undo log in memory."""

    volumes: FakeVolumes = field(default_factory=FakeVolumes)
    log: UndoLog = field(default_factory=UndoLog)

    @property
    def keeping(self) -> UndoVolumes:
        def write(log: UndoLog) -> None:
            self.log = log

        return UndoVolumes(volumes=self.volumes, read=self.read, write=write)

    def read(self) -> UndoLog:
        return self.log.having(self.volumes.kept())

    def kept(self) -> dict[str, str | None]:
        """Return what the undo log keeps, by the verb."""
        return {one.verb: self.volumes.held[one.kept] for one in self.read().entries}

    def killed(self, point: str, act: Callable[[], object]) -> None:
        self.volumes.dies = point
        with pytest.raises(KilledError):
            act()
        self.volumes.dies = ""

    def undo(self) -> None:
        newest = self.read().newest
        assert newest is not None
        self.keeping.put_back(PutBack(DATA, newest, ("c3",)), make=lambda: None)


def after_reset() -> Bench:
    """Return one on which a reset has kept the old data, and another database is in use."""
    bench = Bench()
    assert bench.keeping.set_aside(SetDataAside(DATA)) == ("the old data is kept: `nox -s undo` brings it back",)
    bench.log = bench.read().closed(2)
    bench.volumes.held["db"] = "new"
    return bench


def test_a_reset_keeps_what_there_was_and_undo_brings_it_back_and_twice_is_redo() -> None:
    bench = after_reset()
    assert (bench.kept(), [one.server for one in bench.read().entries]) == ({"reset": "old"}, ["17"])
    bench.undo()
    assert (bench.volumes.held, bench.kept()) == ({"db": "old", "k2": "new"}, {"undo": "new"})
    bench.undo()
    assert (bench.volumes.held, bench.kept()) == ({"db": "new", "k3": "old"}, {"undo": "old"})
    assert not bench.read().is_doubtful


@pytest.mark.parametrize(
    ("point", "volume", "kept"),
    [("noted", "old", {}), ("made", "old", {}), ("swapped", "", {"reset": "old"})],
)
def test_a_reset_that_is_killed_has_kept_the_data_or_not_touched_it(
    point: str, volume: str, kept: dict[str, str]
) -> None:
    bench = Bench()
    bench.killed(point, lambda: bench.keeping.set_aside(SetDataAside(DATA)))
    assert bench.read().is_doubtful == (point != "noted")
    bench.keeping.settle()
    assert (bench.volumes.held["db"], bench.kept(), bench.read().is_doubtful) == (volume, kept, False)
    assert set(bench.volumes.kept()) == {one.kept for one in bench.read().entries}


@pytest.mark.parametrize(
    ("point", "volume", "kept"),
    [
        ("noted", "new", {"reset": "old"}),
        ("made", "new", {"reset": "old"}),
        ("swapped", "old", {"undo": "new"}),
        ("removing", "old", {"undo": "new"}),
    ],
)
def test_an_undo_that_is_killed_has_happened_or_not(point: str, volume: str, kept: dict[str, str]) -> None:
    bench = after_reset()
    bench.killed(point, bench.undo)
    bench.keeping.settle()
    assert (bench.volumes.held["db"], bench.kept(), bench.read().is_doubtful) == (volume, kept, False)
    assert set(bench.volumes.kept()) == {one.kept for one in bench.read().entries}


@pytest.mark.parametrize(("holds", "half_made"), [("", False), ("half", True)])
def test_what_is_worth_nothing_takes_the_place_of_nothing_and_is_swept(holds: str, half_made: bool) -> None:
    bench = after_reset()
    bench.volumes.held["db"] = holds
    assert bench.keeping.set_aside(SetDataAside(DATA, half_made=half_made)) == ()
    assert (bench.kept(), bench.volumes.held["db"]) == ({"reset": "old"}, "")
    assert bench.keeping.sweep(["k1"]) == []
    assert bench.volumes.held == {"db": "", "k1": "old"}


def test_half_made_data_that_a_killed_run_has_moved_takes_no_place_among_what_is_kept() -> None:
    bench = Bench()
    bench.keeping.set_aside(SetDataAside(DATA))
    bench.volumes.held["db"] = "half"
    bench.killed("swapped", lambda: bench.keeping.set_aside(SetDataAside(DATA, half_made=True)))
    bench.keeping.settle()
    assert (bench.kept(), bench.read().is_half_made) == ({"reset": "old"}, True)


def test_what_takes_the_place_of_data_that_is_not_kept_has_yet_to_be_made() -> None:
    bench = Bench()
    bench.keeping.set_aside(SetDataAside(DATA))
    bench.log = bench.log.marked_made()
    bench.volumes.held["db"] = "too large"
    bench.keeping.set_aside(SetDataAside(DATA, keeps=False))
    assert (bench.kept(), bench.read().is_half_made) == ({"reset": "old"}, True)


@pytest.mark.parametrize(("is_kept", "kept"), [(True, {"reset": "old"}), (False, {})])
def test_a_spare_takes_the_place_of_what_is_kept(is_kept: bool, kept: dict[str, str]) -> None:
    bench = Bench(FakeVolumes({"db": "old", "spare": "at head"}))
    bench.keeping.use_spare(
        UseSpare(DATA, replace(SPARE, name="spare"), SetDataAside(DATA, keeps=is_kept)), make=lambda: None
    )
    assert (bench.volumes.held["db"], bench.kept()) == ("at head", kept)
    assert "spare" not in bench.volumes.held


@pytest.mark.parametrize(("point", "volume"), [("made", "old"), ("swapped", "at head"), ("removing", "at head")])
def test_a_spare_that_a_killed_reset_was_putting_into_place_is_there_or_used(point: str, volume: str) -> None:
    bench = Bench(FakeVolumes({"db": "old", "spare": "at head"}))
    step = UseSpare(DATA, replace(SPARE, name="spare"), SetDataAside(DATA))
    bench.killed(point, lambda: bench.keeping.use_spare(step, make=lambda: None))
    bench.keeping.settle()
    assert (bench.volumes.held["db"], "spare" in bench.volumes.held) == (volume, volume == "old")
    assert bench.kept() == ({} if volume == "old" else {"reset": "old"})


def test_an_undo_onto_an_empty_volume_keeps_nothing_of_it() -> None:
    bench = after_reset()
    bench.volumes.held["db"] = ""
    bench.undo()
    assert (bench.volumes.held, bench.kept()) == ({"db": "old"}, {})


def test_an_undo_makes_the_volume_that_somebody_has_removed() -> None:
    bench = after_reset()
    del bench.volumes.held["db"]
    newest = bench.read().newest
    assert newest is not None
    bench.keeping.put_back(PutBack(DATA, newest), make=lambda: bench.volumes.held.update(db=""))
    assert (bench.volumes.held, bench.kept()) == ({"db": "old"}, {})


def test_a_move_that_fails_leaves_everything_as_it_was() -> None:
    bench = Bench(FakeVolumes(fails=failed("db", "it can only be copied")))
    with pytest.raises(FailedError) as error:
        bench.keeping.set_aside(SetDataAside(DATA))
    assert told(error)[0] == "NA673"
    assert (bench.volumes.held, bench.read()) == ({"db": "old"}, UndoLog())


def test_an_emptied_volume_that_somebody_mounts_is_told_and_the_undo_is_settled_later() -> None:
    bench = after_reset()
    bench.volumes.stuck = "k1"
    with pytest.raises(FailedError) as error:
        bench.undo()
    assert told(error) == (
        "NA674",
        "the volume k1, which is empty by now, cannot be removed: volume is in use",
        "remove the container that mounts it, and run the same command again",
    )
    bench.volumes.stuck = ""
    bench.keeping.settle()
    assert (bench.volumes.held, bench.kept()) == ({"db": "old", "k2": "new"}, {"undo": "new"})


def test_a_sweep_leaves_what_is_kept_and_tells_of_what_cannot_be_removed() -> None:
    bench = Bench(FakeVolumes({"db": "new", "k1": "a", "k2": "b", "k3": "c"}, stuck="k2"))
    assert bench.keeping.sweep(["k3"]) == [
        "volume k2 could not be removed: volume is in use; `docker volume rm k2` does it"
    ]
    assert set(bench.volumes.held) == {"db", "k2", "k3"}


def test_what_is_kept_of_databases_is_not_settled_here() -> None:
    other = UndoEntry(id="1", verb="restore", at="", kind="database", kept="k1", doubtful=True)
    bench = Bench(FakeVolumes({"db": "new", "k1": None}), UndoLog((other,)))
    bench.keeping.settle()
    assert bench.log == UndoLog((replace(other),))
