"""The plan of `reapply`: a rehearsal, down, up, and with an edit between them."""

import pytest

from nox_alembic.core.errors import FindingError, PreconditionError, UsageError
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.steps import AwaitEdit, Downgrade, Migrate, Plan, ProveOwnership, Rehearse
from nox_alembic.core.verbs import Options, Recipe
from nox_alembic.core.verbs.migrate import downgrade
from nox_alembic.core.verbs.reapplying import reapply
from tests.unit.core.make import TWO_HEADS, config, told, up

ONE_WAY = """
def upgrade():
    op.drop_table("t")


def downgrade():
    raise NotImplementedError("no")
"""


@pytest.mark.parametrize("verb", [downgrade, reapply])
def test_a_script_without_a_way_back_is_refused_before_anything_is_touched(verb: Recipe) -> None:
    history = History.of([Revision(id="a1", message="make", path="v/a1.py")])
    seen = up(history=history, current=("a1",), source_of={"v/a1.py": ONE_WAY}.__getitem__)
    with pytest.raises(FindingError) as error:
        verb(config(), seen, Options())
    assert told(error) == (
        "NA437",
        "there is no way back over the revision a1 (make): v/a1.py has a downgrade() that raises NotImplementedError",
        "write its downgrade(); where there is nothing to take back, let it `return`",
    )


def test_the_last_revision_is_rehearsed_before_it_goes_down_and_up() -> None:
    assert reapply(config(), up(), Options()) == Plan(
        steps=(ProveOwnership(), Rehearse("b2", ("c3",), ("c3",)), Downgrade("b2", ("c3",)), Migrate("c3", ("c3",)))
    )


def test_from_a_revision_on_it_goes_below_it_and_up_to_where_it_was() -> None:
    undone = ("b2", "a1")
    plan = reapply(config(), up(current=("b2",)), Options(revision="a1"))
    assert plan.steps == (
        ProveOwnership(),
        Rehearse("base", undone, ("b2",)),
        Downgrade("base", undone),
        Migrate("b2", ("a1", "b2")),
    )


def test_it_goes_up_again_to_each_place_of_the_database() -> None:
    plan = reapply(config(), up(history=TWO_HEADS, current=("b2", "b9")), Options(revision="a1"))
    undone = ("b9", "b2", "a1")
    assert plan.steps == (
        ProveOwnership(),
        Rehearse("base", undone, ("b2", "b9")),
        Downgrade("base", undone),
        Migrate("b2", undone[::-1]),
        Migrate("b9", undone[::-1]),
    )


def test_a_merge_is_taken_back_alone() -> None:
    merged = History.of([*TWO_HEADS.revisions.values(), Revision(id="m1", down=("b2", "b9"))])
    plan = reapply(config(), up(history=merged, current=("m1",)), Options())
    assert plan.steps[2] == Downgrade("b2", ("m1",))


def test_with_an_edit_the_way_down_is_rehearsed_and_the_files_are_read_again() -> None:
    history = History.of([Revision(id="a1", path="/project/a1.py")])
    plan = reapply(config(), up(history=history, current=("a1",)), Options(edit=True, interactive=True))
    assert plan.steps == (
        ProveOwnership(),
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
