"""A small model of an environment: real plans, the real undo log and real folders, in which a database is a file.

A verb of it can fail where a command of the project does, and be killed at any of the points that it comes by.
"""

import contextlib
import functools
import itertools
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from nox_alembic.core.copies.siblings import Mark, Sibling
from nox_alembic.core.copies.space import Room
from nox_alembic.core.copies.spare_databases import Cluster, SwapFacts
from nox_alembic.core.copies.spares import Needs
from nox_alembic.core.copies.undo import WHOLE
from nox_alembic.core.errors import FailedError, NoxAlembicError
from nox_alembic.core.facts import BackendFacts, DatabaseAddress, DataLocation, EngineFacts, Facts
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    Kill,
    KillServices,
    MakeFolder,
    ProveOwnership,
    Seed,
    StartDatabase,
    StartServices,
    StopBackend,
)
from nox_alembic.core.steps.migration import Downgrade, Migrate
from nox_alembic.core.steps.spare_databases import KeepSpare, MakeNew, MigrateNew, SeedNew
from nox_alembic.core.steps.undo import CloseUndo, Sweep, UndoDatabaseStep, UndoDataStep
from nox_alembic.core.verbs import VERBS, Options
from nox_alembic.core.verbs.planning import draft, finished, needs_of_copy
from nox_alembic.edges import wiper
from nox_alembic.edges.home import undo_log
from nox_alembic.edges.system.invocation import Invocation
from nox_alembic.report import Reporter
from nox_alembic.run.acts.undo.databases import UndoDatabases
from nox_alembic.run.acts.undo.folders import UndoFolders
from nox_alembic.run.acts.undo.log import LiveUndoLog
from tests.unit.core.make import ADDRESS, chain, config
from tests.unit.fakes import FakeEngine, FakePerson, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings
from tests.wiper.places import make_database

HISTORY = chain("a1", "b2", "c3")
ROOM = Room(size=7_600_000, has_tables=True, free=10_000_000_000)
CLUSTER = Cluster(roles={"dds": "t"})
SWAP = SwapFacts(
    may_create=True, record=CLUSTER.record, cluster=CLUSTER, needs=Needs(files=dict.fromkeys(HISTORY.order, "x"))
)
APP = ADDRESS.name
TYPED = {
    "reset": ("reset", Options(cold=True)),
    "fast": ("reset", Options(fast=True)),
    "undo": ("undo", Options()),
    "dev": ("dev", Options()),
    "migrate": ("migrate", Options()),
    "downgrade": ("downgrade", Options()),
}


class KilledError(BaseException):
    """What ends a run at the point where it is killed."""


@dataclass
class Fate:
    """Kills the run at the point of that number, or has the named command fail."""

    point: int = 0
    fails: str = ""
    seen: int = 0

    def come(self, *_point: str) -> None:
        self.seen += 1
        if self.seen == self.point:
            raise KilledError

    def command(self, name: str) -> None:
        if name == self.fails:
            raise FailedError("NA000", f"the {name} failed", hint="none")


@dataclass
class Database:
    """What a database holds: `rows` of people, and where it is in its history."""

    rows: list[int] = field(default_factory=list)
    at: str = ""
    pending: bool = False


