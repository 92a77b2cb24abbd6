"""The wait for a database: what ends it early. The address leads nowhere: nothing is connected to."""

import pytest

from nox_alembic.core.errors import FailedError, PreconditionError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import server


def test_a_server_that_ends_between_two_looks_is_told_with_its_last_words() -> None:
    """Its port is gone with it, which must not hide why it ended."""
    lives = iter([True, False])

    def address() -> DatabaseAddress:
        raise PreconditionError("NA202", "no port", hint="none")

    with pytest.raises(FailedError) as error:
        server.await_ready(address, lambda: next(lives), lambda: "out of luck", 5)
    assert (error.value.id, error.value.detail) == ("NA205", "out of luck")


def test_a_wait_ends_after_its_time_with_the_last_reason() -> None:
    nowhere = DatabaseAddress(host="127.0.0.1", port=1, user="u", name="n", password="p")
    with pytest.raises(FailedError) as error:
        server.await_ready(lambda: nowhere, lambda: True, lambda: "log", 0)
    assert error.value.id == "NA201"
    assert "Connection refused" in error.value.message
