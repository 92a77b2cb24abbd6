"""The order of a rehearsal, on fakes, and what its failures say."""

from dataclasses import replace

import pytest

from nox_alembic.core.catalogue import Catalogue, Item
from nox_alembic.core.errors import FailedError
from nox_alembic.core.steps.migration import AwaitEdit, Downgrade, Migrate, Rehearse
from nox_alembic.run.acts.rehearsal import REPLAYED_AT_MOST, Rehearsed
from tests.unit.core.make import chain, told
from tests.unit.fakes import FakeEngine, World
from tests.unit.run.bench import Bench

STEP = Rehearse("b2", ("c3",), ("c3",))
TABLE, TYPE = Item("table", "t1"), Item("type", "provider", {"labels": "card"})


def of(*items: Item, **rows: int) -> Catalogue:
    return Catalogue(items={(item.kind, item.name): item for item in items}, rows=rows)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.world.current = ("c3",)
    return bench


def rehearse(bench: Bench, step: Rehearse = STEP) -> Rehearsed:
    return bench.rehearsal.rehearse(step)


REPLAYED = [
    "create shadow of ddsurveys for reset from nothing",
    "upgrade ddsurveys__shadow to b2",
    "read ddsurveys__shadow",
    "upgrade ddsurveys__shadow to c3",
    "read ddsurveys__shadow",
    "drop ddsurveys__shadow",
]


def test_everything_happens_on_a_copy_and_on_a_shadow_that_are_dropped(bench: Bench) -> None:
    assert rehearse(bench) == Rehearsed()
    assert bench.world.events == [
        *REPLAYED,
        "copy ddsurveys for a rehearsal by pg_dump",
        "read all of copy",
        "downgrade copy to b2",
        "read copy",
        "upgrade copy to c3",
        "read all of copy",
        "drop the copy",
    ]


def test_on_a_throw_away_server_the_copy_is_of_the_one_in_whose_place_it_is(bench: Bench) -> None:
    bench.origin = FakeEngine(World())
    assert rehearse(bench) == Rehearsed()
    load = "load ddsurveys for a rehearsal by psql"
    assert bench.world.events[: len(REPLAYED) + 2] == [*REPLAYED, load, "read all of copy"]


def test_what_stays_behind_what_is_lost_and_what_is_otherwise_are_told_apart(bench: Bench) -> None:
    wider = replace(TYPE, traits={"labels": "card, bank"})
    bench.world.catalogues = [
        of(TABLE),
        of(TABLE, TYPE),
        of(TABLE, TYPE, t1=7),
        of(TABLE, TYPE),
        of(TABLE, wider, t1=0),
    ]
    assert rehearse(bench) == Rehearsed(
        lost=("table t1: 7 rows before, 0 after",),
        changed=("type provider: labels card before, card, bank after",),
        behind=("type provider stays behind",),
    )


def test_before_an_edit_only_the_data_counts_as_lost(bench: Bench) -> None:
    full = of(Item("table", "t1"), Item("table", "t2"), TYPE, t1=7, t2=0)
    bench.world.catalogues = [of(), full, full, of()]
    assert rehearse(bench, Rehearse("b2", ("c3",))).lost == ("table t1 is gone, with 7 rows",)
    assert bench.world.events[-3:] == ["downgrade copy to b2", "read all of copy", "drop the copy"]


def test_a_long_history_is_not_replayed(bench: Bench) -> None:
    keys = [f"r{number}" for number in range(REPLAYED_AT_MOST + 1)]
    bench.history = chain(*keys)
    seen = rehearse(bench, Rehearse(keys[-2], (keys[-1],), (keys[-1],)))
    assert seen.unknown == "201 revisions would have to be replayed"
    assert "create shadow of ddsurveys for reset from nothing" not in bench.world.events


def test_a_history_that_does_not_replay_is_no_failure(bench: Bench) -> None:
    bench.world.fails = "upgrade ddsurveys__shadow to b2"
    seen = rehearse(bench)
    assert seen.unknown == "the history does not replay from nothing: upgrade ddsurveys__shadow to b2 failed"
    assert "drop ddsurveys__shadow" in bench.world.events


