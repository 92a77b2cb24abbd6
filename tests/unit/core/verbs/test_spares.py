"""What is made for the next reset, in which order, and what is deleted."""

from dataclasses import replace

from nox_alembic.core.copies.spares import Spares
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.spares import ClearSpares, MakeSpare
from nox_alembic.core.verbs import Options
from nox_alembic.core.verbs.spares import spare
from tests.unit.core.make import FOLDER, NEEDS, SPARE, TWO_HEADS, config, facts, up

READY = replace(SPARE, name=".db.ready", kind="ready")
OLDER = replace(SPARE, heads=("b2",), needs=replace(NEEDS, files={"a1": "A", "b2": "B"}))


def test_the_base_comes_first_and_the_seeded_one_is_made_of_it() -> None:
    plan = spare(config(), up(spares=Spares(needs=NEEDS)), Options())
    base, ready = MakeSpare("base", FOLDER, ("c3",), NEEDS), MakeSpare("ready", FOLDER, ("c3",), NEEDS, copies=True)
    assert plan == Plan(steps=(base, ready))
    assert [step.title for step in plan.steps] == ["make a spare at c3", "make a spare at c3, seeded"]


def test_a_base_that_only_lacks_revisions_is_copied_and_what_is_of_no_use_goes_first() -> None:
    seen = Spares(needs=NEEDS, found=(OLDER, replace(READY, needs=OLDER.needs)), leftovers=(".db.making",))
    plan = spare(config(), up(spares=seen), Options())
    assert plan.steps == (
        ClearSpares(FOLDER, (".db.making", ".db.ready")),
        MakeSpare("base", FOLDER, ("c3",), NEEDS, copies=True),
        MakeSpare("ready", FOLDER, ("c3",), NEEDS, copies=True),
    )


def test_where_everything_is_there_nothing_is_done() -> None:
    assert spare(config(), up(spares=Spares(needs=NEEDS, found=(SPARE, READY))), Options()) == Plan()


def test_delete_deletes_all_of_them_also_where_none_are_made() -> None:
    seen = Spares(found=(SPARE,), leftovers=(".db.making",), refusal="CI is set")
    plan = spare(config(), facts(spares=seen), Options(delete=True))
    assert plan == Plan(steps=(ClearSpares(FOLDER, (".db.base", ".db.making")),))
    assert spare(config(), facts(), Options(delete=True)) == Plan(notes=("there is none",))


def test_no_spare_is_made_while_nobody_can_tell_which() -> None:
    two = facts(history=TWO_HEADS)
    assert spare(config(), two, Options()).notes == ("no spare is made: there are several heads: b2, b9",)
    lacks = facts(engine=replace(facts().engine, missing_images=("postgres:17",)))
    assert spare(config(), lacks, Options()).notes == ("no spare is made: this machine lacks postgres:17",)
    refused = facts(spares=Spares(refusal="CI is set"))
    assert spare(config(), refused, Options()).notes == ("no spare is made: CI is set",)
