"""The order of each verb: build facts, call the recipe, compare the plan."""

from dataclasses import replace

import pytest

from nox_alembic.core import recipes
from nox_alembic.core.errors import FindingError, NoxAlembicError, PreconditionError, RefusedError, UsageError
from nox_alembic.core.facts import DataLocation, TakenPort
from nox_alembic.core.history import History, Revision
from nox_alembic.core.recipes import Options
from nox_alembic.core.steps import (
    AwaitBackend,
    AwaitDatabase,
    Discard,
    DiscardData,
    Down,
    Downgrade,
    Kill,
    MakeFolder,
    Migrate,
    Plan,
    PrintUpgradeSql,
    ProvideImages,
    RunTests,
    Seed,
    SetDataAside,
    StartDatabase,
    StartServices,
    Sweep,
)
from tests.unit.core.make import FOLDER, SEED, chain, config, engine, facts, up

TWO_HEADS = History.of(
    [Revision(id="a1"), Revision(id="b2", down=("a1",), message="mine"), Revision(id="b9", down=("a1",))]
)


def told(error: "pytest.ExceptionInfo[NoxAlembicError]") -> tuple[str, str, str]:
    return error.value.id, error.value.message, error.value.hint


def test_reset_on_a_fresh_machine_wipes_nothing_and_asks_nothing() -> None:
    plan = recipes.reset(config(), facts(), Options())
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


def test_reset_of_a_running_environment_kills_it_and_wipes_before_it_starts_anything() -> None:
    plan = recipes.reset(config(), up(), Options())
    assert plan.steps[:4] == (Kill(), SetDataAside(FOLDER), StartDatabase(), Sweep(FOLDER))
    assert plan.destroys == "the database in /project/volumes/db"


def test_reset_starts_the_backend_once_and_only_after_migration_and_seed() -> None:
    steps = recipes.reset(config(), up(), Options()).steps
    assert [type(step) for step in steps].count(StartServices) == 1
    assert (
        steps.index(StartServices(("backend",)))
        > steps.index(Seed(SEED))
        > steps.index(Migrate("heads", seed_later=True))
    )


def test_reset_fetches_missing_images_before_it_touches_anything() -> None:
    seen = replace(up().engine, missing_images=("postgres:17",))
    assert recipes.reset(config(), up(engine=seen), Options()).steps[0] == ProvideImages(("postgres:17",))


def test_reset_of_a_stopped_environment_has_nothing_to_kill() -> None:
    seen = engine(data_present=True)
    assert recipes.reset(config(), facts(engine=seen), Options()).steps[0] == SetDataAside(FOLDER)


def test_reset_removes_a_named_volume_instead_of_renaming_it() -> None:
    volume = DataLocation(kind="volume", volume="dds_db")
    steps = recipes.reset(config(), facts(engine=engine(data_present=True, location=volume)), Options()).steps
    assert steps[:2] == (DiscardData(volume), StartDatabase())
    assert not any(isinstance(step, Sweep | MakeFolder) for step in steps)


def test_reset_without_seed_leaves_no_note_that_would_seed_it_later() -> None:
    steps = recipes.reset(config(), facts(), Options(seed=False)).steps
    assert Migrate("heads", seed_later=False) in steps
    assert not any(isinstance(step, Seed) for step in steps)


def test_reset_to_an_older_revision_stops_there_and_says_so() -> None:
    plan = recipes.reset(config(), facts(), Options(revision="b2"))
    assert plan.steps[-1] == Migrate("b2", seed_later=False)
    assert plan.notes == ("stops at b2: neither seed nor backend work before head",)


def test_reset_to_the_head_by_its_id_is_a_whole_reset() -> None:
    assert AwaitBackend(60) in recipes.reset(config(), facts(), Options(revision="c3")).steps


def test_reset_of_a_project_without_revisions_migrates_nothing() -> None:
    steps = recipes.reset(config(), facts(history=History()), Options()).steps
    assert not any(isinstance(step, Migrate) for step in steps)


@pytest.mark.parametrize("verb", [recipes.reset, recipes.downgrade])
def test_a_protected_environment_refuses_what_destroys(verb: recipes.Recipe) -> None:
    with pytest.raises(RefusedError) as error:
        verb(config(protected=True), up(), Options())
    assert told(error) == (
        "NA013",
        'the environment "dev" is protected: nothing may be taken away from it',
        'name another one with `--env`, or remove "protected"',
    )


