"""What verbs do where branches with labels stand side by side."""

from collections.abc import Callable

import pytest

from nox_alembic.core.errors import NoxAlembicError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.findings.checks import of_history
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.steps.migration import Downgrade, Migrate, PrintUpgradeSql
from nox_alembic.core.steps.revisions import WriteRevision
from nox_alembic.core.verbs.migrate import downgrade, migrate, reapply, revision
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.rebase import merge
from nox_alembic.core.verbs.targets import reapply_target
from tests.unit.core.make import config, facts, told

HISTORY = History.of([
    Revision(id="s1", labels=("shop",)),
    Revision(id="s2", down=("s1",)),
    Revision(id="b1", labels=("blog",)),
])  # fmt: skip


@pytest.fixture
def at() -> Callable[..., Facts]:
    return lambda *current: facts(history=HISTORY, current=current)


def test_all_branches_are_migrated_or_the_one_that_is_named(at: Callable[..., Facts]) -> None:
    assert migrate(config(), at("s1"), Options()).steps == (Migrate("heads", ("b1", "s2")),)
    assert migrate(config(), at("s1"), Options(revision="shop@head")).steps == (Migrate("s2", ("s2",)),)
    assert migrate(config(), at("s1", "b1"), Options(revision="shop@+1")).steps == (Migrate("s2", ("s2",)),)


def test_one_branch_is_taken_back_and_the_other_stays(at: Callable[..., Facts]) -> None:
    def taken(word: str) -> object:
        return downgrade(config(), at("s2", "b1"), Options(revision=word)).steps

    assert taken("shop@-1") == (Downgrade("s1", ("s2",)),)
    assert taken("shop@base") == (Downgrade("s2@base", ("s2", "s1")),)
    assert taken("blog@-1") == (Downgrade("b1@base", ("b1",)),)
    assert taken("base") == (Downgrade("base", ("s2", "s1", "b1")),)
    with pytest.raises(UsageError) as error:
        taken("")
    assert told(error) == (
        "NA402",
        "-1 is ambiguous: the database is at s2 and b1",
        "name the revision to go back to: shop@-1 or blog@-1",
    )


def test_the_first_revision_of_a_branch_is_applied_again_alone(at: Callable[..., Facts]) -> None:
    plan = reapply(config(), at("s2", "b1"), Options(revision="blog@head"))
    assert Downgrade("b1@base", ("b1",)) in plan.steps
    with pytest.raises(UsageError) as error:
        reapply_target(at("s2", "b1"), "")
    assert told(error)[2] == "name the revision to re-apply: shop@head or blog@head"


@pytest.mark.parametrize(
    ("word", "start", "target"),
    [
        ("s1:s2", "s1", "s2"),
        (":shop@head", "", "s2"),
        ("shop@base:shop@head", "", "s2"),
        ("s1:", "s1", "heads"),
        ("shop@head", "s1", "s2"),
    ],
)
def test_the_sql_of_a_range(at: Callable[..., Facts], word: str, start: str, target: str) -> None:
    plan = migrate(config(), at("s1"), Options(revision=word, sql=True))
    assert plan.steps == (PrintUpgradeSql(start, target),)


def test_a_new_revision_follows_the_head_that_is_named(at: Callable[..., Facts]) -> None:
    def drafted(word: str) -> object:
        return revision(config(), at("s2", "b1"), Options(message="m", empty=True, revision=word)).steps

    assert drafted("shop@head") == (WriteRevision("m", empty=True, head="s2"),)
    refusals = {
        "": "a new revision follows one of the heads: b1 or s2",
        "s1": "the revision s1 is no head, so a new one after it would make a fork",
    }
    for word, message in refusals.items():
        with pytest.raises(UsageError) as error:
            drafted(word)
        assert told(error)[:2] == ("NA402", message)


@pytest.mark.parametrize(
    ("word", "id_", "message"),
    [
        ("blog@base", "NA409", '"blog@base" is base, and no upgrade goes there'),
        ("s1:s2", "NA402", '"s1:s2" is a range of revisions, and one revision is meant'),
    ],
)
def test_what_is_no_target_of_an_upgrade(at: Callable[..., Facts], word: str, id_: str, message: str) -> None:
    with pytest.raises(NoxAlembicError) as error:
        migrate(config(), at("s1"), Options(revision=word))
    assert (error.value.id, error.value.message) == (id_, message)


def test_there_is_nothing_to_merge_and_nothing_to_find(at: Callable[..., Facts]) -> None:
    plan = merge(config(), at("s2", "b1"), Options(new_id="m1"))
    assert (plan.steps, plan.notes[0].partition(":")[0]) == (
        (),
        "nothing to merge",
    )
    check = of_history(HISTORY, "several", "cure")
    assert (check.sentence, check.found) == ("2 heads, each of a branch with a label of its own", ())
