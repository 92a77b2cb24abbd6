"""The acts with fakes for what a unit test cannot run, and a runner that hands steps to them."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps import Foreground, Plan, Step
from nox_alembic.report import Reporter
from nox_alembic.run.acts.checks import Checks
from nox_alembic.run.acts.fingerprints import Fingerprinting
from nox_alembic.run.acts.lifecycle import Lifecycle
from nox_alembic.run.acts.migration import Migration
from nox_alembic.run.acts.rehearsal import Rehearsal
from nox_alembic.run.acts.revisions import Revisions
from nox_alembic.run.acts.seeding import Seeding
from nox_alembic.run.acts.spare_databases import SpareDatabases
from nox_alembic.run.acts.throwaway import Throwaway
from nox_alembic.run.runner import Runner
from tests.unit.core.make import ADDRESS, ROOT, chain, config
from tests.unit.fakes import (
    FakeAct,
    FakeBackend,
    FakeCatalogues,
    FakeCommands,
    FakeCounters,
    FakeEngine,
    FakeFiles,
    FakeFingerprintTable,
    FakeMigrations,
    FakePerson,
    FakeRevisionCopies,
    FakeServer,
    World,
)
from tests.unit.fakes_of_checks import FakeCluster, FakeLinter, FakeRepairs, FakeSiblings

if TYPE_CHECKING:
    from nox_alembic.run.ports import Migrations

CONFIGURATION = Configuration(file=Path("/project/alembic.ini"), folder=Path("/project"))


@dataclass
class Bench:
    """What acts are made of, what happened, and what was said."""

    world: World = field(default_factory=World)
    report: Reporter = field(default_factory=lambda: Reporter("reset"))
    history: History = field(default_factory=lambda: chain("a1", "b2", "c3"))
    fingerprints: FakeFingerprintTable = field(default_factory=FakeFingerprintTable)
    kept: FakeRevisionCopies = field(default_factory=FakeRevisionCopies)
    left: tuple[str, ...] = ()
    origin: FakeEngine | None = None

    def __post_init__(self) -> None:
        self.commands, self.cluster = FakeCommands(self.world), FakeCluster(self.world)
        self.repairs, self.linter = FakeRepairs(self.world), FakeLinter(self.world)
        self.engine, self.server = FakeEngine(self.world), FakeServer(self.world)
        self.siblings, self.person = FakeSiblings(self.world), FakePerson(self.world)
        self.alembic: Migrations = FakeMigrations(self.world)
        self.undo_data = FakeAct(self.world, "undo data")
        self.undo_databases = FakeAct(self.world, "undo databases")
        self.snapshots, self.spares = FakeAct(self.world, "snapshots"), FakeAct(self.world, "spares")

    def sweep(self, location: DataLocation) -> tuple[str, ...]:
        self.world.happened("sweep")
        return self.left

    def reread(self) -> History:
        """A file was written meanwhile."""
        return chain("a1", "b2", "c3", "d4")

    def apart(self) -> "contextlib.nullcontext[FakeMigrations]":
        return contextlib.nullcontext(FakeMigrations(self.world, beside=True))

    @property
    def fingerprinting(self) -> Fingerprinting:
        return Fingerprinting(
            table=self.fingerprints, server=self.server, copy=self.kept.keep, history=self.history, report=self.report
        )

    @property
    def lifecycle(self) -> Lifecycle:
        backend = FakeBackend(self.world)
        return Lifecycle(
            engine=self.engine, server=self.server, backend=backend, seeding=self.seeding, command=self.commands,
            report=self.report,
        )  # fmt: skip

    @property
    def seeding(self) -> Seeding:
        return Seeding(
            command=self.commands, server=self.server, counters=FakeCounters(self.world), config=config(),
            lost=lambda: self.world.happened("the seed is lost"), report=self.report,
        )  # fmt: skip

    @property
    def migration(self) -> Migration:
        return Migration(
            configuration=CONFIGURATION, history=self.history, reread=self.reread, address=lambda: ADDRESS,
            server=self.server, cluster=self.cluster, migrations=lambda: self.alembic, apart=self.apart,
            fingerprinting=self.fingerprinting, timeout=60, report=self.report,
        )  # fmt: skip

    @property
    def rehearsal(self) -> Rehearsal:
        return Rehearsal(
            configuration=CONFIGURATION, engine=self.engine, origin=self.origin, history=self.history,
            reread=self.reread, server=self.server, siblings=self.siblings, dropping=self.siblings,
            apart=self.apart, environment="dev",
            catalogue=FakeCatalogues(self.world).read, person=self.person, report=self.report,
        )  # fmt: skip

    @property
    def revisions(self) -> Revisions:
        def note_file(verb: str, path: Path, _before: bytes | None, _after: bytes) -> None:
            self.world.happened(f"note {path} for {verb}")

        return Revisions(
            config=config(), configuration=CONFIGURATION, reread=self.reread, address=lambda: ADDRESS,
            server=self.server, siblings=self.siblings, dropping=self.siblings,
            migrations=lambda: self.alembic, files=FakeFiles(self.world),
            note_file=note_file, report=self.report,
        )  # fmt: skip

    @property
    def checks(self) -> Checks:
        return Checks(
            configuration=CONFIGURATION, root=Path(ROOT), history=self.history, address=lambda: ADDRESS,
            server=self.server, migrations=lambda: self.alembic, inspection=self.repairs, repairs=self.repairs,
            linter=self.linter, fingerprinting=self.fingerprinting, timeout=60, report=self.report,
        )  # fmt: skip

    @property
    def throwaway(self) -> Throwaway:
        def run(plan: Plan) -> None:
            self.world.happened(f"apart: {', '.join(step.title for step in (*plan.steps, *plan.lastly))}")

        return Throwaway(config=config(), engine=self.engine, run=run)

    @property
    def spare_databases(self) -> SpareDatabases:
        return SpareDatabases(
            engine=self.engine, server=self.server, siblings=self.siblings, dropping=self.siblings,
            seeding=self.seeding,
            migration=self.migration, environment="dev", report=self.report,
        )  # fmt: skip

    def run(self, *steps: Step, lastly: tuple[Foreground, ...] = ()) -> list[str]:
        Runner(self, self.report).run(Plan(steps, lastly=lastly))
        return self.world.events

    def planned_again(self, *steps: Step) -> bool:
        """Return whether these steps have shown that there must be another plan."""
        return Runner(self, self.report).run(Plan(steps))

    def refusal(self, *steps: Step, lastly: tuple[Foreground, ...] = ()) -> NoxAlembicError:
        with pytest.raises(NoxAlembicError) as error:
            self.run(*steps, lastly=lastly)
        return error.value
