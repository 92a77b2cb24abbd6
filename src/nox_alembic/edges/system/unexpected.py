"""Errors from outside that nobody has caught, and that are no bug of ours.

Examples are a full disk, and a server that ended in the middle of something.
"""

import errno

import psycopg2

from nox_alembic.core.errors import FailedError, NoxAlembicError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_DISK_FULL = "53100"  # PostgreSQL's code


def explained(error: Exception) -> NoxAlembicError | None:
    """Return the error to show the user for an error from outside (NA903, NA904).

    Returns None for an error of our own making.
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        place = f": {error.filename} could not be written" if error.filename else ""
        return _full(f"the disk is full{place}")
    if isinstance(error, psycopg2.Error) and error.pgcode == _DISK_FULL:
        return _full(f"the database's disk is full: {_first_line(error)}")
    if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
        message = f"the database server ended, or ended the connection: {_first_line(error)}"
        hint = "`nox -s logs -- database` shows why, a full disk for one; `nox -s dev` starts what is down"
        return FailedError("NA904", message, hint=hint)
    return None


def _full(message: str) -> NoxAlembicError:
    hint = "make room, then `nox -s dev` starts what is down; `nox -s undo -- --list` shows what is kept"
    return FailedError("NA903", message, hint=hint)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
