"""The runner: each step goes to the act of its family, in the order of the plan, until one fails."""

import typing
from typing import Any

import pytest

from nox_alembic.core.steps import Step
from nox_alembic.core.steps.checks import CheckStep, DropIndex
from nox_alembic.core.steps.lifecycle import AwaitDatabase, Discard, Kill, LifecycleStep, ProveOwnership, StartDatabase
from nox_alembic.core.steps.migration import AwaitEdit, MigrationStep, PrintUpgradeSql, RehearsalStep
from nox_alembic.core.steps.revisions import DropShadow, MakeShadow, RevisionStep
from nox_alembic.core.steps.snapshots import SaveSnapshot, SnapshotStep
from nox_alembic.core.steps.spare_databases import DropSpares, SpareDatabaseStep
from nox_alembic.core.steps.spares import ConfirmSpare, SpareStep
from nox_alembic.core.steps.throwaway import OnThrowaway
from nox_alembic.core.steps.undo import CloseUndo, OpenUndo, Sweep, UndoDatabaseStep, UndoDataStep
from tests.unit.core.make import FOLDER
from tests.unit.run.bench import Bench

UP = ["make /project/volumes/db", StartDatabase.title, AwaitDatabase.title, MakeShadow.title, Discard.title]

# One step of each family; what an act does with its steps is in the tests of that act.
FAMILIES: list[tuple[Step, str]] = [
    (Kill(), "kill"),
    (PrintUpgradeSql("a1", "heads"), "sql a1:heads"),
    (AwaitEdit("c3", "/project/c3.py"), "edit /project/c3.py"),
    (DropShadow(), "drop ddsurveys__shadow"),
    (DropIndex("ix"), "drop index ix"),
    (CloseUndo(), f"undo data: {CloseUndo.title}"),
    (OpenUndo("merge", ("c3",), ()), f"undo databases: {OpenUndo.title}"),
    (SaveSnapshot("s"), 'snapshots: save the snapshot "s"'),
    (ConfirmSpare(("c3",)), "spares: see that it is at c3"),
    (DropSpares(("a__base",)), "drop a__base"),
    (OnThrowaway((MakeShadow(),)), f"apart: {', '.join(UP)}"),
    (Sweep(FOLDER), "sweep"),
]


@pytest.mark.parametrize(("step", "event"), FAMILIES)
def test_each_step_goes_to_the_act_of_its_family(bench: Bench, step: Step, event: str) -> None:
    assert bench.run(step) == [event]


def test_every_family_has_its_act() -> None:
    """`assert_never` makes mypy find a step without a family; this finds one without a test."""
    families: list[Any] = [
        LifecycleStep, MigrationStep, RehearsalStep, RevisionStep, CheckStep, UndoDataStep, UndoDatabaseStep,
        SnapshotStep, SpareStep, SpareDatabaseStep, OnThrowaway, Sweep,
    ]  # fmt: skip
    of_each = [family for family in families if any(isinstance(step, family) for step, _ in FAMILIES)]
    assert of_each == families
    assert {kind for family in families for kind in typing.get_args(family) or (family,)} == set(typing.get_args(Step))


def test_lastly_runs_whatever_happened_before(bench: Bench) -> None:
    bench.world.fails = "start database"
    bench.refusal(Kill(), StartDatabase(), AwaitDatabase(1), lastly=(Discard(),))
    assert bench.world.events == ["kill", "start database", "discard"]


def test_where_the_proof_fails_nothing_is_cleaned_up_on_a_server_of_others(bench: Bench) -> None:
    bench.world.fails = "prove"
    bench.refusal(ProveOwnership(), MakeShadow(), lastly=(DropShadow(),))
    assert bench.world.events == ["prove"]


def test_nothing_runs_after_a_failure(bench: Bench) -> None:
    bench.world.fails = "kill"
    bench.refusal(Kill(), StartDatabase())
    assert bench.world.events == ["kill"]
    assert [step.outcome for step in bench.report.steps] == ["FAILED"]


def test_what_a_sweep_leaves_is_a_warning_and_no_failure(bench: Bench) -> None:
    bench.left = ("/project/volumes/.db.wipe could not be deleted",)
    bench.run(Sweep(FOLDER), StartDatabase())
    assert bench.report.fields["warnings"] == ["/project/volumes/.db.wipe could not be deleted"]
