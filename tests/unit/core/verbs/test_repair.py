"""What `repair` does, what it says before, and what it refuses."""

from typing import Any

import pytest

from nox_alembic.core.details import Details, InvalidIndex
from nox_alembic.core.errors import PreconditionError, RefusedError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.checks import AcceptFiles, DropIndex, Stamp
from nox_alembic.core.verbs import Options
from nox_alembic.core.verbs.repair import repair
from tests.unit.core.make import TWO_HEADS, chain, config, facts, told, up

DIGESTS = {"a1": "00", "b2": "11", "c3": "22"}
TEXTS = {
    "a1": 'def upgrade():\n    op.create_table("rooms")\n',
    "b2": 'def upgrade():\n    op.add_column("rooms", sa.Column("size"))\n    op.create_index("ix", "rooms", [])\n',
    "c3": 'def upgrade():\n    op.create_table("halls")\n    op.drop_table("rooms")\n',
}
OBJECTS = frozenset({"rooms", "rooms.size", "halls"})


def seen(current: tuple[str, ...] = ("c3",), **fields: Any) -> Facts:
    details = {"digests": DIGESTS, "fingerprints": DIGESTS, "texts": TEXTS, "objects": OBJECTS}
    return up(current=current, details=Details(**{**details, **fields}))


def marked(facts_: Facts, applied: str = "", reverted: str = "") -> Plan:
    return repair(config(), facts_, Options(applied=tuple(applied.split()), reverted=tuple(reverted.split())))


def test_a_revision_that_is_marked_as_reverted_takes_what_follows_it_along() -> None:
    plan = marked(seen(), reverted="b2")
    assert plan.steps == (Stamp(("c3",), ("a1",)),)
    assert plan.destroys == "the record that the database is at c3 (make c3)"
    stumbles = "over which the next migrate will stumble"
    assert plan.notes == (
        "the database says that it is at c3 (make c3); it will say a1 (make a1). Nothing is migrated",
        f"b2 (make b2) counts as not applied, and the database still has rooms.size of it, {stumbles}",
        f"c3 (make c3) counts as not applied, and the database still has halls of it, {stumbles}",
        "`nox -s migrate` will then run b2 (make b2), c3 (make c3)",
    )


def test_a_revision_that_is_marked_as_applied_takes_what_it_follows_along() -> None:
    plan = marked(seen(("a1",), fingerprints={"a1": "00"}, objects=frozenset({"rooms", "halls"})), applied="c3")
    assert plan.steps == (Stamp(("a1",), ("c3",)),)
    assert plan.notes == (
        "the database says that it is at a1 (make a1); it will say c3 (make c3). Nothing is migrated",
        "b2 (make b2) counts as applied without being run, and the database lacks rooms.size of it",
        "c3 (make c3) counts as applied without being run, and so it is in the database",
        "`nox -s migrate` will then run nothing",
    )


def test_everything_can_be_reverted() -> None:
    plan = marked(seen(("a1",)), reverted="a1")
    assert plan.steps[0] == Stamp(("a1",), ())
    assert plan.notes[0] == "the database says that it is at a1 (make a1); it will say base. Nothing is migrated"


def test_one_of_two_heads_is_marked_and_the_other_stays() -> None:
    at_both = up(history=TWO_HEADS, current=("b2", "b9"), details=Details())
    assert marked(at_both, reverted="b9").steps == (Stamp(("b2", "b9"), ("b2",)),)
    at_one = up(history=TWO_HEADS, current=("b2",), details=Details())
    assert marked(at_one, applied="b9").steps == (Stamp(("b2",), ("b2", "b9")),)
    assert marked(at_one, applied="heads").steps == (Stamp(("b2",), ("b2", "b9")),)


def test_what_is_so_already_is_left_alone() -> None:
    nothing = Plan(notes=("nothing to do: the database is at b2 (make b2)",))
    at_b2 = seen(("b2",), fingerprints={"a1": "00", "b2": "11"})
    assert marked(at_b2, applied="a1") == marked(at_b2, reverted="c3") == nothing


