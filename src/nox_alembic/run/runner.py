"""Walks a plan: each step goes to the act of its family; stops at the first failure."""

import concurrent.futures
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar, assert_never

from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import Foreground, Plan
from nox_alembic.core.steps.checks import CheckStep
from nox_alembic.core.steps.lifecycle import LifecycleStep, ProveOwnership, RunTests, Seed
from nox_alembic.core.steps.migration import (
    ApplyRevision,
    Downgrade,
    DowngradeOrphans,
    Migrate,
    MigrationStep,
    PrintUpgradeSql,
    RehearsalStep,
)
from nox_alembic.core.steps.revisions import RevisionStep, WriteRevision
from nox_alembic.core.steps.snapshots import CheckSnapshot, LoadSnapshot, SaveSnapshot, SnapshotStep
from nox_alembic.core.steps.spare_databases import MigrateNew, SeedNew, SpareDatabaseStep
from nox_alembic.core.steps.spares import MakeSpare, SpareStep
from nox_alembic.core.steps.throwaway import OnThrowaway
from nox_alembic.core.steps.undo import Sweep, UndoDatabaseStep, UndoDataStep
from nox_alembic.report import Reporter
from nox_alembic.run.ports import PLAN_AGAIN

Family_contra = TypeVar("Family_contra", contravariant=True)


class Act(Protocol[Family_contra]):
    """Does the steps of one family."""

    def do(self, step: Family_contra) -> str:
        """Do the step and return how it went; raises NoxAlembicError."""


class Acts(Protocol):
    """The act of each family.

    `run.wiring` makes an act when its first step comes.
    """

    @property
    def lifecycle(self) -> Act[LifecycleStep]: ...
    @property
    def migration(self) -> Act[MigrationStep]: ...
    @property
    def rehearsal(self) -> Act[RehearsalStep]: ...
    @property
    def revisions(self) -> Act[RevisionStep]: ...
    @property
    def checks(self) -> Act[CheckStep]: ...
    @property
    def undo_data(self) -> Act[UndoDataStep]: ...
    @property
    def undo_databases(self) -> Act[UndoDatabaseStep]: ...
    @property
    def snapshots(self) -> Act[SnapshotStep]: ...
    @property
    def spares(self) -> Act[SpareStep]: ...
    @property
    def spare_databases(self) -> Act[SpareDatabaseStep]: ...
    @property
    def throwaway(self) -> Act[OnThrowaway]: ...

    def sweep(self, location: DataLocation) -> Sequence[str]:
        """Delete what is not kept; return messages about what is left."""


@frozen
class Runner:
    """Runs plans with its acts and reports each step as it goes."""

    acts: Acts
    report: Reporter

    def run(self, plan: Plan) -> bool:
        """Run all steps, then `lastly` always; return whether to plan once more.

        Raises the first NoxAlembicError.
        """
        total = len(plan.steps) + len(plan.lastly)
        with concurrent.futures.ThreadPoolExecutor(max_workers=1) as background:
            sweeps: list[concurrent.futures.Future[Sequence[str]]] = []
            made_something = False
            try:
                for number, step in enumerate(plan.steps, 1):
                    made_something |= not isinstance(step, ProveOwnership)
                    if isinstance(step, Sweep):
                        sweeps.append(background.submit(self.acts.sweep, step.location))
                        self.report.in_background(number, total, step.title)
                    elif self._run_step(number, total, step) == PLAN_AGAIN:
                        return True
            finally:
                # If only the proof was tried, it has failed, and nothing there is ours
                # to clean up.
                for number, step in enumerate(plan.lastly if made_something else (), len(plan.steps) + 1):
                    self._run_step(number, total, step)
                self._collect(sweeps)
        return plan.again

    def _run_step(self, number: int, total: int, step: Foreground) -> str:
        with self.report.step(number, total, step.title, speaks=isinstance(step, _SPEAKING)) as result:
            result.outcome = self._do(step)
        return result.outcome

    def _collect(self, sweeps: Iterable["concurrent.futures.Future[Sequence[str]]"]) -> None:
        for sweep in sweeps:
            for line in sweep.result():
                self.report.warn(line)

    def _do(self, step: Foreground) -> str:  # noqa: C901, PLR0911 - one line a family
        acts = self.acts
        if isinstance(step, LifecycleStep):
            return acts.lifecycle.do(step)
        if isinstance(step, MigrationStep):
            return acts.migration.do(step)
        if isinstance(step, RehearsalStep):
            return acts.rehearsal.do(step)
        if isinstance(step, RevisionStep):
            return acts.revisions.do(step)
        if isinstance(step, CheckStep):
            return acts.checks.do(step)
        if isinstance(step, UndoDataStep):
            return acts.undo_data.do(step)
        if isinstance(step, UndoDatabaseStep):
            return acts.undo_databases.do(step)
        if isinstance(step, SnapshotStep):
            return acts.snapshots.do(step)
        if isinstance(step, SpareStep):
            return acts.spares.do(step)
        if isinstance(step, SpareDatabaseStep):
            return acts.spare_databases.do(step)
        if isinstance(step, OnThrowaway):
            return acts.throwaway.do(step)
        assert_never(step)


# These print while they run, so that their result needs a line of its own.
_SPEAKING = (
    Migrate, Downgrade, DowngradeOrphans, RehearsalStep, PrintUpgradeSql, WriteRevision, ApplyRevision, Seed,
    MigrateNew, SeedNew, RunTests, SaveSnapshot, CheckSnapshot, LoadSnapshot, MakeSpare,
    OnThrowaway,
)  # fmt: skip
