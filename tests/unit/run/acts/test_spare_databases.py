"""A new database beside the real one: what fails in it has touched nothing."""

import pytest

from nox_alembic.core.steps import Step
from nox_alembic.core.steps.lifecycle import KillServices
from nox_alembic.core.steps.spare_databases import DropSpares, KeepSpare, MakeNew, MigrateNew, SeedNew
from tests.unit.core.make import SEED
from tests.unit.run.bench import Bench

CALLS: list[tuple[Step, str]] = [
    (MakeNew(), "create new of ddsurveys for reset from nothing"),
    (MakeNew("ddsurveys__spare"), "create new of ddsurveys for reset from ddsurveys__spare"),
    (MakeNew(apart=True), "create making of ddsurveys for reset from nothing"),
    (KeepSpare(("c3",), "digest"), "keep spare at c3"),
    (KeepSpare(("c3",), "digest", apart=True), "keep spare at c3 apart"),
    (KeepSpare(("c3",), "digest", seeded=True), "keep spare at c3 seeded"),
    (DropSpares(("a__base", "a__spare")), "drop a__base,a__spare"),
]


@pytest.mark.parametrize(("step", "event"), CALLS)
def test_each_step_is_one_call_of_one_edge(bench: Bench, step: Step, event: str) -> None:
    assert bench.run(step) == [event]


def test_a_new_database_is_migrated_by_an_alembic_that_cannot_reach_the_real_one(bench: Bench) -> None:
    bench.cluster.plain = True
    assert bench.run(MigrateNew("heads", ("c3",))) == [
        "lock",
        "upgrade ddsurveys__new to heads",
        "record ddsurveys__new",
        "unlock",
    ]


def test_a_history_that_does_not_replay_has_touched_nothing(bench: Bench) -> None:
    bench.world.fails = "upgrade ddsurveys__new to heads"
    error = bench.refusal(MigrateNew("heads"), KillServices())
    assert (error.id, error.message, error.hint) == (
        "NA661",
        f"the history does not replay in a new database, and the real one was not touched: {bench.world.fails} failed",
        "correct it and repeat, or `nox -s reset` without `--fast` wipes the data instead",
    )


def test_a_new_database_is_seeded_where_it_is_and_says_so(bench: Bench) -> None:
    assert bench.run(SeedNew(SEED)) == ["command python -m ddsurveys.seed quiet"]
    assert bench.commands.addresses[0].name == "ddsurveys__new"
    assert bench.world.notes == {"seed": "done"}


def test_a_seed_that_fails_in_a_new_database_has_touched_nothing(bench: Bench) -> None:
    bench.world.command_code = 3
    error = bench.refusal(SeedNew(SEED), KillServices())
    assert (error.id, error.message, error.hint) == (
        "NA662",
        "the seed command `python -m ddsurveys.seed` ended with 3 in a new database beside the real one",
        "correct it and repeat, or `nox -s reset` without `--fast` wipes the data instead",
    )


def test_the_backend_is_ended_while_the_spare_database_is_copied(bench: Bench) -> None:
    copied = "create new of ddsurveys for reset from ddsurveys__spare"
    assert sorted(bench.run(MakeNew("ddsurveys__spare", kills=True))) == [copied, "kill services"]


def test_a_spare_database_is_made_beside_whatever_a_verb_makes(bench: Bench) -> None:
    assert bench.run(MigrateNew("heads", apart=True))[1] == "upgrade ddsurveys__making to heads"
    assert bench.run(SeedNew(SEED, apart=True))[-1] == "command python -m ddsurveys.seed quiet"
    assert bench.commands.addresses[0].name == "ddsurveys__making"
