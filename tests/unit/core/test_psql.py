"""The arguments of psql: files that it cannot see, and when nobody is there to see an error."""

import pytest

from nox_alembic.core.psql import Psql


@pytest.mark.parametrize(
    ("typed", "words", "files", "asks"),
    [
        ((), (), (), True),
        (("-c", "SELECT 1"), ("-c", "SELECT 1"), (), False),
        (("-cSELECT 1",), ("-cSELECT 1",), (), False),
        (("-f", "a.sql"), ("--file", "-"), ("a.sql",), False),
        (("-fa.sql", "--file=b.sql", "--file", "c.sql"), ("--file", "-"), ("a.sql", "b.sql", "c.sql"), False),
        (("-f", "-"), ("-f", "-"), (), False),
        (("-At", "-v", "-f=1", "--pset", "-f"), ("-At", "-v", "-f=1", "--pset", "-f"), (), True),
        (("-l",), ("-l",), (), False),
    ],
)
def test_files_are_read_from_standard_input(
    typed: tuple[str, ...], words: tuple[str, ...], files: tuple[str, ...], asks: bool
) -> None:
    assert Psql.of(typed) == Psql(words, files, asks)


def test_the_first_error_ends_it_unless_a_person_sees_it() -> None:
    assert Psql.of(()).run_by(terminal=True) == ()
    assert Psql.of(()).run_by(terminal=False) == ("--set=ON_ERROR_STOP=1",)
    assert Psql.of(("-c", "x")).run_by(terminal=True) == ("--set=ON_ERROR_STOP=1", "-c", "x")
