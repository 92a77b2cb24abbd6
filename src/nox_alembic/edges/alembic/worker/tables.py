"""Tells in which table Alembic keeps the revisions, as a run of env.py has it."""

from __future__ import annotations

from typing import Any

# Where the names are among the attributes of Alembic's configuration.
TABLES = "nox_alembic_tables"
# Without a schema of its own it is the table that the session sees, or would make.
_NAME = """
SELECT pg_catalog.quote_ident(coalesce({schema}, (
    SELECT nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident({table}))
), pg_catalog.current_schema()::text, 'public')) || '.' || pg_catalog.quote_ident({table})
"""


def name_of(context: Any) -> str:
    """Return the table of a MigrationContext with its schema, quoted if need be."""
    query = _NAME.format(schema=_literal(context.version_table_schema), table=_literal(context.version_table))
    connection = context.connection
    is_idle = not connection.in_transaction()
    driver = connection.connection
    cursor = driver.cursor()
    try:
        cursor.execute(query)
        row = cursor.fetchone()
    finally:
        cursor.close()
        if is_idle:
            driver.commit()
    return str(next(iter(row.values())) if isinstance(row, dict) else row[0])


def _literal(text: str | None) -> str:
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"
