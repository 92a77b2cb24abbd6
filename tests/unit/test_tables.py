"""The lines of `status` and `history` on a long and on a forked history."""

from click import unstyle

from nox_alembic.core.findings.status import status_of
from nox_alembic.core.revisions.authors import Authors, Commit
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.timeline import Timeline
from nox_alembic.tables import history_lines, status_lines
from tests.unit.core.make import chain, up

HISTORY = History.of(
    [
        Revision(id="a1", message="make users", path="/p/a1.py"),
        Revision(id="b2", down=("a1",), labels=("mine",), path="/p/b2.py"),
        Revision(id="b9", down=("a1",), message="index users", path="/p/b9.py"),
    ]
)
AUTHORS = Authors({"/p/a1.py": Commit("c0ffee", "Anna", "2026-01-31T10:00:00+01:00")})
SEEN = Timeline(history=HISTORY, current=("b2", "zz"), authors=AUTHORS)


def test_a_long_history_is_told_in_short_and_with_all_in_full() -> None:
    seen = up(history=chain(*(f"r{number:02}" for number in range(14))), current=("r12",))
    short, full = ([unstyle(line) for line in status_lines(seen, status_of(seen), all_revisions=all_revisions)][3:-1]
                   for all_revisions in (False, True))  # fmt: skip
    assert short[:2] == ["  3 earlier applied, which `--all` lists", "  applied  r03  make r03"]
    assert short[-1] == "  pending  r13  make r13"
    assert (len(short), len(full)) == (12, 14)


def test_date_and_author_have_columns_where_git_tells_them() -> None:
    seen = up(history=HISTORY, current=("b2",))
    lines = [unstyle(line) for line in status_lines(seen, status_of(seen, AUTHORS), all_revisions=False)]
    assert lines[3:6] == [
        "  applied  a1  2026-01-31  Anna           make users",
        "  applied  b2              not committed",
        "  pending  b9              not committed  index users",
    ]


def test_the_graph_stands_beside_what_there_is_to_say() -> None:
    assert [unstyle(line) for line in history_lines(SEEN, boxes=True)] == [
        "the database is at zz, which has no file on this branch",
        "○  b9 (head) index users - not committed",
        "│ ●  b2 (head, database, label mine) - not committed",
        "├─╯",
        "●  a1 make users - Anna 2026-01-31",
    ]


def test_a_terminal_without_boxes_gets_ascii_and_one_without_a_database_no_states() -> None:
    lines = [unstyle(line) for line in history_lines(Timeline(history=HISTORY), boxes=False)]
    assert lines == ["o  b9 (head) index users", "| o  b2 (head, label mine)", "|-'", "o  a1 make users"]


def test_applied_and_pending_are_told_by_colour_too() -> None:
    lines = list(history_lines(SEEN, boxes=True))
    assert "\x1b[33m○" in lines[1]
    assert "\x1b[32m●" in lines[2]


def test_a_project_without_revisions_says_so() -> None:
    assert list(history_lines(Timeline(), boxes=True)) == ["the project has no revisions yet"]


def test_columns_stay_below_each_other_where_something_is_escaped() -> None:
    evil = History.of(
        [Revision(id="a\x1b[2J", message="m\u202e"), Revision(id="b2", down=("a\x1b[2J",), message="two")]
    )
    seen = up(history=evil, current=("b2",))
    lines = [unstyle(line) for line in status_lines(seen, status_of(seen), all_revisions=False)]
    assert lines[3:5] == [r"  applied  a\x1b[2J  m\u202e", r"  applied  b2        two"]
    drawn = [unstyle(line) for line in history_lines(Timeline(history=evil, current=("b2",)), boxes=True)]
    assert drawn == ["●  b2 (head, database) two", r"●  a\x1b[2J m\u202e"]
