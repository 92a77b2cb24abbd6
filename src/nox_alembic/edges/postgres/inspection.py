"""Inspects a database: what it consists of, and which of its indexes are invalid."""

import contextlib

import psycopg2

from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.connection import connected

_INVALID = """
SELECT c.oid::regclass::text, t.oid::regclass::text,
       CASE WHEN EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid) THEN 'building'
            WHEN c.relkind = 'I' THEN 'partitioned'
            WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
            THEN 'constraint'
            ELSE 'left' END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = i.indrelid
WHERE NOT i.indisvalid AND n.nspname !~ '^pg_'
ORDER BY 1
"""

_OBJECTS = """
SELECT concat_ws('.', nullif(n.nspname, 'public'), c.relname), a.attname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


def invalid_indexes(address: DatabaseAddress) -> tuple[InvalidIndex, ...]:
    """Return the indexes that no query uses, none when the database does not answer."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        cursor.execute(_INVALID)
        return tuple(InvalidIndex(name, table, state) for name, table, state in cursor.fetchall())
    return ()


def objects(address: DatabaseAddress) -> frozenset[str]:
    """Return the tables and their columns, as "t" and "t.c".

    The schema comes before the table where it is not `public`.
    """
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        cursor.execute(_OBJECTS)
        rows = cursor.fetchall()
        return frozenset({table for table, _ in rows} | {f"{table}.{column}" for table, column in rows if column})
    return frozenset()
