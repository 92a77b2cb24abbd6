"""The order of each verb that starts, stops or begins anew: build facts, call the recipe, compare the plan."""

from dataclasses import replace
from typing import Any

import pytest

from nox_alembic.core.copies.spares import Spare, Spares
from nox_alembic.core.copies.undo import UndoEntry, UndoLog
from nox_alembic.core.errors import PreconditionError, RefusedError, UsageError
from nox_alembic.core.facts import DataLocation, Facts
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    Discard,
    DiscardData,
    Down,
    Kill,
    MakeFolder,
    ProvideImages,
    RunTests,
    Seed,
    StartDatabase,
    StartServices,
    Stop,
)
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.spares import ConfirmSpare, EndMaking
from nox_alembic.core.steps.undo import CloseUndo, ConfirmNew, NoteMade, SetDataAside, Sweep, UseSpare
from nox_alembic.core.verbs import Options, lifecycle, reset
from nox_alembic.core.verbs import spares as sparing
from tests.unit.core.make import COPY, FOLDER, KEPT, NEEDS, SEED, SPARE, config, engine, facts, told, up

READY = replace(SPARE, name=".db.ready", kind="ready")


def spared(*found: Spare, **fields: Any) -> Facts:
    """Everything is up, and there are these spares."""
    return up(spares=Spares(needs=NEEDS, found=found), **fields)


def test_reset_with_a_seeded_spare_migrates_and_seeds_nothing() -> None:
    plan = reset.reset(config(), spared(SPARE, READY), Options())
    assert plan == Plan(
        steps=(
            Kill(),
            UseSpare(FOLDER, READY, SetDataAside(FOLDER, "reset", ("c3",))),
            StartDatabase(),
            Sweep(FOLDER),
            AwaitDatabase(60),
            ConfirmSpare(("c3",)),
            NoteMade(),
            StartServices(("backend",)),
            AwaitBackend(60),
            CloseUndo(),
        ),
        destroys="the database in /project/volumes/db",
    )


def test_data_that_cannot_be_renamed_is_deleted_in_its_place_and_the_question_says_so() -> None:
    fixed = "this user may not rename anything in /project/volumes"
    plan = reset.reset(config(), spared(READY, fixed=fixed), Options())
    assert SetDataAside(FOLDER, "reset", ("c3",), keeps=False) in plan.steps
    assert plan.destroys == f"the database in /project/volumes/db, and no `undo` brings it back: {fixed}"
    gone = f"what the database holds goes, and no `undo` brings it back: {fixed}"
    assert plan.notes == (gone, f"without the spare: {fixed}")


def test_reset_with_a_base_migrates_what_it_lacks_and_seeds() -> None:
    older = replace(SPARE, heads=("b2",), needs=replace(NEEDS, files={"a1": "A", "b2": "B"}))
    steps = reset.reset(config(), spared(older), Options()).steps
    assert steps[5:8] == (
        ConfirmSpare(("b2",), pending=True),
        Migrate("heads", ("c3",), seed_later=True),
        Seed(SEED),
    )


def test_reset_without_seed_uses_the_base_and_leaves_no_note_that_would_seed_it_later() -> None:
    steps = reset.reset(config(), spared(SPARE, READY), Options(seed=False)).steps
    assert steps[1] == UseSpare(FOLDER, SPARE, SetDataAside(FOLDER, "reset", ("c3",)))
    assert steps[5] == ConfirmSpare(("c3",), pending=False)
    assert not any(isinstance(step, Seed | Migrate) for step in steps)


def test_reset_to_an_older_revision_uses_no_spare_that_is_beyond_it() -> None:
    plan = reset.reset(config(), spared(SPARE, READY), Options(revision="b2"))
    assert SetDataAside(FOLDER, "reset", ("c3",)) in plan.steps
    assert plan.notes == (
        "stops at b2: neither seed nor backend work before head",
        "the spare does not match: it is at c3, which is not below the target; it is made anew in the background",
    )


def test_reset_of_a_missing_data_folder_uses_the_spare_and_keeps_nothing() -> None:
    plan = reset.reset(config(), facts(spares=Spares(needs=NEEDS, found=(READY,))), Options())
    assert plan.steps[0] == UseSpare(FOLDER, READY)
    assert plan.steps[-1] == AwaitBackend(60)


def test_a_cold_reset_uses_no_spare() -> None:
    plan = reset.reset(config(), spared(SPARE, READY), Options(cold=True))
    assert plan == reset.reset(config(), up(), Options())


def test_what_a_killed_reset_has_half_made_is_not_kept_when_a_spare_takes_its_place() -> None:
    cut_off = UndoLog((replace(KEPT, open=True),))
    plan = reset.reset(config(), spared(READY, current=("a1",), undo=cut_off), Options())
    assert plan.steps[1] == UseSpare(FOLDER, READY, SetDataAside(FOLDER, "reset", ("a1",), half_made=True))


