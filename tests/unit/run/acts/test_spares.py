"""Making spares with a server that only pretends: what is named is whole, and whatever fails leaves nothing."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from nox_alembic.core.copies.spares import not_ended
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DataLocation, Facts
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import AwaitDatabase, Seed, StartDatabase
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.spares import ClearSpares, ConfirmSpare, EndMaking, MakeSpare
from nox_alembic.core.steps.undo import UseSpare
from nox_alembic.edges.engines import Engine, Remover, SparePlace
from nox_alembic.edges.home import spare_list
from nox_alembic.edges.system.files import write_private
from nox_alembic.report import Reporter
from nox_alembic.run.acts.spares import SpareMaker
from nox_alembic.run.acts.undo.folders import UndoFolders
from nox_alembic.run.acts.undo.log import LiveUndoLog
from tests.unit.core.make import SPARE, config, engine, facts, told
from tests.unit.fakes import FakeEngine, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings
from tests.wiper.places import make_database


@dataclass
class FakeWorkshop:
    """Makes what looks like a data folder, and can fail."""

    world: World
    folder: Path
    fails: str = ""
    meanwhile: Callable[[], object] = lambda: None

    def settings(self) -> Mapping[str, str]:
        return {"the image": "i1"}

    def server_on(self, place: SparePlace) -> Engine:
        self.world.happened(f"server on {Path(place).name}")
        return FakeEngine(self.world)

    def finish(self, server: Engine) -> None:
        self.world.happened("finish")
        if self.fails == "finish":
            raise not_ended("volumes/db", "its log")

    def release(self, place: SparePlace) -> None:
        self.world.happened(f"release {Path(place).name}")

    def copy(self, source: SparePlace, target: SparePlace) -> None:
        shutil.copytree(source, target, dirs_exist_ok=True)
        self.meanwhile()

    def remover(self) -> Remover | None:
        return None


@dataclass(frozen=True, kw_only=True)
class Shop:
    """An engine whose data is in a folder, and the spares beside it."""

    data: Path
    workshop: FakeWorkshop
    world: World
    plans: list[Plan] = field(default_factory=list)
    holder: int = 0
    report: Reporter = field(default_factory=lambda: Reporter("spare"))

    @property
    def engine(self) -> Any:
        location = DataLocation(kind="folder", path=self.data, within=self.data.parents[1])

        class Placed(FakeEngine):
            @property
            def location(self) -> DataLocation:
                return location

        return Placed(self.world)

    @property
    def sparing(self) -> SpareMaker:
        root = self.data.parents[1]

        return SpareMaker(
            engine=self.engine,
            workshop=self.workshop,
            config=config(root=root, seed=("python", "seed.py")),
            configuration=Configuration(file=root / "alembic.ini", folder=root),
            sidecar=root / "state/spares.json",
            environ={},
            reread=lambda: history(root),
            server=FakeServer(self.world),
            beside=self._run,
            lock=lambda: contextlib.nullcontext(""),
            lock_holder=lambda: self.holder,
            report=self.report,
        )

    def make(self, step: MakeSpare) -> str:
        return self.sparing.do(step)

    def _run(self, _engine: Engine, plan: Plan) -> None:
        self.plans.append(plan)
        making = self.data.with_name(".db.nox-alembic-spare-making")
        if not (making / "PG_VERSION").exists():
            make_database(making)

    @property
    def facts(self) -> Facts:
        return facts(engine=engine(location=self.engine.location), history=history(self.data.parents[1]))

    def step(self, kind: Any, *, copies: bool = False) -> MakeSpare:
        needs = self.sparing.probe(self.facts).needs
        return MakeSpare(kind, self.engine.location, ("a1",), needs, copies=copies)

    @property
    def beside(self) -> list[str]:
        return sorted(path.name for path in self.data.parent.iterdir())


def history(root: Path) -> History:
    return History.of([Revision(id="a1", path=str(root / "alembic/versions/a1.py"))])


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    for name in ("alembic.ini", "alembic/versions/a1.py", "alembic/env.py", "seed.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[alembic]\nscript_location = alembic\n" if name.endswith("ini") else "")
    world = World()
    data = make_database(tmp_path / "volumes/db")
    return Shop(data=data, workshop=FakeWorkshop(world, data), world=world)


def test_a_base_is_made_of_nothing_and_the_seeded_one_of_it(shop: Shop) -> None:
    assert shop.make(shop.step("base")) == "done"
    assert shop.make(shop.step("ready", copies=True)) == "done"
    found = shop.sparing.probe(shop.facts)
    assert [one.kind for one in found.found] == ["base", "ready"]
    assert sorted([*(one.name for one in found.found), "db"]) == shop.beside
    start, end = (StartDatabase(), AwaitDatabase(60)), (ConfirmSpare(("a1",)),)
    assert [plan.steps for plan in shop.plans] == [
        (*start, Migrate("a1", seed_later=True), *end),
        (*start, ConfirmSpare(("a1",), pending=True), Seed(("python", "seed.py")), *end),
    ]
    assert shop.world.events[-3:] == ["server on .db.nox-alembic-spare-making", "finish", "discard"]


def test_a_seed_that_does_not_reach_its_database_makes_no_spare_until_something_of_it_changes(shop: Shop) -> None:
    known, step = shop.sparing.probe(shop.facts).needs.seed, shop.step("ready")
    shop.workshop.meanwhile = lambda: None
    shop.sparing.note_lost_seed()
    assert shop.make(step) == "not made: the seed does not reach it"
    assert shop.make(shop.step("base")) == "done"
    assert (known != "", shop.sparing.probe(shop.facts).needs.seed) == (True, "")
    for name in ("seed.py", ".env"):
        (shop.data.parents[1] / name).write_text("# other settings\n")
        assert shop.sparing.probe(shop.facts).needs.seed != ""
        shop.sparing.note_lost_seed()
    own = replace(shop.sparing.config, alembic_variables={"PORT": "{port}"})
    assert replace(shop.sparing, config=own).probe(shop.facts).needs.seed != ""


def test_a_seed_that_is_lost_while_a_spare_is_made_leaves_none(shop: Shop) -> None:
    step = shop.step("ready")

    class Losing(SpareMaker):
        """A maker whose plan notes it, as the seed's own act does."""

        def _filled(self, *given: Any) -> int | None:
            self.note_lost_seed()
            return super()._filled(*given)

    maker = shop.sparing
    losing = Losing(**{name: getattr(maker, name) for name in maker.__dataclass_fields__})
    assert losing.do(step) == "not made: the seed does not reach it"
    assert shop.beside == ["db"]