@pytest.mark.parametrize("verb", [recipes.reset, recipes.dev, recipes.down])
def test_another_clone_under_the_same_project_name_is_left_alone(verb: recipes.Recipe) -> None:
    with pytest.raises(RefusedError) as error:
        verb(config(), up(engine=replace(up().engine, foreign_root="/elsewhere")), Options())
    assert told(error) == (
        "NA112",
        "the Compose project is in use by another clone, in /elsewhere",
        'run `nox -s down` there, or set "compose-project" here',
    )


@pytest.mark.parametrize("verb", [recipes.reset, recipes.dev])
def test_a_taken_port_names_the_variable_before_anything_is_touched(verb: recipes.Recipe) -> None:
    taken = TakenPort(port=5432, service="db", variable="DDS_DB_PORT")
    with pytest.raises(PreconditionError) as error:
        verb(config(), facts(engine=engine(taken_ports=(taken,))), Options())
    assert told(error) == (
        "NA111",
        "the port 5432 that db wants is taken by another program",
        "choose another one with DDS_DB_PORT",
    )


@pytest.mark.parametrize("verb", [recipes.reset, recipes.dev, recipes.migrate, recipes.test])
def test_two_heads_are_for_people_to_decide(verb: recipes.Recipe) -> None:
    with pytest.raises(FindingError) as error:
        verb(config(), up(history=TWO_HEADS, current=("a1",)), Options())
    assert told(error) == (
        "NA403",
        "the history has 2 heads: b2 (mine) and b9",
        '`alembic merge -m "join" b2 b9`, or put your revision on top of the other one',
    )


def test_an_unsafe_wipe_is_refused_by_the_plan_already() -> None:
    refusal = RefusedError("NA305", "it is a link", hint="remove it")
    with pytest.raises(RefusedError) as error:
        recipes.reset(config(), up(refusal=refusal), Options())
    assert error.value is refusal


def test_dev_on_a_fresh_machine_starts_migrates_and_seeds() -> None:
    assert recipes.dev(config(), facts(), Options()).steps == (
        MakeFolder(FOLDER),
        StartDatabase(),
        AwaitDatabase(60),
        Migrate("heads", seed_later=True),
        Seed(SEED),
        StartServices(("backend",)),
        AwaitBackend(60),
    )


def test_dev_changes_nothing_when_everything_is_right() -> None:
    assert recipes.dev(config(), up(), Options()) == Plan(notes=("everything is up and at c3 (make c3)",))


def test_dev_applies_what_is_pending_to_a_running_database() -> None:
    assert recipes.dev(config(), up(current=("a1",)), Options()).steps == (Migrate("heads", ("b2", "c3")),)


def test_dev_seeds_a_database_whose_seed_was_cut_off() -> None:
    assert recipes.dev(config(), up(seed_pending=True), Options()).steps == (Seed(SEED),)


def test_dev_waits_for_a_backend_that_runs_and_is_not_healthy_yet() -> None:
    assert recipes.dev(config(), up(healthy=False), Options()).steps == (AwaitBackend(60),)


def test_dev_starts_only_what_is_stopped() -> None:
    seen = replace(up().engine, services=("backend", "redis"), stopped=("redis",))
    assert recipes.dev(config(), up(engine=seen), Options()).steps == (StartServices(("redis",)),)


def test_dev_says_why_the_data_does_not_fit_the_server() -> None:
    with pytest.raises(PreconditionError) as error:
        recipes.dev(config(), facts(engine=engine(problem="the data is of PostgreSQL 15")), Options())
    assert told(error) == ("NA124", "the data is of PostgreSQL 15", "`nox -s reset` starts afresh")


def test_reset_is_the_cure_for_data_that_does_not_fit_the_server() -> None:
    seen = engine(problem="the data is of PostgreSQL 15", data_present=True)
    assert SetDataAside(FOLDER) in recipes.reset(config(), facts(engine=seen), Options()).steps


def test_migrate_upgrades_what_is_pending() -> None:
    assert recipes.migrate(config(), up(current=("b2",)), Options()).steps == (Migrate("heads", ("c3",)),)