def test_reset_on_a_fresh_machine_wipes_nothing_and_asks_nothing() -> None:
    plan = reset.reset(config(), facts(), Options())
    assert plan == Plan(
        steps=(
            MakeFolder(FOLDER),
            StartDatabase(),
            Sweep(FOLDER),
            AwaitDatabase(60),
            Migrate("heads", seed_later=True),
            Seed(SEED),
            StartServices(("backend",)),
            AwaitBackend(60),
        )
    )


def test_reset_of_a_running_environment_proves_that_it_is_ours_kills_it_and_wipes_before_it_starts_anything() -> None:
    plan = reset.reset(config(), up(), Options())
    aside = SetDataAside(FOLDER, "reset", ("c3",))
    assert plan.steps[:4] == (Kill(), aside, StartDatabase(), Sweep(FOLDER))
    assert plan.steps[-1] == CloseUndo()
    assert plan.destroys == "the database in /project/volumes/db"


def test_reset_looks_whether_the_data_of_the_server_that_comes_back_is_new() -> None:
    steps = reset.reset(config(), up(cluster="7100"), Options()).steps
    assert steps[steps.index(AwaitDatabase(60)) + 1] == ConfirmNew("7100")
    spare = reset.reset(config(), spared(SPARE, READY, cluster="7100"), Options()).steps
    for unknown in (reset.reset(config(), up(), Options()).steps, spare):
        assert not any(isinstance(step, ConfirmNew) for step in unknown)


def test_reset_does_not_keep_what_is_too_large_and_says_so() -> None:
    plan = reset.reset(config(), up(data_size=3_100_000_000), Options())
    assert SetDataAside(FOLDER, "reset", ("c3",), keeps=False) in plan.steps
    assert plan.destroys == (
        "the database in /project/volumes/db, and no `undo` brings it back:"
        " 3.1 GB are more than the undo-limit of 2.0 GB"
    )


def test_reset_starts_the_backend_once_and_only_after_migration_and_seed() -> None:
    steps = reset.reset(config(), up(), Options()).steps
    assert [type(step) for step in steps].count(StartServices) == 1
    assert (
        steps.index(StartServices(("backend",)))
        > steps.index(Seed(SEED))
        > steps.index(Migrate("heads", seed_later=True))
    )


def test_reset_fetches_missing_images_before_it_touches_anything() -> None:
    seen = replace(up().engine, missing_images=("postgres:17",))
    assert reset.reset(config(), up(engine=seen), Options()).steps[0] == ProvideImages(("postgres:17",))


def test_reset_of_a_stopped_environment_has_nothing_to_kill() -> None:
    seen = engine(data_present=True)
    assert reset.reset(config(), facts(engine=seen), Options()).steps[0] == SetDataAside(FOLDER)


VOLUME = DataLocation(kind="volume", volume="dds_db")


def test_reset_sets_a_named_volume_aside_as_it_does_a_folder() -> None:
    plan = reset.reset(config(), facts(engine=engine(data_present=True, location=VOLUME)), Options())
    assert plan.steps[:3] == (SetDataAside(VOLUME), StartDatabase(), Sweep(VOLUME))
    assert plan.steps[-1] == CloseUndo()
    assert plan.destroys == "the database in volume dds_db"


def test_reset_keeps_no_volume_above_the_undo_limit() -> None:
    seen = facts(engine=engine(data_present=True, location=VOLUME), data_size=3_000_000_000)
    plan = reset.reset(config(), seen, Options())
    assert plan.steps[0] == SetDataAside(VOLUME, keeps=False)
    assert plan.destroys.endswith("and no `undo` brings it back: 3.0 GB are more than the undo-limit of 2.0 GB")


def test_reset_removes_a_volume_that_cannot_be_kept_and_says_that_it_is_for_good() -> None:
    seen = engine(data_present=True, location=VOLUME, unkept='its driver is "nfs"')
    plan = reset.reset(config(), facts(engine=seen), Options())
    assert plan.steps[:2] == (DiscardData(VOLUME), StartDatabase())
    assert not any(isinstance(step, Sweep | MakeFolder | CloseUndo) for step in plan.steps)
    assert plan.destroys == 'the database in volume dds_db, and no `undo` brings it back: its driver is "nfs"'


def test_reset_without_seed_leaves_no_note_that_would_seed_it_later() -> None:
    steps = reset.reset(config(), facts(), Options(seed=False)).steps
    assert Migrate("heads", seed_later=False) in steps
    assert not any(isinstance(step, Seed) for step in steps)


