"""A copy of a database, with all its data, beside the original and for a moment.

A run that is killed leaves its copy behind. The next one drops it: what has a name of ours, our mark, and the comment
of this very database.
"""

import contextlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.errors import FailedError, PreconditionError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.copying import Client, copy_at_once, fill_by_dump
from nox_alembic.edges.postgres.settings_of import beside, copy_settings, drop, likeness

NAME = re.compile(r"nox_alembic_rehearsal_[0-9a-f]{8}")
# The mark is a limit that nobody types by accident: unlike a comment it is there from the first instant on.
MARK = 1913
COMMENT = "nox-alembic: for a moment, beside the database "


@contextlib.contextmanager
def copied(address: DatabaseAddress, client: Client) -> Iterator[DatabaseAddress]:
    """Yield a copy of the database, and drop it afterwards; `client` gives the server's own pg_dump and psql.

    By PostgreSQL's own copy where nobody else is connected, since that needs the database for itself; else by a dump,
    which disturbs nobody. Raises FailedError (NA436) when neither succeeds.
    """
    with beside(address) as cursor:
        _drop_leftovers(cursor, address)
        copy = replace(address, name=_new_name())
        try:
            create = partial(_create, cursor, address, copy)
            if not copy_at_once(cursor, address.name, create):
                create(likeness(cursor, address.name))
                if problem := fill_by_dump(client, address, copy.name):
                    raise _not_copied(address, problem)
            copy_settings(address, copy.name, of_role=True)
            yield copy
        finally:
            _drop_again(cursor, copy.name)


def _new_name() -> str:
    return f"nox_alembic_rehearsal_{secrets.token_hex(4)}"


def _create(cursor: Cursor, address: DatabaseAddress, copy: DatabaseAddress, options: sql.Composable) -> None:
    name = sql.Identifier(copy.name)
    try:
        cursor.execute(sql.SQL("CREATE DATABASE {} CONNECTION LIMIT {} {}").format(name, sql.Literal(MARK), options))
        cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(COMMENT + address.name)))
    except errors.InsufficientPrivilege as error:
        message = f'the user "{address.user}" may not create a database to rehearse in: {str(error).strip()}'
        raise PreconditionError(
            "NA436", message, hint=f'as a superuser: `ALTER ROLE "{address.user}" CREATEDB`'
        ) from None
    except errors.ObjectInUse:
        raise
    except psycopg2.Error as error:
        raise _not_copied(address, str(error)) from None


def _not_copied(address: DatabaseAddress, detail: str) -> FailedError:
    message = f'the database "{address.name}" could not be copied, and is as it was'
    return FailedError("NA436", message, hint="PostgreSQL says why, above", detail=detail)


def _drop_leftovers(cursor: Cursor, address: DatabaseAddress) -> None:
    """Drop what killed runs left; one that died between two statements left no comment."""
    cursor.execute(
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datconnlimit = %s", (MARK,)
    )
    for name, comment in cursor.fetchall():
        if NAME.fullmatch(name) and comment in {None, COMMENT + address.name}:
            _drop(cursor, name)


def _drop_again(cursor: Cursor, name: str) -> None:
    """Drop what this run has made; where the server is gone, that is not the news, and the next run does it."""
    with contextlib.suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
        _drop(cursor, name)


def _drop(cursor: Cursor, name: str) -> None:
    if not drop(cursor, name):
        message = f'the database "{name}", which was made for a rehearsal, is still in use'
        raise FailedError("NA436", message, hint="the next `nox -s reapply` drops it")
