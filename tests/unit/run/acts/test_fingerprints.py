"""Fingerprints of what is applied: intended before an upgrade, written after it, and true also when it was cut off."""

from nox_alembic.core.steps.migration import CopyRevisionFiles, Downgrade, Migrate
from tests.unit.run.bench import Bench


def test_an_upgrade_is_intended_before_it_runs_and_recorded_after_it(bench: Bench) -> None:
    bench.world.current, bench.fingerprints.recorded = ("a1",), {"a1": "as applied"}
    bench.world.fails = "upgrade heads"
    bench.refusal(Migrate("heads"))
    kept = {"b2": "bytes of b2", "c3": "bytes of c3"}
    assert (bench.fingerprints.recorded, bench.fingerprints.intentions) == ({"a1": "as applied"}, kept)
    bench.world.fails = ""
    bench.run(Migrate("heads"))
    assert (bench.fingerprints.recorded, bench.fingerprints.intentions) == ({"a1": "as applied", **kept}, {})


def test_a_run_that_was_cut_off_is_recorded_by_the_next_with_what_it_intended(bench: Bench) -> None:
    """The file may have been edited since; and what nobody intended is taken as it is now."""
    bench.world.current, bench.fingerprints.intentions = ("b2",), {"b2": "as intended", "c3": "never applied"}
    assert bench.run(CopyRevisionFiles()) == ["lock", "unlock"]
    assert (bench.fingerprints.recorded, bench.fingerprints.intentions) == (
        {"a1": "bytes of a1", "b2": "as intended"},
        {},
    )


def test_what_a_downgrade_takes_back_has_no_record_any_more(bench: Bench) -> None:
    bench.world.current, bench.fingerprints.recorded = ("c3",), {"a1": "1", "b2": "2", "c3": "3"}
    bench.run(Downgrade("b2", ("c3",)))
    assert bench.fingerprints.recorded == {"a1": "1", "b2": "2"}


def test_no_room_for_copies_is_a_warning_and_no_failure(bench: Bench) -> None:
    bench.kept.full = True
    assert "upgrade heads" in bench.run(Migrate("heads"))
    assert bench.fingerprints.recorded == {}
    assert (
        bench.report.fields["warnings"]
        == ["no copies of revision files are kept: [Errno 28] No space left on device"] * 2
    )