def failure(bench: Bench, step: Rehearse = STEP) -> tuple[str, str, str]:
    with pytest.raises(FailedError) as error:
        rehearse(bench, step)
    assert bench.world.events[-1] == "drop the copy"
    return told(error)


def test_a_way_down_that_fails(bench: Bench) -> None:
    bench.world.fails = "downgrade copy to a1"
    assert failure(bench, Rehearse("a1", ("c3", "b2"), ("c3",))) == (
        "NA435",
        FAILED.format("down", "downgrade copy to a1"),
        "correct its downgrade(), then `nox -s reapply -- b2`",
    )


FAILED = "the rehearsal on a copy failed on the way {}, and nothing has touched the database: {} failed"
UP = FAILED.format("up again", "upgrade copy to c3")


def test_a_way_up_that_fails(bench: Bench) -> None:
    bench.world.fails = "upgrade copy to c3"
    assert failure(bench) == ("NA435", UP, "correct the script, then `nox -s reapply`")


def test_a_way_up_that_fails_names_what_the_downgrade_left_behind(bench: Bench) -> None:
    bench.world.fails = "upgrade copy to c3"
    bench.world.catalogues = [of(), of(TYPE), of(TYPE), of(TYPE)]
    hint = "type provider stays behind: take back in downgrade() what it leaves behind, then `nox -s reapply`"
    assert failure(bench) == ("NA435", UP, hint)


def test_a_downgrade_that_does_not_commit_is_noticed(bench: Bench) -> None:
    bench.world.forgets = True
    assert failure(bench) == (
        "NA435",
        "the rehearsal ended without an error, and yet c3 is still applied in the copy",
        "look at `run_migrations_online` in env.py: does it commit?",
    )


def test_a_rehearsal_asks_for_what_is_lost_and_only_then_the_database_is_touched(bench: Bench) -> None:
    table = Item("table", "t1")
    before = Catalogue(items={("table", "t1"): table}, rows={"t1": 7})
    after = Catalogue(items={("table", "t1"): table}, rows={"t1": 0})
    bench.world.current = ("c3",)
    bench.world.catalogues = [Catalogue(), Catalogue(), before, Catalogue(), after]
    events = bench.run(Rehearse("b2", ("c3",), ("c3",)), Downgrade("b2", ("c3",)))
    assert events[-5:] == [
        "drop the copy",
        "consent to: table t1: 7 rows before, 0 after",
        "lock",
        "downgrade b2",
        "unlock",
    ]
    assert bench.report.fields["rehearsal"] == {
        "lost": ["table t1: 7 rows before, 0 after"],
        "changed": [],
        "left_behind": [],
    }


def test_a_rehearsal_without_a_loss_asks_nobody(bench: Bench) -> None:
    bench.world.current = ("c3",)
    assert not any("consent" in event for event in bench.run(Rehearse("b2", ("c3",), ("c3",))))


def test_an_edited_script_is_applied_by_the_history_that_is_read_again(bench: Bench) -> None:
    bench.world.current = ("c3",)
    steps = (AwaitEdit("d4", "/project/d4.py"), Migrate("d4", reread=True))
    assert bench.run(*steps) == ["edit /project/d4.py", "lock", "upgrade d4", "unlock"]
    assert "warnings" not in bench.report.fields


def test_a_script_that_was_not_edited_is_told(bench: Bench) -> None:
    bench.world.edited = False
    bench.run(AwaitEdit("c3", "/project/c3.py"))
    assert bench.report.fields["warnings"] == ["/project/c3.py has not changed: it is applied again as it was"]


def test_a_revision_that_the_edit_has_removed_is_not_silently_left_out(bench: Bench) -> None:
    error = bench.refusal(AwaitEdit("e5", "/project/e5.py"))
    assert (error.id, error.message, error.hint) == (
        "NA439",
        "the revision e5, up to which the database is to go again, is in no file any more",
        "`nox -s migrate` goes up to the head that there is now",
    )
