"""Which databases of a server are ours, by name and by mark."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nox_alembic.core.copies.siblings import (
    MAKING,
    ROLES,
    Mark,
    Sibling,
    is_ours,
    leftovers,
    name_of,
    ours,
    parse_mark,
    unfinished,
)

NEW = Mark(role="new", of="app", environment="dev", verb="snapshot restore", at="2026-11-25T20:15:00.123Z")
SPARE = replace(NEW, role="spare", revisions=("c3",), digest="00ff", seeded=True)
KEPT = replace(NEW, role="undo", revisions=("c3",), comment="theirs, with a % and a 'quote'")
SHADOW, REHEARSAL = replace(NEW, role="shadow"), replace(NEW, role="rehearsal")
DROPPING = replace(KEPT, role="dropping")
EARLIER = "nox-alembic: for a moment, beside the database app"


def test_names_say_of_what_and_since_when() -> None:
    names = [mark.name for mark in (NEW, KEPT, SPARE, replace(SPARE, seeded=False), REHEARSAL, SHADOW, DROPPING)]
    assert names == [
        "app__new",
        "app__before_20261125t201500123z",
        "app__spare",
        "app__base",
        "app__rehearsal",
        "app__shadow",
        "app__dropping_20261125t201500123z",
    ]


@given(st.text(min_size=1, max_size=80).filter(lambda text: "\0" not in text), st.sampled_from(ROLES))
def test_a_name_never_gets_longer_than_the_server_keeps(database: str, role: str) -> None:
    name = name_of(database, role, at=NEW.at)  # type: ignore[arg-type] # a role of ROLES
    assert len(name.encode("utf-8", "surrogatepass")) <= 63


@pytest.mark.parametrize("mark", [NEW, KEPT, SPARE, SHADOW, REHEARSAL, DROPPING])
def test_a_mark_comes_back_as_it_was_written(mark: Mark) -> None:
    assert parse_mark(mark.text) == mark


def test_what_is_kept_for_undo_is_marked_by_the_word_that_earlier_versions_read() -> None:
    assert KEPT.text.startswith('nox-alembic {"role":"before","of":"app",')


@pytest.mark.parametrize(
    "comment", [None, "", "production", "nox-alembic ", "nox-alembic []", "nox-alembic {}", 'nox-alembic {"role":"x"}',
                KEPT.text.replace('"before"', '"other"')],
)  # fmt: skip
def test_a_comment_of_somebody_else_is_no_mark(comment: str | None) -> None:
    assert parse_mark(comment) is None


@pytest.mark.parametrize(
    ("name", "mark", "expected"),
    [
        ("app__new", NEW, True),
        ("app__before_20261125t201500123z", KEPT, True),
        ("app__making", replace(NEW, role="making"), True),
        ("app__making", NEW, False),
        ("app__new", replace(NEW, role="making"), False),
        ("app__new", None, False),
        ("app__new", replace(NEW, of="other"), False),
        ("app__new2", NEW, False),
        ("app__before_20261125t201500123z", NEW, False),
        ("app__before_20261125t201500124z", KEPT, False),
        ("app__new", KEPT, False),
        ("app__before_yesterday", KEPT, False),
        ("other__before_20261125t201500123z", KEPT, False),
        ("app__before_20261125t201500123z_mine", KEPT, False),
        ("app", KEPT, False),
        ("app__spare", SPARE, True),
        ("app__base", replace(SPARE, seeded=False), True),
        ("app__base", SPARE, False),
        ("app__new", SPARE, False),
        ("app__shadow", SHADOW, True),
        ("nox_alembic_shadow", SHADOW, False),
        ("app__rehearsal", REHEARSAL, True),
        ("nox_alembic_rehearsal_00c0ffee", REHEARSAL, True),
        ("nox_alembic_rehearsal_mine", REHEARSAL, False),
        ("nox_alembic_rehearsal_00c0ffee", NEW, False),
    ],
)
def test_only_the_exact_name_with_the_mark_is_ours(name: str, mark: Mark | None, *, expected: bool) -> None:
    assert is_ours("app", name, mark) is expected


def test_the_real_database_is_never_one_of_ours_also_where_its_name_is_cut_to_the_same() -> None:
    longest = "a" * 58 + "__new"
    assert name_of(longest, "new") == longest
    assert not is_ours(longest, longest, replace(NEW, of=longest))


@pytest.mark.parametrize(
    ("name", "limit", "comment", "role"),
    [
        ("app__before_20261125t201500123z", -1, KEPT.text, "undo"),
        ("app__new", MAKING, None, "new"),
        ("app__making", MAKING, None, "making"),
        ("app__shadow", MAKING, None, "shadow"),
        ("app__shadow", -1, None, ""),
        ("app__shadow", MAKING, "theirs", ""),
        ("app__spare", MAKING, None, ""),
        ("nox_alembic_shadow", -1, None, ""),
        ("nox_alembic_rehearsal_00c0ffee", 1913, EARLIER, "rehearsal"),
        ("nox_alembic_rehearsal_00c0ffee", 1913, None, "rehearsal"),
        ("nox_alembic_rehearsal_00c0ffee", 1913, f"{EARLIER}2", ""),
        ("nox_alembic_rehearsal_00c0ffee", -1, None, ""),
        ("nox_alembic_rehearsal_mine", 1913, None, ""),
    ],
)
def test_what_was_killed_before_it_had_a_mark_is_known_by_its_limit(
    name: str, limit: int, comment: str | None, role: str
) -> None:
    assert [one.mark.role for one in ours("app", [(name, limit, comment)])] == [role] * bool(role)


def test_what_was_never_finished_goes_and_so_does_what_is_not_kept_any_more() -> None:
    made, stays, goes = Sibling("app__new", NEW), Sibling("b1", KEPT), Sibling("a2", KEPT)
    others = Sibling("c3", replace(KEPT, environment="two"))
    passing = [made, Sibling("app__shadow", SHADOW), Sibling("app__rehearsal", REHEARSAL)]
    assert unfinished([*passing, stays, Sibling("app__spare", SPARE)]) == ("app__new", "app__shadow", "app__rehearsal")
    assert leftovers([stays, goes, others, made], "dev", ["b1"]) == ("app__new", "a2")
    assert leftovers([], "dev", ["b1"]) == ()
