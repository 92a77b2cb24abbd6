"""In which order a snapshot is saved and restored, and what is refused before anything is changed."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies.snapshots import Damaged, Shelf, Snapshot
from nox_alembic.core.copies.space import Room
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import AwaitBackend, StartServices, StopBackend
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.snapshots import CheckSnapshot, ClearLeftovers, DeleteSnapshots, LoadSnapshot, SaveSnapshot
from nox_alembic.core.steps.undo import CloseUndo, SwapDatabases
from nox_alembic.core.verbs import Options, snapshots
from tests.unit.core.make import SAVED, TWO_HEADS, config, facts, told, up

BEHIND = replace(SAVED, revisions=("a1",), seed="pending")
SWAP = SwapDatabases("ddsurveys", "snapshot restore", ("c3",))


def seen(*shelf: Snapshot, **fields: object) -> Facts:
    return up(shelf=Shelf(shelf), server_version="18.6", **fields)


def restored(world: Facts, **options: object) -> Plan:
    return snapshots.restore(config(), world, Options(snapshot="before-rooms", **options))  # type: ignore[arg-type]


def test_a_save_is_one_step() -> None:
    assert snapshots.save(config(), seen(), Options(snapshot="x")) == Plan((SaveSnapshot("x"),))


def test_a_restore_is_checked_loaded_and_only_then_swapped_with_the_backend_restarted_once() -> None:
    plan = restored(seen(SAVED))
    assert plan.steps == (
        CheckSnapshot(SAVED),
        LoadSnapshot(SAVED),
        StopBackend(),
        SWAP,
        StartServices(("backend",)),
        AwaitBackend(60),
        CloseUndo(),
    )
    assert plan.destroys == 'what is in the database "ddsurveys" now, which `undo` brings back'
    assert plan.notes == ()


def test_a_snapshot_behind_head_comes_back_without_a_backend_that_could_not_use_it() -> None:
    plan = restored(seen(BEHIND))
    assert plan.steps[:-1] == (CheckSnapshot(BEHIND), LoadSnapshot(BEHIND), StopBackend(), SWAP)
    assert plan.notes == (
        "the snapshot is 2 behind head: `nox -s migrate` upgrades it, `nox -s dev` starts the backend, too",
    )


def test_a_database_above_the_limit_is_not_kept_and_that_is_asked_for() -> None:
    plan = restored(seen(SAVED, room=Room(size=3_100_000_000)))
    assert replace(SWAP, keeps=False) in plan.steps
    assert plan.destroys == (
        'what is in the database "ddsurveys" now, and no `undo` brings it back: 3.1 GB are more than the undo-limit'
        " of 2.0 GB"
    )


def test_it_is_migrated_where_that_is_asked_for() -> None:
    plan = restored(seen(BEHIND), migrate=True)
    assert plan.steps[3:-1] == (SWAP, Migrate("heads", ("b2", "c3")), StartServices(("backend",)), AwaitBackend(60))
    assert plan.notes == ()


def test_there_is_nothing_to_migrate_at_head() -> None:
    assert restored(seen(SAVED), migrate=True) == restored(seen(SAVED))


def test_a_backend_that_does_not_run_is_left_alone() -> None:
    world = seen(SAVED)
    stopped = replace(world.engine, backend=replace(world.engine.backend, running=False), stopped=("backend",))
    assert restored(replace(world, engine=stopped)).steps == (
        CheckSnapshot(SAVED),
        LoadSnapshot(SAVED),
        SWAP,
        CloseUndo(),
    )


def test_a_snapshot_of_another_branch_comes_back_with_a_word_of_caution() -> None:
    plan = restored(seen(replace(SAVED, revisions=("x9",), branch="rooms")))
    assert plan.steps[-2:] == (SWAP, CloseUndo())
    assert plan.notes == ("the snapshot is at x9, which has no file on this branch: `git switch rooms`",)


def test_what_a_killed_run_has_left_is_removed_first() -> None:
    assert restored(seen(SAVED, left=("ddsurveys__new",))).steps[0] == ClearLeftovers()
    world = up(shelf=Shelf(leftovers=(".x.01234567.partial",)))
    assert snapshots.save(config(), world, Options(snapshot="x")).steps == (ClearLeftovers(), SaveSnapshot("x"))


def test_a_snapshot_is_deleted_also_while_the_database_is_down() -> None:
    plan = snapshots.delete(config(), facts(shelf=Shelf((SAVED,))), Options(snapshot="before-rooms"))
    shown = '"before-rooms" of 2026-11-25T20:00:00.000Z (1.2 MB, at c3)'
    assert plan == Plan((DeleteSnapshots(("before-rooms",)),), destroys=f"the snapshot {shown}")


def test_a_damaged_snapshot_can_be_deleted() -> None:
    plan = snapshots.delete(config(), facts(shelf=Shelf((), (Damaged("cut", "gone"),))), Options(snapshot="cut"))
    assert plan == Plan((DeleteSnapshots(("cut",)),), destroys='the snapshot "cut", which is damaged')


def test_pruning_deletes_all_but_the_newest() -> None:
    newer = replace(SAVED, name="newer", at="2026-11-26T20:00:00.000Z")
    plan = snapshots.prune(config(), seen(SAVED, newer), Options(keep=1))
    assert plan.steps == (DeleteSnapshots(("before-rooms",)),)
    assert plan.destroys.startswith('the snapshot "before-rooms" of ')
    assert snapshots.prune(config(), seen(SAVED, newer), Options(keep=0)).destroys.startswith('the snapshots "')
    nothing = snapshots.prune(config(), seen(SAVED), Options(keep=1))
    assert nothing == Plan(notes=("nothing to delete: `--keep 1` keeps all there are",))


REFUSALS = [
    (seen(SAVED), {"snapshot": "a/b"}, "NA601"),
    (seen(), {"snapshot": "x"}, "NA602"),
    (up(shelf=Shelf((), (Damaged("x", "gone"),))), {"snapshot": "x"}, "NA603"),
    (seen(replace(SAVED, server_version="19.1")), {"snapshot": "before-rooms"}, "NA605"),
    (seen(replace(SAVED, revisions=("x9",))), {"snapshot": "before-rooms", "migrate": True}, "NA606"),
    (facts(shelf=Shelf((SAVED,))), {"snapshot": "before-rooms"}, "NA202"),
    (seen(BEHIND, history=TWO_HEADS), {"snapshot": "before-rooms", "migrate": True}, "NA403"),
]


@pytest.mark.parametrize(("world", "options", "id_"), REFUSALS)
def test_a_restore_is_refused_before_anything_is_changed(world: Facts, options: dict[str, object], id_: str) -> None:
    with pytest.raises(NoxAlembicError) as error:
        snapshots.restore(config(), world, Options(**options))  # type: ignore[arg-type]
    assert told(error)[0] == id_


def test_a_protected_environment_loses_neither_data_nor_snapshots_and_may_be_saved() -> None:
    options = Options(snapshot="before-rooms", keep=0)
    for recipe in (snapshots.restore, snapshots.delete, snapshots.prune):
        with pytest.raises(NoxAlembicError) as error:
            recipe(config(protected=True), seen(SAVED), options)
        assert told(error)[0] == "NA013"
    assert snapshots.save(config(protected=True), seen(), Options(snapshot="x")).steps == (SaveSnapshot("x"),)
