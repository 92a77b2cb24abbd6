"""Plans for a database that is at revisions of another branch."""

import pytest

from nox_alembic.core.errors import FindingError, RefusedError
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.steps.migration import CopyRevisionFiles, DowngradeOrphans, Migrate
from nox_alembic.core.verbs import Options, lifecycle, migrate
from nox_alembic.core.verbs.planning import PlanFunction
from tests.unit.core.make import config, orphan, told, up

CHAIN = Orphans(found=(orphan("x2", "x1"), orphan("x1", "b2")))
SHOWN = 'x2 (make x2), x1 (make x1) from the branch "feature"'


@pytest.mark.parametrize("verb", [lifecycle.dev, migrate.migrate])
def test_they_are_taken_back_and_then_the_branch_is_migrated(verb: PlanFunction) -> None:
    plan = verb(config(), up(current=("x2",), orphans=CHAIN), Options())
    assert plan.steps == (DowngradeOrphans(CHAIN), Migrate("heads", ("c3",)))
    assert plan.destroys == f"what these revisions added, with its data: {SHOWN}"


def test_nothing_is_migrated_where_nothing_is_pending() -> None:
    found = Orphans(found=(orphan("x1", "c3"),))
    plan = migrate.migrate(config(), up(current=("x1",), orphans=found, fingerprinted_at=()), Options())
    assert plan.steps == (DowngradeOrphans(found),)


def test_other_verbs_point_to_migrate() -> None:
    with pytest.raises(FindingError) as error:
        migrate.downgrade(config(), up(current=("x2",), orphans=CHAIN), Options())
    assert told(error) == (
        "NA404",
        f"the database has what is not on this branch: {SHOWN}",
        "`nox -s migrate` takes it back with its own script, `git switch feature` goes to it",
    )


def test_a_protected_environment_keeps_them() -> None:
    with pytest.raises(RefusedError) as error:
        migrate.migrate(config(protected=True), up(current=("x2",), orphans=CHAIN), Options())
    assert error.value.id == "NA013"


def test_without_the_file_of_one_of_them_nothing_is_taken_back() -> None:
    found = Orphans(found=(orphan("x2", "x1"),), missing=("x1",), git=True, shallow=True)
    with pytest.raises(FindingError) as error:
        migrate.migrate(config(), up(current=("x2",), orphans=found), Options())
    assert told(error) == (
        "NA404",
        "the database is at x2, and there is no file of x1 anywhere",
        found.advice,
    )


def test_files_that_contradict_each_other_take_nothing_back() -> None:
    found = Orphans(problems=("the versions of x1 follow a1 or b2, and nothing says which was applied",))
    with pytest.raises(FindingError) as error:
        migrate.migrate(config(), up(current=("x1",), orphans=found), Options())
    assert told(error) == (
        "NA441",
        "the versions of x1 follow a1 or b2, and nothing says which was applied",
        "switch to the branch that has it, or `nox -s reset` for a fresh database",
    )


def test_a_database_that_shares_nothing_with_the_branch_is_not_emptied_step_by_step() -> None:
    found = Orphans(found=(orphan("x1"),))
    with pytest.raises(FindingError) as error:
        migrate.migrate(config(), up(current=("x1",), orphans=found), Options())
    assert told(error) == (
        "NA442",
        f"the database and this branch have no revision in common; the database has {found.summary}",
        "switch to the branch that has them, or `nox -s reset` for a fresh database",
    )
    without = up(current=("x1",), orphans=found, history=History())
    assert migrate.migrate(config(), without, Options()).steps == (DowngradeOrphans(found),)


def test_files_of_what_was_applied_without_us_are_kept_once() -> None:
    for fingerprinted_at in ((), ("b2",), ("b2", "c3")):
        assert migrate.migrate(config(), up(fingerprinted_at=fingerprinted_at), Options()).steps == (
            CopyRevisionFiles(),
        )
        assert lifecycle.dev(config(), up(fingerprinted_at=fingerprinted_at), Options()).steps == (CopyRevisionFiles(),)
    for known in (up(fingerprinted_at=("c3",)), up(fingerprinted_at=None)):
        assert migrate.migrate(config(), known, Options()).steps == ()
    assert migrate.migrate(config(), up(fingerprinted_at=(), history=History(), current=()), Options()).steps == ()