@dataclass
class Model(FakeSiblings):
    """The environment, its engine and its server at once; `keep` is `undo-keep`."""

    world: World = field(default_factory=World)
    root: Path = Path()
    limit: int = 1
    fate: Fate = field(default_factory=Fate)
    runs: bool = False
    backend: bool = False
    step: Step | None = None
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        model, location = self, DataLocation(kind="folder", path=self.root / "db", within=self.root)

        class Placed(FakeEngine):
            @property
            def location(self) -> DataLocation:
                return location

            def is_alive(self, service: object) -> bool:
                return model.runs

        class Asked(FakeServer):
            def revisions(self, address: DatabaseAddress) -> tuple[str, ...] | None:
                return model.current

            def version(self, address: DatabaseAddress) -> str:
                return "17.1"

        engine, server, report = Placed(self.world), Asked(self.world), Reporter("reset", json=True)
        self.location = location
        self.log = LiveUndoLog(
            engine=engine,
            server=server,
            dropping=self,
            environment="dev",
            path=self.root / "undo.json",
            limit=self.limit,
        )
        self.folders = UndoFolders(engine=engine, log=self.log, protect=(), prove=lambda: None, report=report)
        self.databases = UndoDatabases(
            engine=engine, log=self.log, server=server, siblings=self, room=lambda *_: ROOM, history=HISTORY,
            root=self.root, limit=2_000_000_000, timeout=1, person=FakePerson(self.world), prove=lambda: None,
            report=report,
        )  # fmt: skip

    @property
    def data(self) -> Path:
        return self.root / "db"

    @property
    def current(self) -> tuple[str, ...] | None:
        """The revisions of the database in its place, None where none answers."""
        there = self.read(self.data, APP) if self.runs else None
        return None if there is None else tuple(filter(None, [there.at]))

    def read(self, data: Path, name: str) -> Database | None:
        with contextlib.suppress(FileNotFoundError):
            return Database(**json.loads((data / "databases" / name).read_text()))
        return None

    def write(self, name: str, found: Database) -> None:
        (self.data / "databases").mkdir(exist_ok=True)
        (self.data / "databases" / name).write_text(json.dumps(vars(found)))

    def work(self) -> int:
        """Somebody writes a row."""
        number = next(self.numbers)
        found = self.read(self.data, APP)
        if found:
            self.write(APP, replace(found, rows=[*found.rows, number]))
        return number

    def rows(self) -> set[int]:
        """The rows in the database in its place."""
        found = self.read(self.data, APP)
        return set(found.rows) if found else set()

    def reachable(self) -> set[int]:
        """The rows that are in their place or that one `undo` after another brings back."""
        found = self.rows()
        for entry in self.log.kept(self.log.address()).entries:
            places = [self.data, *(self.data.with_name(one) for one in self.log.there())]
            one = entry.kept if entry.kind == "database" else APP
            wanted = [self.data.with_name(entry.kept)] if entry.kind in WHOLE else places
            for there in (self.read(place, one) for place in wanted):
                found |= set(there.rows) if there else set()
        return found

    def run(self, word: str, fate: Fate) -> bool:
        """Run a verb; return whether it came to its end, which is not said of one that found nothing to do."""
        self.fate = fate
        name, options = TYPED[word]
        verb = VERBS[name]
        try:
            with watched(fate):
                for _ in range(6):
                    seen = self.facts()
                    plan = draft(verb, config(undo_keep=self.limit), seen, options)
                    if needs_of_copy(verb, seen, plan):
                        seen = replace(seen, room=ROOM)
                    plan = finished(verb, config(undo_keep=self.limit), seen, plan)
                    self.follow(plan)
                    if not plan.again:
                        return bool(plan.steps)
        except (KilledError, NoxAlembicError):
            # Killed with its last word on the disk, it has come to its end. Older entries may stay open by that: those
            # in data that was set aside, and those of verbs whose work an `undo` has brought back.
            newest = undo_log.read(self.log.path).newest
            return isinstance(self.step, CloseUndo) and not (newest and newest.open)
        raise AssertionError(f"{word} finds no end")

    def facts(self) -> Facts:
        there = self.read(self.data, APP) if self.runs else None
        present = self.data.exists() and any(self.data.iterdir())
        backend = BackendFacts(defined=True, running=self.backend, url="http://127.0.0.1:8000/health")
        engine = EngineFacts(
            name="embedded", location=self.location, data_present=present, database_running=self.runs,
            anything_running=self.runs, address=ADDRESS, backend=backend, services=("backend",),
            stopped=() if self.backend else ("backend",),
        )  # fmt: skip
        seen = Facts(
            engine=engine, history=HISTORY, current=self.current, healthy=self.backend,
            seed_pending=there is not None and there.pending, room=ROOM if there else Room(),
            swap_facts=SWAP if there else None,
        )  # fmt: skip
        return self.log.probe(seen)

    def follow(self, plan: Plan) -> None:
        for self.step in plan.steps:
            step = self.step
            self.fate.come(f"before {step.title}")
            self.do(step)

    def do(self, step: Step) -> None:
        if isinstance(step, UndoDataStep):
            self.folders.do(step)
        elif isinstance(step, UndoDatabaseStep):
            self.databases.do(step)
        elif isinstance(step, Sweep):
            self.folders.sweep(step.location)
        elif isinstance(step, Migrate | Downgrade | Seed | MakeNew | MigrateNew | SeedNew):
            self.change(step)
        else:
            self.run_engine(step)

    def run_engine(self, step: Step) -> None:
        if isinstance(step, Kill):
            self.runs = self.backend = False
        elif isinstance(step, StartDatabase):
            self.start()
        elif isinstance(step, StopBackend | KillServices):
            self.backend = False
        elif isinstance(step, AwaitDatabase):
            if self.read(self.data, APP) is None:
                raise FailedError("NA204", "there is no such database", hint="none")
        elif isinstance(step, StartServices):
            self.backend = True
        elif isinstance(step, AwaitBackend):
            self.backend = self.fate.fails != "backend"
            self.fate.command("backend")
        else:
            assert isinstance(step, ProveOwnership | MakeFolder | KeepSpare), step

    def start(self) -> None:
        """Make the cluster aside as the engine does, and the database in it in a second step."""
        if not (self.data / "PG_VERSION").exists():
            self.data.rmdir() if self.data.exists() else None
            make_database(self.data.with_name("making")).rename(self.data)
        self.runs = True
        self.fate.come("started")
        if self.read(self.data, APP) is None:
            self.write(APP, Database())

    def change(self, step: Step) -> None:
        """Change a database; one revision is a transaction of its own, and each takes rows with it."""
        name = f"{APP}__new" if isinstance(step, MakeNew | MigrateNew | SeedNew) else APP
        new = Database(at="c3" if isinstance(step, MakeNew) and step.source else "")
        found = new if isinstance(step, MakeNew) else self.read(self.data, name)
        assert found is not None, step
        if found.at == "c3" and isinstance(step, Migrate):
            return
        if isinstance(step, Migrate | MigrateNew):
            self.write(name, replace(found, at=found.at or "a1", rows=[]))
            self.fate.come("revision")
            self.fate.command("revision")
            found = Database(at="c3", pending=found.pending or (isinstance(step, Migrate) and step.seed_later))
        elif isinstance(step, Downgrade):
            self.write(name, replace(found, rows=[]))
            self.fate.come("revision")
            self.fate.command("revision")
            found = Database(at="" if step.target == "base" else step.target)
        elif isinstance(step, SeedNew) or found.pending:
            self.fate.command("seed")
            found = replace(found, pending=False)
        self.write(name, found)

    # What the server has beside the database in its place.

    def names(self, address: DatabaseAddress) -> frozenset[str]:
        return frozenset(one.name for one in self.marked(address) if one.mark.role == "undo")

    def marked(self, address: DatabaseAddress) -> tuple[Sibling, ...]:
        there = [path.name for path in (self.data / "databases").glob("*__*")]
        return tuple(Sibling(name, self.there[name]) for name in there if name in self.there)

    def keep(self, address: DatabaseAddress, mark: Mark, client: Callable[[str], Invocation]) -> None:
        time.sleep(0.002)  # a name has the millisecond
        found = self.read(self.data, APP)
        assert found is not None
        self.fate.come("copying")
        self.there[mark.name] = mark
        self.write(mark.name, found)
        self.fate.come("copied")

    def swap(self, address: DatabaseAddress, incoming: str, mark: Mark) -> None:
        time.sleep(0.002)
        self.fate.come("swapping")
        there, new = self.read(self.data, APP), self.read(self.data, incoming)
        assert there is not None
        assert new is not None
        self.there[mark.name] = mark
        self.write(mark.name, there)
        self.write(APP, new)
        (self.data / "databases" / incoming).unlink()
        self.fate.come("swapped")

    def drop(self, address: DatabaseAddress, names: Iterable[str]) -> None:
        for name in names:
            self.fate.come("dropping")
            (self.data / "databases" / name).unlink(missing_ok=True)

    def drop_soon(self, address: DatabaseAddress, names: Collection[str]) -> None:
        self.drop(address, names)


@contextlib.contextmanager
def watched(fate: Fate) -> Iterator[None]:
    """Have the wiper, and whoever writes the undo log, come by the points at which a run is killed."""
    written = undo_log.write

    def write(*rest: Any) -> None:
        fate.come("writing")
        written(*rest)
        fate.come("written")

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch("os.fsync"))  # no power cut is meant
        for name in ("set_aside", "put_back", "sweep"):
            told = functools.partial(getattr(wiper, name), on_event=fate.come)
            stack.enter_context(mock.patch.object(wiper, name, told))
        stack.enter_context(mock.patch.object(undo_log, "write", write))
        yield