def test_a_revision_that_is_not_here_needs_a_word_about_what_is_applied() -> None:
    orphans = seen(("gone",), fingerprints={"gone": "99", "a1": "00"})
    assert marked(orphans, applied="b2", reverted="gone").steps == (Stamp(("gone",), ("b2",)),)
    with pytest.raises(UsageError) as error:
        marked(orphans, reverted="gone")
    assert told(error) == (
        "NA453",
        "there is no file of gone here, so it is not known what it follows and what else is applied",
        "say what is: `nox -s repair -- --reverted gone --applied REV`; `nox -s history` lists the revisions",
    )
    assert marked(seen(("b2", "gone")), reverted="gone").steps[0] == Stamp(("b2", "gone"), ("b2",))
    assert marked(seen(("a1", "gone")), applied="b2").steps[0] == Stamp(("a1", "gone"), ("b2", "gone"))


def test_one_revision_cannot_be_both() -> None:
    with pytest.raises(UsageError) as error:
        marked(seen(), applied="c3", reverted="b2")
    assert told(error) == (
        "NA449",
        "b2 (make b2), c3 (make c3) cannot be marked as applied and as reverted at once",
        "a revision is applied with all that it follows: mark one or the other",
    )


def test_edited_files_are_taken_as_they_are() -> None:
    plan = repair(config(), seen(fingerprints={**DIGESTS, "b2": "99"}), Options(hashes=True))
    assert plan == Plan(
        steps=(AcceptFiles(("b2",)),),
        destroys="the record with which bytes b2 were applied",
        notes=("the file of b2 (make b2) counts as applied as it is now",),
    )


def test_without_an_edited_file_there_is_nothing_to_take() -> None:
    note = "nothing to do: the database is at c3 (make c3), and no file was edited after it was applied"
    assert repair(config(), seen(), Options(hashes=True)) == Plan(notes=(note,))


def test_invalid_indexes_are_dropped_and_it_is_said_what_makes_them_again() -> None:
    invalid = (InvalidIndex("ix", "rooms"), InvalidIndex("iy", "t", "building"), InvalidIndex("uq", "t", "constraint"))
    plan = repair(config(), seen(("a1",), invalid=invalid), Options())
    needed = "a constraint needs it; `REINDEX INDEX CONCURRENTLY` in `nox -s sql` makes it valid"
    assert plan == Plan(
        steps=(DropIndex("ix"),),
        destroys="the invalid index ix on rooms, which no query uses",
        notes=(
            "the index ix on rooms is of b2 (make b2), which is pending: `nox -s migrate` makes it again",
            "the index iy on t stays: it is being built now",
            f"the index uq on t stays: {needed}",
        ),
    )
    applied = repair(config(), seen(invalid=(InvalidIndex('s."ix"', "s.rooms"),)), Options())
    assert applied.steps == (DropIndex('s."ix"'),)
    (note,) = applied.notes
    again = "which is applied: `nox -s reapply -- b2` makes it again"
    assert note == f'the index s."ix" on s.rooms is of b2 (make b2), {again}'


def test_valid_indexes_are_nothing_to_do() -> None:
    assert repair(config(), seen(), Options()) == Plan(notes=("nothing to do: all indexes are valid",))


def test_repair_needs_a_database_that_is_not_protected() -> None:
    with pytest.raises(PreconditionError) as error:
        repair(config(), facts(), Options())
    assert told(error) == ("NA202", "the compose database does not answer", "`nox -s dev` starts it")
    with pytest.raises(RefusedError) as refused:
        repair(config(protected=True), up(), Options())
    assert told(refused)[0] == "NA013"


def test_an_unknown_revision_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        marked(up(history=chain("a1", "b2"), current=("b2",)), applied="b3")
    assert told(error)[:2] == ("NA401", 'there is no revision "b3" in this project')
