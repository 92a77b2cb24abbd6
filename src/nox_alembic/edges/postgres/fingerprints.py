"""Keeps the fingerprint of each applied revision file inside the database.

The fingerprints are the comment of Alembic's own table. So autogenerate finds no table
of ours, the size is not limited, and the write is in the same transaction. The comment
goes where the data goes: into dumps, templates and copies.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence

import psycopg2
import psycopg2.extensions
from psycopg2 import errors, sql

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import version_table
from nox_alembic.edges.postgres.connection import connected, keep_note
from nox_alembic.edges.postgres.version_table import COMMENT

INTENTION = "applying"
RECORDED_AT = "recorded_at"


def read(address: DatabaseAddress) -> Mapping[str, str]:
    """Return the fingerprint (SHA-256, hex) of each applied revision's file, by id.

    The result is empty when no fingerprint is kept. A fingerprint is that of the bytes
    which our upgrade ran. For a revision that was applied without us, it is that of the
    bytes that we first saw.
    """
    with contextlib.suppress(psycopg2.OperationalError, errors.UndefinedTable), connected(address) as cursor:
        comment = _comment(cursor, version_table.find(cursor).name)
        return _parse(comment.removeprefix(COMMENT)) if _is_ours(comment) else {}
    return {}


def intend(address: DatabaseAddress, digests: Mapping[str, str]) -> None:
    """Keep the fingerprints that an upgrade is about to apply.

    So nothing is lost when the upgrade is cut off before they are recorded. They are
    kept as a setting, since a new database has no table yet. What an earlier run left
    unrecorded stays in it.
    """
    with connected(address) as cursor:
        keep_note(cursor, address.name, INTENTION, json.dumps({**_intention(cursor), **digests}, separators=(",", ":")))


def intended(address: DatabaseAddress) -> Mapping[str, str]:
    """Return the intentions since the last `write`."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        return _intention(cursor)
    return {}


def write(address: DatabaseAddress, digests: Mapping[str, str], at: Sequence[str] = ()) -> None:
    """Keep `digests` only, and drop all that was kept or intended before.

    A comment that is not ours stays. `at` is where the database is: while it stays
    there, nobody need look whether something is missing.
    """
    with contextlib.suppress(errors.UndefinedTable), connected(address) as cursor:
        table = version_table.find(cursor).name
        if table and _is_ours(_comment(cursor, table)):
            text = COMMENT + json.dumps(dict(sorted(digests.items())), separators=(",", ":"))
            cursor.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.SQL(table), sql.Literal(text)))
        keep_note(cursor, address.name, INTENTION, "")
        keep_note(cursor, address.name, RECORDED_AT, ",".join(at))


def _comment(cursor: psycopg2.extensions.cursor, table: str) -> str:
    cursor.execute("SELECT obj_description(to_regclass(nullif(%s, '')), 'pg_class')", (table,))
    row = cursor.fetchone()
    return str(row[0] or "") if row else ""


def _is_ours(comment: str) -> bool:
    return not comment or comment.startswith(COMMENT)


def _intention(cursor: psycopg2.extensions.cursor) -> Mapping[str, str]:
    cursor.execute("SELECT current_setting(%s, true)", (f"nox_alembic.{INTENTION}",))
    row = cursor.fetchone()
    return _parse(row[0] or "" if row else "")


def _parse(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