def test_migrate_with_nothing_to_do_says_so() -> None:
    assert recipes.migrate(config(), up(), Options()) == Plan(notes=("nothing to do: the database is at c3 (make c3)",))


def test_migrate_to_a_revision_below_the_current_one_does_nothing() -> None:
    assert recipes.migrate(config(), up(), Options(revision="a1")).steps == ()


def test_migrate_needs_a_database() -> None:
    with pytest.raises(PreconditionError) as error:
        recipes.migrate(config(), facts(), Options())
    assert told(error) == ("NA202", "the compose database does not answer", "`nox -s dev` starts it")


def test_migrate_prints_sql_without_a_database() -> None:
    assert recipes.migrate(config(), facts(), Options(sql=True)).steps == (PrintUpgradeSql("", "heads"),)


@pytest.mark.parametrize("verb", [recipes.dev, recipes.migrate, recipes.downgrade])
def test_a_revision_that_is_not_on_this_branch_stops_what_would_build_on_it(verb: recipes.Recipe) -> None:
    with pytest.raises(FindingError) as error:
        verb(config(), up(current=("ffff",)), Options())
    assert told(error) == (
        "NA404",
        "the database is at ffff, of which there is no file on this branch",
        "switch to the branch that has it, or `nox -s reset` for a fresh database",
    )


def test_migrate_names_the_nearest_revisions_for_an_unknown_one() -> None:
    with pytest.raises(UsageError) as error:
        recipes.migrate(config(), up(history=chain("4f1c2d", "9b8a7e")), Options(revision="4f1d"))
    assert told(error) == (
        "NA401",
        'there is no revision "4f1d" in this project',
        "the nearest are: 4f1c2d (make 4f1c2d)",
    )


@pytest.mark.parametrize(
    ("word", "target", "undone"),
    [
        ("", "b2", ("c3",)),
        ("-1", "b2", ("c3",)),
        ("-2", "a1", ("c3", "b2")),
        ("a1", "a1", ("c3", "b2")),
        ("base", "base", ("c3", "b2", "a1")),
        ("-9", "base", ("c3", "b2", "a1")),
    ],
)
def test_downgrade_takes_revisions_back_newest_first(word: str, target: str, undone: tuple[str, ...]) -> None:
    assert recipes.downgrade(config(), up(), Options(revision=word)).steps == (Downgrade(target, undone),)


def test_downgrade_says_what_is_lost() -> None:
    plan = recipes.downgrade(config(), up(), Options())
    assert plan.destroys == "what these revisions added, with its data: c3 (make c3)"


def test_downgrade_at_base_has_nothing_to_do() -> None:
    assert recipes.downgrade(config(), up(current=()), Options()) == Plan(
        notes=("nothing to do: the database is at base",)
    )


def test_downgrade_to_a_revision_that_is_not_applied_points_up() -> None:
    with pytest.raises(UsageError) as error:
        recipes.downgrade(config(), up(current=("a1",)), Options(revision="c3"))
    assert told(error) == (
        "NA409",
        "the revision c3 (make c3) is not applied, so there is no way down to it",
        "`nox -s migrate -- c3` goes up to it",
    )


def test_downgrade_below_a_merge_asks_for_a_name() -> None:
    merged = History.of([*TWO_HEADS.revisions.values(), Revision(id="m1", down=("b2", "b9"))])
    with pytest.raises(UsageError) as error:
        recipes.downgrade(config(), up(history=merged, current=("m1",)), Options())
    assert told(error) == (
        "NA402",
        "-1 is ambiguous below a merge: b2 (mine) and b9",
        "name the revision to go back to",
    )


def test_down_stops_what_runs() -> None:
    assert recipes.down(config(), up(), Options()).steps == (Down(),)


def test_down_of_nothing_says_so() -> None:
    assert recipes.down(config(), facts(), Options()) == Plan(notes=("nothing is running",))


def test_the_test_environment_is_removed_whatever_happens() -> None:
    nothing = DataLocation(kind="container")
    plan = recipes.test(config(), facts(engine=engine(location=nothing)), Options(arguments=("-k", "one")))
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
        recipes.test(config(test_command=()), facts(), Options())
    assert told(error) == (
        "NA008",
        'there is no "test-command" in [tool.nox-alembic] of pyproject.toml',
        'add `test-command = "python -m pytest"` to it',
    )
