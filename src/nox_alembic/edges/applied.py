"""Which bytes of each revision file the database was upgraded with, kept inside the database itself.

As the comment of Alembic's own table: no table of ours to be found by an autogenerate, of any size, in the same
transaction, and it goes where the data goes: into dumps, templates and copies.
"""

import contextlib
import json
from collections.abc import Mapping

import psycopg2
from psycopg2 import errors, sql

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.connection import connected

PREFIX = "nox-alembic "


def read(address: DatabaseAddress) -> Mapping[str, str]:
    """Return the SHA-256 (hex) of each revision's file at its upgrade, by revision id; empty when none is kept."""
    with contextlib.suppress(psycopg2.OperationalError, errors.UndefinedTable), connected(address) as cursor:
        cursor.execute("SELECT obj_description('alembic_version'::regclass, 'pg_class')")
        row = cursor.fetchone()
        return _parse(row[0] if row else None)
    return {}


def write(address: DatabaseAddress, digests: Mapping[str, str]) -> None:
    """Keep `digests`, and nothing of what was kept before; a comment of somebody else's is left alone."""
    with contextlib.suppress(errors.UndefinedTable), connected(address) as cursor:
        cursor.execute("SELECT obj_description('alembic_version'::regclass, 'pg_class')")
        row = cursor.fetchone()
        comment = row[0] if row else None
        if comment is None or comment.startswith(PREFIX):
            text = PREFIX + json.dumps(dict(sorted(digests.items())), separators=(",", ":"))
            cursor.execute(sql.SQL("COMMENT ON TABLE alembic_version IS {}").format(sql.Literal(text)))


def _parse(comment: str | None) -> Mapping[str, str]:
    if comment is None or not comment.startswith(PREFIX):
        return {}
    try:
        found = json.loads(comment.removeprefix(PREFIX))
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
