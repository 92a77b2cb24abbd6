"""What is said of a copy that could not be made: the cause that there was, and a way on."""

import pytest

from nox_alembic.core.copies.uncopied import Cause, not_kept, not_made, not_rehearsed
from nox_alembic.core.failures.locks import CURE
from tests.unit.core.make import ADDRESS

FULL = "make room if the disk is full, then `nox -s dev` starts what is down"
ENDS = '`nox -s sql -- -c "SELECT pg_terminate_backend(12)"` ends that'


@pytest.mark.parametrize(
    ("cause", "cure"),
    [
        (Cause(said='could not extend file "base/1": No space left on device'), FULL),
        (Cause(said="pg_dump: error: could not write: No space left on device", dumped=True, pids=(12,)), FULL),
        (Cause(said="server closed the connection unexpectedly", ended=True), FULL),
        (
            Cause(said="permission denied to create database", right=True),
            "`ALTER ROLE ... CREATEDB` by a superuser gives the right",
        ),
        (
            Cause(said="ERROR:  canceling statement due to lock timeout", dumped=True, pids=(12,)),
            f"a dump was made, since somebody is at work: {ENDS}, and the files are copied",
        ),
        (
            Cause(said="ERROR:  function g(integer) does not exist", dumped=True),
            "a dump was made, since the server refused to copy the files: mend what PostgreSQL says, above",
        ),
        (
            Cause(said="ERROR:  out of shared memory", dumped=True, pids=(1,)),
            CURE,
        ),
        (Cause(said="tablespace is gone"), "mend what PostgreSQL says, above"),
    ],
)
def test_each_cause_has_its_cure(cause: Cause, cure: str) -> None:
    error = not_kept("app", cause)
    assert (error.id, error.message) == ("NA635", 'the database "app" could not be copied for `undo`, and is as it was')
    assert (error.hint, error.detail) == (f"{cure}; `undo-limit = 0` keeps nothing", cause.said)
    assert not_made("app__new", cause).hint == f"{cure}; nothing was changed"


def test_a_rehearsal_can_be_done_without() -> None:
    error = not_rehearsed(ADDRESS, Cause(said="no", dumped=True, pids=(1, 2)))
    assert (error.id, error.message) == ("NA436", 'the database "ddsurveys" could not be copied, and is as it was')
    assert error.hint == (
        'a dump was made, since somebody is at work: `nox -s sql -- -c "SELECT pg_terminate_backend(pid) FROM'
        ' unnest(ARRAY[1, 2]) AS pid"` ends that, and the files are copied; `nox -s downgrade` and `nox -s migrate` do'
        " it without a rehearsal"
    )