def test_reset_to_an_older_revision_stops_there_and_says_so() -> None:
    plan = reset.reset(config(), facts(), Options(revision="b2"))
    assert plan.steps[-1] == Migrate("b2", seed_later=False)
    assert plan.notes == ("stops at b2: neither seed nor backend work before head",)


def test_reset_to_the_head_by_its_id_is_a_whole_reset() -> None:
    assert AwaitBackend(60) in reset.reset(config(), facts(), Options(revision="c3")).steps


def test_reset_of_a_project_without_revisions_migrates_nothing() -> None:
    steps = reset.reset(config(), facts(history=History()), Options()).steps
    assert not any(isinstance(step, Migrate) for step in steps)


def test_an_unsafe_wipe_is_refused_by_the_plan_already() -> None:
    refusal = RefusedError("NA305", "it is a link", hint="remove it")
    with pytest.raises(RefusedError) as error:
        reset.reset(config(), up(refusal=refusal), Options())
    assert error.value is refusal


def test_reset_after_a_killed_one_does_not_keep_what_that_has_half_made() -> None:
    cut_off = UndoLog((replace(KEPT, open=True),))
    plan = reset.reset(config(), up(current=("a1",), undo=cut_off), Options())
    assert plan.steps[1] == SetDataAside(FOLDER, "reset", ("a1",), half_made=True)


@pytest.mark.parametrize("current", [("c3",), (), None])
def test_a_reset_that_did_not_end_has_left_nothing_worth_keeping_whatever_revision_it_is_at(
    current: tuple[str, ...] | None,
) -> None:
    """A seed that fails leaves the database at head; kept, it would take the place of the original."""
    failed = UndoLog((replace(KEPT, open=True),))
    plan = reset.reset(config(), up(current=current, undo=failed), Options())
    assert SetDataAside(FOLDER, "reset", current, half_made=True) in plan.steps
    assert plan.notes == (
        f"what a `reset` that did not come to its end has left is not kept: `undo` still brings back {KEPT.shown}",
    )
    nothing = facts(undo=failed)
    assert reset.reset(config(), nothing, Options()).notes == ()


@pytest.mark.parametrize("entry", [replace(KEPT, open=True, made=True), replace(KEPT, open=True, verb="undo")])
def test_what_only_the_backend_failed_on_and_what_undo_put_back_is_whole_and_kept(entry: UndoEntry) -> None:
    plan = reset.reset(config(), up(undo=UndoLog((entry,))), Options())
    assert SetDataAside(FOLDER, "reset", ("c3",)) in plan.steps
    assert plan.notes == ()


def test_dev_ends_what_a_killed_reset_began() -> None:
    assert lifecycle.dev(config(), up(undo=UndoLog((replace(KEPT, open=True),))), Options()).steps == (CloseUndo(),)
    assert lifecycle.dev(config(), up(undo=UndoLog((KEPT,))), Options()).steps == ()
    # Killed after its swap, a `reset --fast` would have what comes after `dev` counted as half made.
    swapped = UndoLog((replace(COPY, verb="reset", open=True),))
    assert lifecycle.dev(config(), up(undo=swapped), Options()).steps == (CloseUndo(),)


def test_dev_makes_anew_what_a_reset_has_left_that_was_not_initialised_to_its_end() -> None:
    failed = UndoLog((replace(KEPT, open=True),))
    seen = facts(engine=engine(data_present=True, database_running=True), undo=failed, blank=True)
    assert lifecycle.dev(config(), seen, Options()) == Plan(
        steps=(
            Kill(),
            SetDataAside(FOLDER, "dev", None, half_made=True),
            MakeFolder(FOLDER),
            StartDatabase(),
            AwaitDatabase(60),
            Migrate("heads", seed_later=True),
            Seed(SEED),
            NoteMade(),
            StartServices(("backend",)),
            AwaitBackend(60),
            CloseUndo(),
            Sweep(FOLDER),
        ),
        notes=("the data in /project/volumes/db was not initialised to its end: it is made anew",),
    )


def test_dev_notes_that_it_has_finished_the_data_of_a_reset_before_it_starts_the_backend() -> None:
    failed = UndoLog((replace(KEPT, open=True),))
    steps = lifecycle.dev(config(), up(undo=failed, seed_pending=True, healthy=False), Options()).steps
    assert steps == (Seed(SEED), NoteMade(), AwaitBackend(60), CloseUndo())
    made = failed.marked_made()
    assert NoteMade() not in lifecycle.dev(config(), up(undo=made, healthy=False), Options()).steps


def test_dev_on_a_fresh_machine_starts_migrates_and_seeds() -> None:
    assert lifecycle.dev(config(), facts(), Options()).steps == (
        MakeFolder(FOLDER),
        StartDatabase(),
        AwaitDatabase(60),
        Migrate("heads", seed_later=True),
        Seed(SEED),
        StartServices(("backend",)),
        AwaitBackend(60),
    )


