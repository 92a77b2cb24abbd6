"""The database moved along its history: under the lock, with a second look before and after."""

from nox_alembic.core.errors import FindingError
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.steps.lifecycle import StartDatabase
from nox_alembic.core.steps.migration import ApplyRevision, Downgrade, DowngradeOrphans, Migrate, PrintUpgradeSql
from tests.unit.core.make import orphan
from tests.unit.run.bench import Bench

ORPHANS = Orphans(found=(orphan("x2", "x1"), orphan("x1", "b2")))


def test_the_sql_of_an_upgrade_is_printed_and_nothing_is_changed(bench: Bench) -> None:
    assert bench.run(PrintUpgradeSql("a1", "heads")) == ["sql a1:heads"]


def test_a_migration_runs_under_the_lock_and_notes_that_the_seed_is_to_come(bench: Bench) -> None:
    assert bench.run(Migrate("heads", seed_later=True)) == ["lock", "upgrade heads", "unlock"]
    assert bench.world.notes == {"seed": "pending"}


def test_a_database_with_a_history_is_not_new_and_gets_no_note(bench: Bench) -> None:
    bench.world.current = ("a1",)
    bench.run(Migrate("heads", seed_later=True))
    assert bench.world.notes == {}


def test_what_another_run_has_applied_meanwhile_is_not_applied_again(bench: Bench) -> None:
    bench.world.current = ("c3",)
    assert bench.run(Migrate("heads", ("c3",))) == ["lock", "unlock"]
    assert bench.report.steps[0].outcome == "not needed"


def test_a_migration_that_does_not_commit_is_noticed(bench: Bench) -> None:
    bench.world.forgets = True
    error = bench.refusal(Migrate("heads"))
    assert str(error) == (
        "NA406: the migration ended without an error, and yet the database has a1, b2, c3 not applied after the upgrade"
    )


def test_a_downgrade_that_does_not_commit_is_noticed(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("c3",), True
    assert bench.refusal(Downgrade("b2", ("c3",))).message.endswith("c3 still applied after the downgrade")


def test_a_downgrade_runs_under_the_lock(bench: Bench) -> None:
    bench.world.current = ("c3",)
    assert bench.run(Downgrade("b2", ("c3",))) == ["lock", "downgrade b2", "unlock"]


def test_a_revision_that_appeared_between_look_and_lock_is_refused(bench: Bench) -> None:
    bench.world.current = ("zz",)
    assert isinstance(bench.refusal(Migrate("heads")), FindingError)


def test_what_only_the_started_database_shows_gives_another_plan_and_not_a_refusal(bench: Bench) -> None:
    bench.world.current = ("zz",)
    assert bench.planned_again(Migrate("heads", unseen=True), StartDatabase())
    assert bench.world.events == ["lock", "unlock"]
    assert bench.report.steps[0].outcome == "not yet: the database has revisions without a file here"


def test_a_new_revision_is_applied_by_the_history_that_has_it(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("c3",), True
    error = bench.refusal(ApplyRevision())
    assert "d4 not applied after the upgrade" in error.message


def test_revisions_of_another_branch_are_taken_back_by_their_files(bench: Bench) -> None:
    bench.world.current, bench.fingerprints.recorded = ("x2",), {"a1": "1", "b2": "2", "x1": "3", "x2": "4"}
    assert bench.run(DowngradeOrphans(ORPHANS)) == ["lock", "downgrade x1@b2 x2.py x1.py", "unlock"]
    assert bench.fingerprints.recorded == {"a1": "1", "b2": "2"}


def test_what_another_run_has_taken_back_meanwhile_is_not_taken_back_again(bench: Bench) -> None:
    bench.world.current = ("b2",)
    bench.run(DowngradeOrphans(ORPHANS))
    assert bench.report.steps[0].outcome == "not needed"


def test_a_script_of_another_branch_that_fails_says_what_is_applied_now(bench: Bench) -> None:
    bench.world.current, bench.world.fails = ("x2",), "downgrade x1@b2 x2.py x1.py"
    error = bench.refusal(DowngradeOrphans(ORPHANS))
    assert (error.id, error.message, error.hint) == (
        "NA440",
        "downgrade x1@b2 x2.py x1.py failed; the database is now at x2",
        "correct its downgrade after `git switch feature`, or `nox -s reset` makes a fresh database",
    )
    assert bench.world.events[-1] == "downgrade x1@b2 x2.py x1.py"


def test_a_script_of_another_branch_that_changes_nothing_is_noticed(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("x2",), True
    assert bench.refusal(DowngradeOrphans(ORPHANS)).message.endswith("x2 still applied after the downgrade")


def test_a_new_head_that_fails_to_apply_has_a_way_back(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("c3",), True
    error = bench.refusal(ApplyRevision("that undoes it"))
    assert error.hint == "look at `run_migrations_online` in env.py: does it commit?; that undoes it"


def test_the_first_migration_of_fresh_data_records_what_the_server_has(bench: Bench) -> None:
    bench.cluster.plain = False
    assert bench.run(Migrate("heads"))[-2:] == ["record ddsurveys, not plain", "unlock"]
