"""The seed, and whether the database that it was given has a trace of it."""

from dataclasses import replace

import pytest

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.steps.lifecycle import Seed
from nox_alembic.core.traces import Counters, without_trace
from nox_alembic.run.acts import seeding
from tests.unit.core.make import ADDRESS, SEED, config
from tests.unit.run.bench import Bench

GIVEN = {
    "DATABASE_URL": "postgresql+psycopg2://dds:***@127.0.0.1:5432/ddsurveys",
    "PGHOST": "127.0.0.1",
    "PGPORT": "5432",
    "PGUSER": "dds",
    "PGDATABASE": "ddsurveys",
}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(seeding, "PATIENCE", 0.05)
    made = Bench()
    made.world.notes["seed"] = "pending"
    return made


def test_a_seed_with_a_trace_is_told_to_programs_alone(bench: Bench) -> None:
    assert bench.run(Seed(SEED)) == ["command python -m ddsurveys.seed quiet"]
    assert bench.report.fields == {"seed": {"database": ADDRESS.shown, "reached": True, "variables": GIVEN}}


def test_one_without_is_warned_of_with_what_it_was_given_and_is_done(bench: Bench) -> None:
    bench.world.commands_lead_elsewhere = True
    assert bench.run(Seed(SEED)) == ["command python -m ddsurveys.seed quiet", "the seed is lost"]
    assert bench.report.fields["warnings"] == [without_trace(SEED, ADDRESS.shown, GIVEN)]
    assert bench.report.fields["seed"] == {"database": ADDRESS.shown, "reached": False, "variables": GIVEN}
    assert bench.world.notes["seed"] == "done"


def test_what_the_project_sets_itself_is_named_and_its_secrets_are_not(bench: Bench) -> None:
    own = config(
        variables={"PGDATABASE": "of_the_project", "PGPASSWORD": "hidden", "KEY": "hidden"},
        alembic_variables={"APP": "{user}:{password}@{host}", "TOKEN": "hidden"},
    )
    replace(bench.seeding, config=own).run(SEED, ADDRESS)
    named = {**GIVEN, "PGDATABASE": "of_the_project", "APP": "dds:***@127.0.0.1"}
    assert bench.report.fields["seed"] == {"database": ADDRESS.shown, "reached": True, "variables": named}


def test_a_seed_that_fails_is_not_looked_for(bench: Bench) -> None:
    bench.world.command_code, bench.world.commands_lead_elsewhere = 3, True
    assert bench.seeding.run(SEED, ADDRESS) == 3
    assert (bench.report.fields, bench.world.notes["seed"]) == ({}, "pending")


class Unreadable:
    """A server that tells its user nothing."""

    def read_settled(self, address: DatabaseAddress) -> Counters | None:
        return None

    read = read_settled


def test_where_nothing_can_be_read_nothing_is_said(bench: Bench) -> None:
    bench.world.commands_lead_elsewhere = True
    replace(bench.seeding, counters=Unreadable()).run(SEED, ADDRESS)
    assert "warnings" not in bench.report.fields