def test_dev_does_not_know_where_a_database_is_that_is_down() -> None:
    down = facts(engine=engine(data_present=True))
    assert Migrate("heads", seed_later=True, unseen=True) in lifecycle.dev(config(), down, Options()).steps


def test_dev_changes_nothing_when_everything_is_right() -> None:
    assert lifecycle.dev(config(), up(), Options()) == Plan(notes=("everything is up and at c3 (make c3)",))


def test_dev_applies_what_is_pending_to_a_running_database() -> None:
    assert lifecycle.dev(config(), up(current=("a1",)), Options()).steps == (Migrate("heads", ("b2", "c3")),)


def test_dev_seeds_a_database_whose_seed_was_cut_off() -> None:
    assert lifecycle.dev(config(), up(seed_pending=True), Options()).steps == (Seed(SEED),)


def test_dev_waits_for_a_backend_that_runs_and_is_not_healthy_yet() -> None:
    assert lifecycle.dev(config(), up(healthy=False), Options()).steps == (AwaitBackend(60),)


def test_dev_starts_only_what_is_stopped() -> None:
    seen = replace(up().engine, services=("backend", "redis"), stopped=("redis",))
    assert lifecycle.dev(config(), up(engine=seen), Options()).steps == (StartServices(("redis",)),)


def test_dev_says_why_the_data_does_not_fit_the_server() -> None:
    with pytest.raises(PreconditionError) as error:
        lifecycle.dev(config(), facts(engine=engine(problem="the data is of PostgreSQL 15")), Options())
    assert told(error) == ("NA124", "the data is of PostgreSQL 15", "`nox -s reset` starts afresh")


def test_reset_is_the_cure_for_data_that_does_not_fit_the_server() -> None:
    seen = engine(problem="the data is of PostgreSQL 15", data_present=True)
    assert SetDataAside(FOLDER) in reset.reset(config(), facts(engine=seen), Options()).steps


def test_down_stops_what_runs() -> None:
    assert lifecycle.down(config(), up(), Options()).steps == (Down(),)


def test_down_leaves_the_containers_of_what_has_no_other_home() -> None:
    seen = replace(up().engine, homeless=("db (the data in its container)", "cache (/data)"))
    plan = lifecycle.down(config(), up(engine=seen), Options())
    assert plan.steps == (Stop(("db (the data in its container)", "cache (/data)")),)
    (said,) = plan.notes
    assert said == (
        "no folder and no named volume of the project is mounted for all of its data: the containers are stopped, and"
        " not removed, so that it stays"
    )
    assert plan.steps[0].title == (
        "stop all, and keep the containers, which have data: db (the data in its container), cache (/data)"
    )


def test_down_says_that_data_in_memory_goes() -> None:
    seen = replace(up().engine, location=DataLocation(kind="container"))
    plan = lifecycle.down(config(), up(engine=seen), Options())
    assert plan == Plan(steps=(Down(),), notes=("the data of the database is in memory, and goes",))


def test_down_ends_who_makes_spares_first_since_that_would_start_servers_again() -> None:
    assert lifecycle.down(config(), up(maker=7), Options()).steps == (EndMaking(), Down())
    assert lifecycle.down(config(), facts(maker=7), Options()) == Plan(steps=(EndMaking(),))


def test_no_spare_is_made_in_the_background_of_an_environment_that_was_stopped() -> None:
    seen = facts(spares=Spares(needs=NEEDS))
    plan = sparing.spare(config(), seen, Options(background=True))
    assert plan == Plan(notes=("no spare is made: the environment was stopped",))
    assert sparing.spare(config(), seen, Options()).steps != ()


def test_down_of_nothing_says_so() -> None:
    assert lifecycle.down(config(), facts(), Options()) == Plan(notes=("nothing is running",))


def test_the_test_environment_is_removed_whatever_happens() -> None:
    nothing = DataLocation(kind="container")
    plan = lifecycle.test(config(), facts(engine=engine(location=nothing)), Options(arguments=("-k", "one")))
    assert plan == Plan(
        steps=(
            StartDatabase(),
            AwaitDatabase(60),
            Migrate("heads"),
            RunTests(("python", "-m", "pytest", "-k", "one")),
        ),
        lastly=(Discard(),),
    )


def test_the_tests_need_a_command() -> None:
    with pytest.raises(UsageError) as error:
        lifecycle.test(config(test_command=()), facts(), Options())
    assert told(error) == (
        "NA008",
        'there is no "test-command" in [tool.nox-alembic] of pyproject.toml',
        'add `test-command = "python -m pytest"` to it',
    )
