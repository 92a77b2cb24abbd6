"""What comes from outside is no bug of ours: a full disk, a server that ended."""

import errno
import os

import psycopg2
import pytest
from psycopg2 import errors

from nox_alembic.edges.system.unexpected import explained

ROOM = "make room, then `nox -s dev` starts what is down; `nox -s undo -- --list` shows what is kept"
FULL = os.strerror(errno.ENOSPC)


class DiskFullError(errors.DiskFull):
    """As the server gives it: its code is set by the driver only."""

    pgcode = "53100"


@pytest.mark.parametrize(
    ("error", "id_", "message", "hint"),
    [
        (
            OSError(errno.ENOSPC, FULL, "/state/backend.json"),
            "NA903",
            "the disk is full: /state/backend.json could not be written",
            ROOM,
        ),
        (OSError(errno.ENOSPC, FULL), "NA903", "the disk is full", ROOM),
        (
            DiskFullError('could not extend file "base/5"\nHINT:  Check free disk space.\n'),
            "NA903",
            'the database\'s disk is full: could not extend file "base/5"',
            ROOM,
        ),
        (
            psycopg2.OperationalError("server closed the connection unexpectedly\n\tThis probably means\n"),
            "NA904",
            "the database server ended, or ended the connection: server closed the connection unexpectedly",
            "`nox -s logs -- database` shows why, a full disk for one; `nox -s dev` starts what is down",
        ),
    ],
)
def test_a_full_disk_and_a_server_that_ended_are_told(error: Exception, id_: str, message: str, hint: str) -> None:
    found = explained(error)
    assert found is not None
    assert (found.id, found.message, found.hint) == (id_, message, hint)


@pytest.mark.parametrize("error", [KeyError("x"), PermissionError(errno.EACCES, "x"), psycopg2.ProgrammingError("x")])
def test_all_else_is_a_bug(error: Exception) -> None:
    assert explained(error) is None