def test_a_server_that_did_not_end_well_leaves_no_spare(shop: Shop) -> None:
    shop.workshop.fails = "finish"
    with pytest.raises(FailedError) as error:
        shop.make(shop.step("base"))
    message = "the server of a spare on volumes/db did not end in an orderly way"
    assert told(error) == ("NA655", message, "`nox -s spare` makes it again")
    assert (shop.beside, shop.sparing.probe(shop.facts).found) == (["db"], ())
    assert shop.world.events[-1] == "discard"


def test_what_changes_while_a_spare_is_made_makes_it_useless(shop: Shop) -> None:
    step = shop.step("base")
    (shop.data.parents[1] / "alembic/versions/a1.py").write_text("# edited\n")
    assert shop.make(step) == "the project has changed meanwhile"
    assert shop.beside == ["db"]


def test_a_base_that_a_reset_takes_while_it_is_copied_is_no_base(shop: Shop) -> None:
    shop.make(shop.step("base"))
    (base,) = shop.sparing.probe(shop.facts).found
    shop.workshop.meanwhile = lambda: shop.data.with_name(base.name).rename(shop.data.with_name("taken"))
    assert shop.make(shop.step("ready", copies=True)) == "a reset was quicker, and has used the base"
    assert shop.beside == ["db", "taken"]


def test_a_disk_without_room_for_the_database_gets_no_spare(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 3_000_000}))
    with pytest.raises(FailedError) as error:
        shop.make(shop.step("base"))
    message = "a spare is made where 500.0 MB are free, and there are 3.0 MB"
    assert told(error) == ("NA657", message, "make room, or set `spare = false` in pyproject.toml")


def test_where_no_folder_can_be_made_beside_the_data_there_is_no_spare(shop: Shop) -> None:
    making = shop.data.with_name(".db.nox-alembic-spare-making")
    making.write_text("somebody's file")
    with pytest.raises(FailedError) as error:
        shop.make(shop.step("base"))
    message = f"no spare can be made beside the data: [Errno 17] File exists: '{making}'"
    hint = "make the folder above the data yours, or set `spare = false` in pyproject.toml"
    assert told(error) == ("NA654", message, hint)


def test_a_deleted_spare_is_not_named_any_more_before_it_goes(shop: Shop) -> None:
    shop.make(shop.step("base"))
    (base,) = shop.sparing.probe(shop.facts).found
    make_database(shop.data.with_name(".db.nox-alembic-spare-making"))
    left = shop.sparing.probe(shop.facts).leftovers
    assert left == (".db.nox-alembic-spare-making",)
    assert shop.sparing.do(ClearSpares(shop.engine.location, (base.name, *left))) == "done"
    assert "warnings" not in shop.report.fields
    assert (shop.beside, spare_list.read(shop.sparing.sidecar)) == (["db"], ())


