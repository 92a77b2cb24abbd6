"""What a database shows after a migration failed in it: what a cure may build on."""

import contextlib
from dataclasses import replace
from typing import Any

import psycopg2
import psycopg2.extensions

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.failure import Failure
from nox_alembic.edges.postgres.connection import connected


def probe(address: DatabaseAddress, failure: Failure) -> Failure:
    """Return the failure with what the database shows now.

    The failure comes back unchanged when the database does not answer.
    """
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        return replace(
            failure,
            server_major=cursor.connection.server_version // 10000,
            blockers=tuple(blocker for blocker in failure.blockers if _is_there(cursor, _SESSION, blocker.pid)),
            has_column=_is_there(cursor, _COLUMN, failure.schema, failure.table, failure.column),
            has_constraint=_is_there(cursor, _CONSTRAINT, failure.constraint, failure.schema, failure.constraint),
            extension_available=_is_there(cursor, _EXTENSION, failure.extension),
        )
    return failure


_SESSION = "SELECT FROM pg_stat_activity WHERE pid = %s"
_EXTENSION = "SELECT FROM pg_available_extensions WHERE name = %s"
_COLUMN = "SELECT FROM information_schema.columns WHERE (table_schema, table_name, column_name) = (%s, %s, %s)"
# A unique index need not belong to a constraint, nor a constraint have an index.
_CONSTRAINT = """
SELECT FROM pg_constraint WHERE conname = %s
UNION ALL SELECT FROM pg_class WHERE relnamespace::regnamespace::text = %s AND relname = %s AND relkind = 'i'
"""


def _is_there(cursor: psycopg2.extensions.cursor, query: str, *values: Any) -> bool:
    cursor.execute(query, values)
    return cursor.fetchone() is not None
