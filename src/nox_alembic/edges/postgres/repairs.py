"""Repairs what a failed or a manual migration left: the revisions, and indexes.

The revisions are those that the database says it is at.
"""

from collections.abc import Callable, Sequence

import psycopg2
from psycopg2 import errors, extensions, sql

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import version_table
from nox_alembic.edges.postgres.connection import connected

LOCK_SECONDS = 10
# As Alembic makes it.
_TABLE = "CREATE TABLE IF NOT EXISTS {} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {} PRIMARY KEY (version_num))"


def stamp(address: DatabaseAddress, before: Sequence[str], after: Sequence[str], told: Callable[[], str]) -> None:
    """Make the database say that it is at `after`, all at once.

    `told` returns the name of Alembic's table where there is none yet. Raises
    FailedError (NA450), and changes nothing, when the database does not say `before`
    any more.
    """
    with connected(address) as cursor:
        table = version_table.find(cursor).name or told()
        cursor.connection.autocommit = False
        try:
            _stamp(cursor, table, before, after)
            cursor.connection.commit()
        except errors.LockNotAvailable:
            message = f"the table {table} was in use for {LOCK_SECONDS} seconds"
            raise FailedError("NA450", message, hint="let the migration end that uses it, and repeat it") from None
        finally:
            cursor.connection.rollback()


def drop_index(address: DatabaseAddress, name: str) -> None:
    """Drop an index without blocking other sessions; raises FailedError (NA451).

    `name` is quoted already.
    """
    with connected(address) as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        try:
            cursor.execute(sql.SQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
        except psycopg2.Error as error:
            message = f"the index {name} could not be dropped: {str(error).strip()}"
            hint = "let the transaction end that uses it, and `nox -s repair`"
            raise FailedError("NA451", message, hint=hint) from None


def _stamp(cursor: extensions.cursor, table: str, before: Sequence[str], after: Sequence[str]) -> None:
    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    known = sql.SQL(table)  # quoted already
    name = table.rpartition(".")[2].strip('"')
    key = sql.Identifier(f"{name}_pkc")
    cursor.execute(sql.SQL(_TABLE).format(known, key))
    cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(known))
    cursor.execute(sql.SQL("SELECT version_num FROM {}").format(known))
    found = {row[0] for row in cursor.fetchall()}
    if found != set(before):
        message = f"the database is at {_shown(found)} by now, and no more at {_shown(before)}: nothing was marked"
        raise FailedError("NA450", message, hint="repeat it to see the consequences anew")
    cursor.execute(sql.SQL("DELETE FROM {}").format(known))
    cursor.executemany(sql.SQL("INSERT INTO {} VALUES (%s)").format(known), [(one,) for one in after])


def _shown(revisions: Sequence[str] | set[str]) -> str:
    return ", ".join(sorted(revisions)) or "base"
