"""Compares the space that a copy of the database needs with the free space."""

import contextlib
import shutil
from pathlib import Path
from typing import Any

import psycopg2

from nox_alembic.core.copies.space import Room
from nox_alembic.core.facts import DatabaseAddress, DataLocation
from nox_alembic.edges.postgres.connection import connected
from nox_alembic.edges.postgres.version_table import EXCLUDED, leave_out

# A copy is made of what its user owns, and belongs to the same owner.
_ROOM = """
SELECT pg_database_size(d.oid),
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
               AND c.oid IS DISTINCT FROM {EXCLUDED}
               AND NOT EXISTS (SELECT FROM pg_depend e
                               WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')),
       r.rolsuper OR r.rolcreatedb, r.rolsuper OR pg_has_role(d.datdba, 'MEMBER')
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user
""".replace("{EXCLUDED}", EXCLUDED)


def probe(address: DatabaseAddress, location: DataLocation) -> Room:
    """Return the space needed and the free space.

    Where the server does not answer now, the verb reports it.
    """
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        leave_out(cursor)
        cursor.execute(_ROOM)
        row: Any = cursor.fetchone()
        size, has_tables, may_create, owns = row
        right = "" if may_create else f'the user "{address.user}" may not create databases'
        why_not = right or ("" if owns else f'the user "{address.user}" does not own the database')
        return Room(size=size, has_tables=has_tables, free=_free(location), why_not=why_not)
    return Room()


def _free(location: DataLocation) -> int | None:
    """Return the free bytes of a folder's disk.

    Returns None for a volume: it belongs to the engine, maybe in another machine.
    """
    if location.kind != "folder":
        return None
    with contextlib.suppress(OSError):
        return shutil.disk_usage(Path(location.path)).free
    return None
