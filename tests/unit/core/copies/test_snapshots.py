"""What a snapshot may be called, what its sidecar must say, and which one may be restored."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nox_alembic.core.copies.snapshots import (
    Damaged,
    Shelf,
    checked_name,
    parse_sidecar,
    refuse_newer,
    refuse_strangers,
    state_of,
)
from nox_alembic.core.errors import NoxAlembicError
from tests.unit.core.make import SAVED, chain, told

OTHER = replace(SAVED, name="after", at="2026-11-26T08:00:00.000Z")
SHELF = Shelf((SAVED, OTHER), (Damaged("cut", "x has 1 bytes, and was saved with 2"),))


def refusal(act: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(NoxAlembicError) as error:
        act()
    return told(error)


@pytest.mark.parametrize("name", ["a", "before-rooms", "2026.11_x", "x" * 100, "condition", "com10"])
def test_names_that_are_good_on_every_file_system(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".x", "-x", "x.", "a/b", "a\\b", "a b", "é", "x" * 101, "nul", "COM1.x", "a\n", "a:b"]
)
def test_a_name_that_is_not_is_refused(name: str) -> None:
    assert refusal(lambda: checked_name(name)) == (
        "NA601",
        f"{name!r} cannot be the name of a snapshot: it becomes the name of a folder on any system",
        'letters, digits, ".", "_" and "-", at most 100, from a letter or digit on, such as "before-rooms"',
    )


def test_an_unknown_name_names_the_nearest_and_lists_all() -> None:
    message = 'there is no snapshot "befor-rooms" in this environment. Did you mean "before-rooms"?'
    expected = ("NA602", message, "the snapshots are: after, before-rooms, cut")
    assert refusal(lambda: SHELF.named("befor-rooms")) == expected
    assert refusal(lambda: SHELF.require("befor-rooms")) == expected


def test_without_any_snapshot_the_hint_makes_one() -> None:
    assert refusal(lambda: Shelf().named("x")) == (
        "NA602",
        'there is no snapshot "x" in this environment.',
        "`nox -s snapshot -- save x` makes one",
    )


def test_a_damaged_one_says_why_and_can_be_deleted() -> None:
    assert refusal(lambda: SHELF.named("cut")) == (
        "NA603",
        'the snapshot "cut" is damaged: x has 1 bytes, and was saved with 2',
        "`nox -s snapshot -- delete cut` removes it",
    )
    SHELF.require("cut")


def test_a_taken_name_is_refused_in_any_case() -> None:
    assert refusal(lambda: SHELF.require_free("AFTER")) == (
        "NA604",
        'there is a snapshot "after" already',
        "choose another name, or `nox -s snapshot -- delete after` removes that one",
    )
    SHELF.require_free("afterwards")


def test_a_snapshot_of_a_newer_server_is_refused_and_one_of_the_same_or_an_older_is_not() -> None:
    newer = replace(SAVED, server_version="19.0")
    assert refusal(lambda: refuse_newer(newer, "18.6")) == (
        "NA605",
        'the snapshot "before-rooms" is of PostgreSQL 19.0, and the server is 18.6: an older one cannot read it',
        "start PostgreSQL 19, then the same command again",
    )
    for version in ("18.7", "18.1", "9.6"):
        refuse_newer(replace(SAVED, server_version=version), "18.6")


@pytest.mark.parametrize(("branch", "where"), [("rooms", "`git switch rooms`"), ("", "switch to its branch")])
def test_revisions_of_another_branch_cannot_be_migrated(branch: str, where: str) -> None:
    assert refusal(lambda: refuse_strangers(replace(SAVED, branch=branch), ("x9",))) == (
        "NA606",
        'the snapshot "before-rooms" is at x9, which has no file on this branch',
        f"{where}, or restore it without `--migrate`",
    )


def test_the_sidecar_comes_back_as_it_was_written() -> None:
    assert parse_sidecar(SAVED.as_json(), name=SAVED.name, environment="dev") == SAVED


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([], "it is not an object"),
        ({}, '"name" is None'),
        ({**SAVED.as_json(), "size": "12"}, "\"size\" is '12'"),
        ({**SAVED.as_json(), "size": True}, '"size" is True'),
        ({**SAVED.as_json(), "revisions": [1]}, '"revisions" is [1]'),
        ({**SAVED.as_json(), "name": "other"}, 'its name is "other", not "before-rooms"'),
        ({**SAVED.as_json(), "environment": "test"}, 'its environment is "test", not "dev"'),
    ],
)
def test_a_sidecar_that_says_something_else_is_not_believed(found: object, says: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared below
        parse_sidecar(found, name="before-rooms", environment="dev")
    assert str(error.value) == says


@given(st.recursive(st.none() | st.integers() | st.text(), lambda more: st.dictionaries(st.text(), more)))
def test_no_sidecar_whatever_makes_anything_but_a_value_error(found: object) -> None:
    with pytest.raises(ValueError, match="is"):
        parse_sidecar(found, name="x", environment="dev")


def test_where_a_snapshot_stands_in_the_history() -> None:
    history = chain("a1", "b2", "c3")
    assert state_of(SAVED, history) == "at head"
    assert state_of(replace(SAVED, revisions=("a1",)), history) == "2 behind head"
    assert state_of(replace(SAVED, revisions=()), history) == "3 behind head"
    assert state_of(replace(SAVED, revisions=("x9",)), history) == "not on this branch"


def test_all_but_the_newest_are_old() -> None:
    assert SHELF.beyond(1) == (SAVED,)
    assert SHELF.beyond(0) == (SAVED, OTHER)
    assert SHELF.beyond(5) == ()
