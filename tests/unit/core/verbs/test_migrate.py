"""The plan of each verb that moves the database along its history."""

import pytest

from nox_alembic.core.errors import FindingError, PreconditionError, UsageError
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.migration import ApplyRevision, AwaitEdit, Downgrade, Migrate, PrintUpgradeSql, Rehearse
from nox_alembic.core.steps.revisions import DropShadow, MakeShadow, WriteRevision
from nox_alembic.core.verbs import Options, migrate
from nox_alembic.core.verbs.migrate import downgrade, reapply
from nox_alembic.core.verbs.planning import PlanFunction
from tests.unit.core.make import TWO_HEADS, chain, config, facts, told, up


def test_migrate_upgrades_what_is_pending() -> None:
    assert migrate.migrate(config(), up(current=("b2",)), Options()).steps == (Migrate("heads", ("c3",)),)


def test_migrate_with_nothing_to_do_says_so() -> None:
    assert migrate.migrate(config(), up(), Options()) == Plan(notes=("nothing to do: the database is at c3 (make c3)",))


def test_migrate_to_a_revision_below_the_current_one_does_nothing() -> None:
    assert migrate.migrate(config(), up(), Options(revision="a1")).steps == ()


def test_migrate_needs_a_database() -> None:
    with pytest.raises(PreconditionError) as error:
        migrate.migrate(config(), facts(), Options())
    assert told(error) == ("NA202", "the compose database does not answer", "`nox -s dev` starts it")


def test_migrate_prints_sql_without_a_database() -> None:
    assert migrate.migrate(config(), facts(), Options(sql=True)).steps == (PrintUpgradeSql("", "heads"),)


def test_migrate_names_the_nearest_revisions_for_an_unknown_one() -> None:
    with pytest.raises(UsageError) as error:
        migrate.migrate(config(), up(history=chain("4f1c2d", "9b8a7e")), Options(revision="4f1d"))
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
    assert migrate.downgrade(config(), up(), Options(revision=word)).steps[:] == (Downgrade(target, undone),)


def test_downgrade_says_what_is_lost() -> None:
    plan = migrate.downgrade(config(), up(), Options())
    assert plan.destroys == "what these revisions added, with its data: c3 (make c3)"


def test_downgrade_at_base_has_nothing_to_do() -> None:
    assert migrate.downgrade(config(), up(current=()), Options()) == Plan(
        notes=("nothing to do: the database is at base",)
    )


def test_downgrade_to_a_revision_that_is_not_applied_points_up() -> None:
    with pytest.raises(UsageError) as error:
        migrate.downgrade(config(), up(current=("a1",)), Options(revision="c3"))
    assert told(error) == (
        "NA409",
        "the revision c3 (make c3) is not applied, so there is no way down to it",
        "`nox -s migrate -- c3` goes up to it",
    )


def test_downgrade_to_one_side_of_a_merge_leaves_the_other_one() -> None:
    merged = History.of([*TWO_HEADS.revisions.values(), Revision(id="m1", down=("b2", "b9"))])
    plan = migrate.downgrade(config(), up(history=merged, current=("m1",)), Options(revision="b2"))
    assert plan.steps == (Downgrade("b2", ("m1",)),)


def test_downgrade_below_a_merge_asks_for_a_name() -> None:
    merged = History.of([*TWO_HEADS.revisions.values(), Revision(id="m1", down=("b2", "b9"))])
    with pytest.raises(UsageError) as error:
        migrate.downgrade(config(), up(history=merged, current=("m1",)), Options())
    assert told(error) == (
        "NA402",
        "-1 is ambiguous below a merge: b2 (mine) and b9",
        "name the revision to go back to",
    )


def test_a_revision_is_drafted_on_a_shadow_that_goes_whatever_happens() -> None:
    plan = migrate.revision(config(), up(), Options(message="add rooms"))
    assert plan == Plan(steps=(MakeShadow(), WriteRevision("add rooms")), lastly=(DropShadow(),))


def test_a_revision_does_not_mind_where_the_database_is() -> None:
    for current in ((), ("a1",), ("unknown",)):
        assert migrate.revision(config(), up(current=current), Options(message="x")).steps[0] == MakeShadow()


def test_an_empty_revision_is_written_without_a_database_and_applied_only_with_one() -> None:
    assert migrate.revision(config(), facts(), Options(message="x", empty=True)) == Plan(
        steps=(WriteRevision("x", empty=True),)
    )
    with pytest.raises(PreconditionError) as error:
        migrate.revision(config(), facts(), Options(message="x", empty=True, apply=True))
    assert error.value.id == "NA202"


