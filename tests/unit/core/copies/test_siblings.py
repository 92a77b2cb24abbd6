"""Which databases of a server are ours, by name and by mark."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nox_alembic.core.copies.siblings import (
    Mark,
    Sibling,
    before_name,
    is_ours,
    leftovers,
    new_name,
    parse_mark,
    spare_name,
    unfinished,
)

NEW = Mark(role="new", of="app", environment="dev", verb="snapshot restore", at="2026-11-25T20:15:00.123Z")
SPARE = replace(NEW, role="spare", revisions=("c3",), digest="00ff", seeded=True)
BEFORE = replace(NEW, role="before", revisions=("c3",), comment="theirs, with a % and a 'quote'")


def test_names_say_of_what_and_since_when() -> None:
    assert new_name("app") == "app__new"
    assert before_name("app", NEW.at) == "app__before_20261125t201500123z"


@given(st.text(min_size=1, max_size=80).filter(lambda text: "\0" not in text))
def test_a_name_never_gets_longer_than_the_server_keeps(database: str) -> None:
    spares = [spare_name(database, seeded=seeded) for seeded in (True, False)]
    for name in (new_name(database), before_name(database, NEW.at), *spares):
        assert len(name.encode("utf-8", "surrogatepass")) <= 63


@pytest.mark.parametrize("mark", [NEW, BEFORE, SPARE])
def test_a_mark_comes_back_as_it_was_written(mark: Mark) -> None:
    assert parse_mark(mark.text) == mark


@pytest.mark.parametrize(
    "comment", [None, "", "production", "nox-alembic ", "nox-alembic []", "nox-alembic {}", 'nox-alembic {"role":"x"}',
                BEFORE.text.replace('"before"', '"other"')],
)  # fmt: skip
def test_a_comment_of_somebody_else_is_no_mark(comment: str | None) -> None:
    assert parse_mark(comment) is None


@pytest.mark.parametrize(
    ("name", "mark", "ours"),
    [
        ("app__new", NEW, True),
        ("app__before_20261125t201500123z", BEFORE, True),
        ("app__making", replace(NEW, role="making"), True),
        ("app__making", NEW, False),
        ("app__new", replace(NEW, role="making"), False),
        ("app__new", None, False),
        ("app__new", replace(NEW, of="other"), False),
        ("app__new2", NEW, False),
        ("app__before_20261125t201500123z", NEW, False),
        ("app__new", BEFORE, False),
        ("app__before_yesterday", BEFORE, False),
        ("other__before_20261125t201500123z", BEFORE, False),
        ("app__before_20261125t201500123z_mine", BEFORE, False),
        ("app", BEFORE, False),
        ("app__spare", SPARE, True),
        ("app__base", replace(SPARE, seeded=False), True),
        ("app__base", SPARE, False),
        ("app__new", SPARE, False),
    ],
)
def test_only_the_exact_name_with_the_mark_is_ours(name: str, mark: Mark | None, ours: bool) -> None:
    assert is_ours("app", name, mark) is ours


def test_what_was_never_finished_goes_and_so_does_what_is_not_kept_any_more() -> None:
    made, stays, goes = Sibling("app__new", NEW), Sibling("b1", BEFORE), Sibling("a2", BEFORE)
    others = Sibling("c3", replace(BEFORE, environment="two"))
    assert unfinished([made, stays]) == ("app__new",)
    assert leftovers([stays, goes, others, made], "dev", ["b1"]) == ("app__new", "a2")
    assert leftovers([], "dev", ["b1"]) == ()
