"""What a database shows after a migration failed in it: what is left behind, and what a cure may build on."""

import contextlib
from dataclasses import replace
from typing import Any

import psycopg2
import psycopg2.extensions

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures import Failure
from nox_alembic.edges.connection import connected


def look(address: DatabaseAddress, failure: Failure) -> Failure:
    """Return the failure with what is found in the database now; as it was when the database does not answer."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        return replace(
            failure,
            server_major=cursor.connection.server_version // 10000,
            invalid_indexes=_invalid_indexes(cursor),
            blockers=tuple(blocker for blocker in failure.blockers if _is_there(cursor, _SESSION, blocker.pid)),
            has_column=_is_there(cursor, _COLUMN, failure.schema, failure.table, failure.column),
            has_constraint=_is_there(cursor, _CONSTRAINT, failure.constraint, failure.schema, failure.constraint),
            extension_available=_is_there(cursor, _EXTENSION, failure.extension),
        )
    return failure


_SESSION = "SELECT FROM pg_stat_activity WHERE pid = %s"
_EXTENSION = "SELECT FROM pg_available_extensions WHERE name = %s"
_COLUMN = "SELECT FROM information_schema.columns WHERE (table_schema, table_name, column_name) = (%s, %s, %s)"
# A unique index need not belong to a constraint, and a constraint need not have an index.
_CONSTRAINT = """
SELECT FROM pg_constraint WHERE conname = %s
UNION ALL SELECT FROM pg_class WHERE relnamespace::regnamespace::text = %s AND relname = %s AND relkind = 'i'
"""
# One that is being built is not valid yet, and the index of a partitioned table is never built itself.
_INVALID = """
SELECT format('%s%I', CASE WHEN n.nspname = 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END, c.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i'
  AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
ORDER BY 1
"""


def _invalid_indexes(cursor: psycopg2.extensions.cursor) -> tuple[str, ...]:
    cursor.execute(_INVALID)
    return tuple(row[0] for row in cursor.fetchall())


def _is_there(cursor: psycopg2.extensions.cursor, query: str, *values: Any) -> bool:
    cursor.execute(query, values)
    return cursor.fetchone() is not None