def test_apply_migrates_after_the_file_is_written() -> None:
    plan = migrate.revision(config(), up(), Options(message="x", apply=True))
    assert plan.steps == (MakeShadow(), WriteRevision("x"), ApplyRevision())


@pytest.mark.parametrize("message", ["", "  "])
def test_a_revision_needs_a_message(message: str) -> None:
    with pytest.raises(UsageError) as error:
        migrate.revision(config(), up(), Options(message=message))
    sentence = f"a revision needs a message that says what it does, not {message!r}"
    assert told(error) == ("NA411", sentence, '`nox -s revision -- -m "add a table of rooms"`')


def test_a_revision_of_two_heads_is_for_people_to_decide() -> None:
    with pytest.raises(FindingError) as error:
        migrate.revision(config(), up(history=TWO_HEADS), Options(message="x"))
    assert error.value.id == "NA403"


ONE_WAY = """
def upgrade():
    op.drop_table("t")


def downgrade():
    raise NotImplementedError("no")
"""


@pytest.mark.parametrize("verb", [downgrade, reapply])
def test_a_script_without_a_way_back_is_refused_before_anything_is_touched(verb: PlanFunction) -> None:
    history = History.of([Revision(id="a1", message="make", path="v/a1.py")])
    seen = up(history=history, current=("a1",), contents={"v/a1.py": ONE_WAY.encode()})
    with pytest.raises(FindingError) as error:
        verb(config(), seen, Options())
    assert told(error) == (
        "NA437",
        "there is no way back over the revision a1 (make): v/a1.py has a downgrade() that raises NotImplementedError",
        "write its downgrade(); where there is nothing to take back, let it `return`",
    )


def test_the_last_revision_is_rehearsed_before_it_goes_down_and_up() -> None:
    assert reapply(config(), up(), Options()) == Plan(
        steps=(Rehearse("b2", ("c3",), ("c3",)), Downgrade("b2", ("c3",)), Migrate("c3", ("c3",)))
    )


def test_from_a_revision_on_it_goes_below_it_and_up_to_where_it_was() -> None:
    undone = ("b2", "a1")
    plan = reapply(config(), up(current=("b2",)), Options(revision="a1"))
    assert plan.steps == (
        Rehearse("base", undone, ("b2",)),
        Downgrade("base", undone),
        Migrate("b2", ("a1", "b2")),
    )


def test_it_goes_up_again_to_each_place_of_the_database() -> None:
    plan = reapply(config(), up(history=TWO_HEADS, current=("b2", "b9")), Options(revision="a1"))
    undone = ("b9", "b2", "a1")
    assert plan.steps == (
        Rehearse("base", undone, ("b2", "b9")),
        Downgrade("base", undone),
        Migrate("b2", undone[::-1]),
        Migrate("b9", undone[::-1]),
    )


def test_a_merge_is_taken_back_alone() -> None:
    merged = History.of([*TWO_HEADS.revisions.values(), Revision(id="m1", down=("b2", "b9"))])
    plan = reapply(config(), up(history=merged, current=("m1",)), Options())
    assert plan.steps[1] == Downgrade("b2", ("m1",))


def test_with_an_edit_the_way_down_is_rehearsed_and_the_files_are_read_again() -> None:
    history = History.of([Revision(id="a1", path="/project/a1.py")])
    plan = reapply(config(), up(history=history, current=("a1",)), Options(edit=True, interactive=True))
    assert plan.steps == (
        Rehearse("base", ("a1",)),
        Downgrade("base", ("a1",)),
        AwaitEdit("a1", "/project/a1.py"),
        Migrate("a1", ("a1",), reread=True),
    )


def test_an_edit_needs_somebody_who_edits() -> None:
    with pytest.raises(PreconditionError) as error:
        reapply(config(), up(), Options(edit=True))
    assert told(error) == (
        "NA438",
        "without a terminal nobody can say that the script is edited",
        "`nox -s downgrade`, edit the script, then `nox -s migrate`",
    )


def test_what_is_not_applied_points_up() -> None:
    with pytest.raises(UsageError) as error:
        reapply(config(), up(current=("a1",)), Options(revision="c3"))
    assert told(error) == (
        "NA409",
        "the revision c3 (make c3) is not applied, so there is nothing to re-apply",
        "`nox -s migrate -- c3` applies it",
    )


def test_a_database_at_two_revisions_asks_for_a_name() -> None:
    with pytest.raises(UsageError) as error:
        reapply(config(), up(history=TWO_HEADS, current=("b2", "b9")), Options())
    assert told(error) == ("NA402", "the database is at b2 (mine) and b9", "name the revision to re-apply")


def test_an_empty_database_has_nothing_to_do() -> None:
    assert reapply(config(), up(current=()), Options()) == Plan(notes=("nothing to do: no revision is applied",))