def test_a_spare_that_is_not_whole_is_a_leftover(shop: Shop) -> None:
    shop.make(shop.step("base"))
    (base,) = shop.sparing.probe(shop.facts).found
    (shop.data.with_name(base.name) / "postmaster.pid").write_text("1\n")
    seen = shop.sparing.probe(shop.facts)
    assert (seen.found, seen.leftovers) == ((), (base.name,))


def test_a_spare_that_is_gone_when_a_reset_wants_it_changes_nothing(shop: Shop) -> None:
    path = shop.data.parents[1] / "undo.json"
    siblings = FakeSiblings(shop.world)
    log = LiveUndoLog(
        engine=shop.engine, server=FakeServer(shop.world), dropping=siblings, environment="dev", path=path, limit=2
    )
    folders = UndoFolders(engine=shop.engine, log=log, protect=(), prove=lambda: None, report=shop.report)
    gone = replace(SPARE, name=".db.nox-alembic-spare-base-00000000")
    with pytest.raises(FailedError) as error:
        folders.do(UseSpare(shop.engine.location, gone))
    message = f"the spare {gone.name} was replaced while this reset was being prepared"
    assert told(error) == ("NA652", message, "run it again, or `nox -s reset -- --cold`")
    assert shop.beside == ["db"]


def test_a_spare_whose_database_is_somewhere_else_is_no_spare(shop: Shop) -> None:
    shop.world.current = ("a1",)
    with pytest.raises(FailedError) as error:
        shop.sparing.do(ConfirmSpare(("c3",)))
    message = "the database of the spare is at a1, and not at c3 as it was when it was made"
    assert told(error) == ("NA653", message, "`nox -s reset -- --cold` begins with nothing")


@pytest.mark.parametrize(("pending", "note"), [(True, "pending"), (False, ""), (None, "done")])
def test_a_spare_is_to_be_seeded_or_not_as_the_reset_wants_it(shop: Shop, pending: bool | None, note: str) -> None:
    shop.world.notes["seed"], shop.world.current = "done", ("c3",)
    shop.sparing.do(ConfirmSpare(("c3",), pending))
    assert shop.world.notes["seed"] == note


def test_what_stays_of_a_deleted_spare_is_a_warning(shop: Shop) -> None:
    shop.make(shop.step("base"))
    (base,) = shop.sparing.probe(shop.facts).found
    inside = shop.data.with_name(base.name) / "base"
    inside.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        subprocess.run(["chattr", "+i", str(inside)], check=True)
    else:
        inside.parent.chmod(0o500)
    try:
        shop.sparing.do(ClearSpares(shop.engine.location, (base.name,)))
    finally:
        subprocess.run(["chattr", "-i", str(inside)], check=False, capture_output=True)
    (warning,) = cast("list[str]", shop.report.fields["warnings"])
    assert str(shop.data.with_name(base.name)) in warning


@contextlib.contextmanager
def a_process(*words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A real process with that command line, which does nothing."""
    # The words of the tool are those of a script that sleeps.
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *words])
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def words_of(shop: Shop, *more: str, environment: str = "dev") -> tuple[str, ...]:
    root = str(shop.data.parents[1])
    return ("-m", "nox_alembic", "spare", "--project", root, "--env", environment, *more)


def test_who_makes_spares_in_the_background_is_ended_and_what_it_has_begun_is_deleted(shop: Shop) -> None:
    shop.make(shop.step("base"))
    making = shop.data.with_name(".db.nox-alembic-spare-making")
    making.mkdir()
    with a_process(*words_of(shop, "--background")) as child:
        busy = replace(shop, holder=child.pid)
        assert busy.sparing.maker == child.pid
        assert busy.sparing.do(EndMaking()) == "done"
        assert child.wait(10) != 0
    assert shop.world.events[-1] == "release .db.nox-alembic-spare-making"
    assert (making.exists(), len(shop.sparing.probe(shop.facts).found)) == (False, 1)
    assert busy.sparing.maker == 0
    assert not busy.sparing.end_making()


def test_who_was_started_and_has_not_got_the_lock_yet_is_found_too(shop: Shop) -> None:
    with a_process(*words_of(shop, "--background")) as child:
        write_private(shop.data.parents[1] / "state/spares.pid", str(child.pid))
        assert shop.sparing.maker == child.pid
        assert shop.sparing.end_making()


def test_another_process_that_has_the_number_by_now_is_left_alone(shop: Shop) -> None:
    """That of another environment, one that a person waits for, and one that has nothing to do with it."""
    for words in (words_of(shop, "--background", environment="test"), words_of(shop), ("nothing",)):
        with a_process(*words) as child:
            busy = replace(shop, holder=child.pid)
            assert (busy.sparing.maker, busy.sparing.end_making()) == (0, False)
            assert child.poll() is None
