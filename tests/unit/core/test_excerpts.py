"""What a program printed, cut so that a person reads it."""

from nox_alembic.core.errors import FailedError
from nox_alembic.core.excerpts import FIRST, LAST, WIDTH, excerpt, shortened


def test_a_short_text_stays_as_it_is() -> None:
    text = "\n".join(f"line {number}" for number in range(FIRST + LAST + 1))
    assert excerpt(f"\n{text}\n") == text
    assert excerpt("") == ""


def test_of_a_long_text_the_first_and_the_last_lines_are_shown() -> None:
    shown = excerpt("\n".join(f"line {number}" for number in range(130_000))).splitlines()
    assert len(shown) == FIRST + 1 + LAST
    assert (shown[0], shown[FIRST], shown[-1]) == ("line 0", "... 129,950 more lines ...", "line 129999")


def test_of_a_long_line_the_beginning_and_the_end_are_shown() -> None:
    shown = excerpt("pg_dump: detail: Query was: LOCK TABLE " + "s1.t1, " * 20_000 + "s9.t9")
    assert shown.startswith("pg_dump: detail: Query was: LOCK TABLE s1.t1, s1.t1, ")
    assert shown.endswith("s1.t1, s9.t9")
    assert " more characters ... " in shown
    assert len(shown) < WIDTH + 50
    assert shortened("x" * 10, 10) == "x" * 10


def test_an_error_never_holds_more() -> None:
    error = FailedError("NA609", "x" * 100_000, hint="none", detail="y" * 100_000)
    assert (len(error.message) < 2100, len(error.detail) < WIDTH + 50) == (True, True)
