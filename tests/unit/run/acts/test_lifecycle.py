"""Starting, waiting, seeding and ending: one edge call a step, and a second look where it matters."""

from pathlib import Path

import pytest

from nox_alembic.core.facts import DataLocation
from nox_alembic.core.steps import Step
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    AwaitReconnect,
    Discard,
    DiscardData,
    Down,
    Kill,
    KillServices,
    MakeFolder,
    ProveOwnership,
    ProvideImages,
    RunTests,
    Seed,
    StartDatabase,
    StartServices,
    StopBackend,
)
from tests.unit.core.make import ADDRESS, SEED
from tests.unit.run.bench import Bench

CALLS: list[tuple[Step, str]] = [
    (ProvideImages(("postgres:17",)), "images postgres:17"),
    (ProveOwnership(), "prove"),
    (Kill(), "kill"),
    (Down(), "down"),
    (DiscardData(DataLocation(kind="volume", volume="v")), "discard data"),
    (StartDatabase(), "start database"),
    (AwaitDatabase(7), "await database 7"),
    (StartServices(("backend", "redis")), "start backend,redis"),
    (AwaitBackend(9), "await backend 9"),
    (StopBackend(), "stop backend"),
    (KillServices(), "kill services"),
    (RunTests(("pytest", "-q")), "command pytest -q"),
    (Discard(), "discard"),
]


@pytest.mark.parametrize(("step", "event"), CALLS)
def test_each_step_is_one_call_of_one_edge(bench: Bench, step: Step, event: str) -> None:
    assert bench.run(step) == [event]


def test_the_data_folder_is_made_with_its_parents(bench: Bench, tmp_path: Path) -> None:
    bench.run(MakeFolder(DataLocation(kind="folder", path=tmp_path / "volumes/db", within=tmp_path)))
    assert (tmp_path / "volumes/db").is_dir()


def test_a_server_of_ours_gets_the_database_that_a_killed_run_has_yet_to_make(bench: Bench) -> None:
    bench.engine.name = "embedded"
    bench.world.unready = ["NA204"]
    assert bench.run(AwaitDatabase(60)) == ["await database 60", "make the missing database", "await database 60"]
    bench.world.unready = ["NA204", "NA204"]
    assert bench.refusal(AwaitDatabase(60)).id == "NA204"


@pytest.mark.parametrize("id_", ["NA201", "NA203", "NA204", "NA205"])
def test_data_that_was_not_initialised_to_its_end_is_told_as_such(bench: Bench, id_: str) -> None:
    bench.world.unready = [id_, id_]
    assert bench.refusal(AwaitDatabase(60)).id == id_
    bench.world.blank = True
    error = bench.refusal(AwaitDatabase(60))
    assert (error.id, error.message, error.hint, error.detail) == (
        "NA206",
        "the data in /project/volumes/db was not initialised to its end, and no database is in it",
        "nothing of yours is in it: `nox -s reset` starts afresh",
        "there is no such database\nlog",
    )


def test_the_seed_runs_once_with_the_url_and_away_from_stdout(bench: Bench) -> None:
    bench.world.notes["seed"] = "pending"
    assert bench.run(Seed(SEED), Seed(SEED)) == ["command python -m ddsurveys.seed quiet"]
    assert bench.commands.addresses == [ADDRESS]
    assert [step.outcome for step in bench.report.steps] == ["done", "not needed"]


def test_a_seed_that_fails_is_tried_again_by_the_next_run(bench: Bench) -> None:
    bench.world.notes["seed"], bench.world.command_code = "pending", 4
    assert bench.refusal(Seed(SEED)).message == "the seed command `python -m ddsurveys.seed` ended with 4"
    assert bench.world.notes["seed"] == "pending"


def test_failing_tests_fail_the_verb_and_the_environment_is_removed(bench: Bench) -> None:
    bench.world.command_code = 1
    error = bench.refusal(RunTests(("pytest",)), lastly=(Discard(),))
    assert str(error) == "NA504: the test command ended with 1"
    assert bench.world.events == ["command pytest", "discard"]


def test_a_backend_that_reconnects_is_left_alone(bench: Bench) -> None:
    assert bench.run(AwaitReconnect(("backend",), 60)) == ["await backend 5"]


def test_a_backend_that_does_not_reconnect_is_started_again(bench: Bench) -> None:
    bench.world.fails = "await backend 5"
    bench.run(AwaitReconnect(("backend", "redis"), 60))
    assert bench.world.events == ["await backend 5", "kill services", "start backend,redis", "await backend 60"]
    assert [step.outcome for step in bench.report.steps] == ["started again"]
