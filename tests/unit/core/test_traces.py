"""A seed has a trace by its transactions, its rows, or a session that was there before."""

from dataclasses import replace

import pytest

from nox_alembic.core.traces import Counters, has_trace, without_trace

BEFORE = Counters(sessions=10, transactions=40, rows=300, active=1000.0)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ({}, False),
        # Health checks that log in, and do nothing.
        ({"sessions": 13, "transactions": 43}, False),
        # A seed whose rows are there already.
        ({"sessions": 11, "transactions": 42}, True),
        ({"sessions": 14, "transactions": 45}, True),
        ({"rows": 301}, True),
        # A pool's session that is counted later.
        ({"active": 1000.5}, True),
        # Statistics that were reset, or lost with a server that ended.
        ({"sessions": 0, "transactions": 1, "rows": 0}, True),
    ],
)
def test_more_than_a_login_is_a_trace(after: dict[str, int], found: bool) -> None:
    assert has_trace(BEFORE, replace(BEFORE, **after)) is found


def test_before_postgresql_14_a_login_alone_is_a_trace() -> None:
    older = replace(BEFORE, sessions=None)
    assert has_trace(older, replace(older, transactions=41))
    assert not has_trace(older, older)


def test_the_warning_names_the_place_and_what_could_have_led_there() -> None:
    assert without_trace(("python", "seed.py"), "postgresql://dds@db:5432/app", {"PGHOST": "db", "PGPORT": "5432"}) == (
        "the seed command `python seed.py` ended well, and has done nothing in postgresql://dds@db:5432/app: it was"
        ' given PGHOST=db, PGPORT=5432. Let it connect by these, or give it what it reads by "alembic-variables";'
        " `nox -s reset` runs it again"
    )
