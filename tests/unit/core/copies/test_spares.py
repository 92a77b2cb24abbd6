"""Which spare leads to what a reset makes, and why another one does not."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies import spares
from nox_alembic.core.copies.spares import Choice, Needs, Spare, Spares
from nox_alembic.core.revisions.graph import History
from tests.unit.core.make import NEEDS, SPARE, chain, config

HISTORY = chain("a1", "b2", "c3")
READY = replace(SPARE, name=".db.ready", kind="ready")
OLDER = replace(SPARE, heads=("b2",), needs=replace(NEEDS, files={"a1": "A", "b2": "B"}))


def chosen(*found: Spare, needs: Needs = NEEDS, seed: bool = True, history: History = HISTORY) -> Choice:
    return spares.choose(Spares(needs=needs, found=found), history, history.heads, seed=seed)


def test_the_seeded_one_is_used_where_it_is_what_a_reset_makes() -> None:
    assert chosen(SPARE, READY) == Choice(spare=READY)
    assert chosen(SPARE, READY, seed=False) == Choice(spare=SPARE)


def test_a_base_that_lacks_revisions_is_used_and_they_are_run() -> None:
    assert chosen(OLDER) == Choice(spare=OLDER, pending=("c3",))


def test_a_new_revision_makes_a_seeded_one_useless_since_it_has_to_come_before_the_seed() -> None:
    history, needs = chain("a1", "b2", "c3", "d4"), replace(NEEDS, files={**NEEDS.files, "d4": "D"})
    assert chosen(SPARE, READY, history=history, needs=needs) == Choice(spare=SPARE, pending=("d4",))
    assert spares.outdated(Spares(needs=needs, found=(SPARE, READY)), history, seed=True) == (".db.ready",)


CHANGES = [
    (replace(NEEDS, files={**NEEDS.files, "a1": "other"}), "a1.py has changed"),
    (replace(NEEDS, files={"a1": "A", "b2": "B"}), "c3.py has changed"),
    (replace(NEEDS, settings={"the image": "i2"}), "the image has changed"),
    (replace(NEEDS, settings={}), "the image has changed"),
    (replace(NEEDS, settings={**NEEDS.settings, "the password": "p"}), "the password has changed"),
]


@pytest.mark.parametrize(("needs", "why"), CHANGES)
def test_one_that_depends_on_what_has_changed_is_not_used(needs: Needs, why: str) -> None:
    told = f"the spare does not match: {why}; it is made anew in the background"
    assert chosen(SPARE, READY, needs=needs) == Choice(why=told)
    assert spares.missing(Spares(needs=needs, found=(SPARE, READY)), HISTORY, seed=True) == ("base", "ready")


def test_another_seed_leaves_the_base() -> None:
    assert chosen(SPARE, READY, needs=replace(NEEDS, seed="S2")) == Choice(spare=SPARE)
    told = "the spare does not match: the seed has changed; it is made anew in the background"
    assert chosen(READY, needs=replace(NEEDS, seed="S2")) == Choice(why=told)


def test_a_seed_of_which_nothing_is_known_is_run_by_the_reset_itself() -> None:
    unknown = replace(NEEDS, seed="")
    made_so = replace(READY, needs=unknown)
    assert chosen(SPARE, made_so, needs=unknown) == Choice(spare=SPARE)
    assert spares.missing(Spares(needs=unknown, found=(SPARE,)), HISTORY, seed=True) == ()


def test_one_of_another_branch_is_not_used() -> None:
    other = replace(SPARE, heads=("x9",), needs=replace(NEEDS, files={**NEEDS.files, "x9": "X"}))
    told = "the spare does not match: the revision x9 is not on this branch; it is made anew in the background"
    assert chosen(other) == Choice(why=told)


def test_where_there_is_none_nothing_is_said() -> None:
    assert chosen() == Choice()
    assert spares.choose(Spares(found=(SPARE,), refusal="none"), HISTORY, ("c3",), seed=True) == Choice()


@pytest.mark.parametrize(
    ("found", "seed", "kinds"),
    [
        ((), True, ("base", "ready")),
        ((), False, ("base",)),
        ((SPARE,), True, ("ready",)),
        ((READY,), True, ("base",)),
        ((OLDER,), True, ("base", "ready")),
        ((SPARE, READY), True, ()),
        ((SPARE,), False, ()),
    ],
)
def test_what_is_missing_is_made(found: tuple[Spare, ...], seed: bool, kinds: tuple[str, ...]) -> None:
    assert spares.missing(Spares(needs=NEEDS, found=found), HISTORY, seed=seed) == kinds


def test_a_project_without_revisions_has_a_base_too() -> None:
    needs = Needs(settings=NEEDS.settings)
    empty = replace(SPARE, heads=(), needs=needs)
    assert chosen(empty, needs=needs, history=History(), seed=False) == Choice(spare=empty)


REFUSALS = [
    ({"spare": False}, "", {}, '"spare" is false in pyproject.toml'),
    ({}, "", {"NOX_ALEMBIC_SPARE": "off"}, "NOX_ALEMBIC_SPARE is off"),
    ({}, "", {"CI": "true"}, "CI is set, where nobody comes back to them"),
    ({}, "no", {}, "the data could not change places with them: no"),
    ({"protected": True}, "", {}, 'the environment "dev" is protected, and never reset'),
    ({"alembic_in": "backend"}, "", {}, 'with `alembic-in = "backend"` Alembic reaches no other server'),
    ({}, "", {"CI": "", "NOX_ALEMBIC_SPARE": ""}, ""),
]


@pytest.mark.parametrize(("fields", "unkept", "environ", "why"), REFUSALS)
def test_where_they_would_be_of_no_use_there_are_none(
    fields: dict[str, object], unkept: str, environ: dict[str, str], why: str
) -> None:
    assert spares.refusal(config(**fields), unkept, environ) == why


def test_a_copy_that_failed_names_the_spare_and_the_cause() -> None:
    error = spares.not_copied("volumes/.db.base", OSError("No space left on device"))
    message = "the spare volumes/.db.base cannot be copied: No space left on device"
    assert (error.id, error.message, error.hint) == ("NA656", message, "`nox -s spare` tries it again")
