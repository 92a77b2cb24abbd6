"""Finds the table in which Alembic keeps the revisions of a database.

env.py chooses its name and its schema, or a search_path does. What Alembic's worker has
told is kept as a note where it is not found by itself.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import psycopg2
import psycopg2.extensions

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.postgres.connection import connected, keep_note

NOTE = "version_table"
SETTING = f"nox_alembic.{NOTE}"
# How the comment begins that `fingerprints` writes on the table.
COMMENT = "nox-alembic "


@frozen
class VersionTable:
    """The table with its schema, quoted where that is needed; "" where there is none.

    `is_sure` is false where another table may be meant.
    """

    name: str
    is_sure: bool = True


# The note and whether its table is there, and the table of Alembic's own name, as most
# have it.
_USUAL = r"""
SELECT coalesce(noted, ''), to_regclass(noted) IS NOT NULL, usual.name,
    coalesce(starts_with(obj_description(usual.oid, 'pg_class'), %s), false)
FROM (SELECT nullif(current_setting(%s, true), '') AS noted) note LEFT JOIN (
    SELECT c.oid, quote_ident(nspname) || '.' || quote_ident(relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = to_regclass('alembic_version')
) usual ON true
"""
# All that look like Alembic's, those with our comment first.
_ALL = r"""
SELECT coalesce(starts_with(obj_description(c.oid, 'pg_class'), %s), false) AS ours,
    c.oid IS NOT DISTINCT FROM to_regclass('alembic_version') AS usual,
    quote_ident(nspname) || '.' || quote_ident(relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname !~ '^pg_' AND (c.oid = to_regclass('alembic_version') OR relnatts = 1 AND EXISTS (
    SELECT FROM pg_attribute a WHERE attrelid = c.oid AND attname = 'version_num' AND atttypid = 'varchar'::regtype))
ORDER BY ours DESC, usual DESC
"""


def find(cursor: psycopg2.extensions.cursor) -> VersionTable:
    """Return the table of the cursor's database.

    The noted one comes first, then one with our comment, then Alembic's own name, then
    the only one that looks like it. A noted one that is not there is none.
    """
    cursor.execute(_USUAL, (COMMENT, SETTING))
    row: Any = cursor.fetchone()
    noted, is_there, usual, is_ours = row
    if noted:
        return VersionTable(noted if is_there else "")
    return VersionTable(usual) if is_ours else _found(cursor)


def _found(cursor: psycopg2.extensions.cursor) -> VersionTable:
    """Return the table that is found without a note."""
    cursor.execute(_ALL, (COMMENT,))
    rows: list[Any] = cursor.fetchall()
    if not rows:
        return VersionTable("")
    (is_ours, is_usual, name), others = rows[0], rows[1:]
    if is_ours:
        return VersionTable(name, is_sure=not any(other[0] for other in others))
    if is_usual or not others:
        return VersionTable(name, is_sure=not others)
    return VersionTable("", is_sure=False)


def is_found(address: DatabaseAddress) -> bool:
    """Return whether the table of a database is known, or nothing can be known now."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        return find(cursor).is_sure
    return True


def keep(address: DatabaseAddress, told: Sequence[str]) -> None:
    """Note the table that a run of env.py has told, if it is not found by itself.

    Where a run was for several schemas, one that is found by itself comes first.
    """
    if not told:
        return
    with connected(address) as cursor:
        found = _found(cursor)
        known = found.name if found.name in told else told[0]
        noted = "" if found.is_sure and found.name in {"", known} else known
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", (SETTING,))
        row: Any = cursor.fetchone()
        if row[0] != noted:
            keep_note(cursor, address.name, NOTE, noted)


def leave_out(cursor: psycopg2.extensions.cursor) -> None:
    """Let queries of this session leave out the table, by `EXCLUDED`."""
    name = find(cursor).name
    cursor.execute("SELECT set_config('nox_alembic.left_out', %s, false)", (name,))


# For a query after `leave_out`: the number of the table, NULL where there is none.
EXCLUDED = "(SELECT to_regclass(nullif(current_setting('nox_alembic.left_out', true), '')))"
