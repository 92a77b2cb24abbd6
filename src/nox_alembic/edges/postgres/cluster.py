"""What a running server has beside its databases: roles, settings, and how it was when its data was fresh."""

import contextlib
from typing import Any

import psycopg2
import psycopg2.extensions

from nox_alembic.core.copies.spare_databases import Cluster
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.connection import connected, keep_note

# The note in a database of how the server was when its data was fresh.
FRESH = "nox_alembic.fresh"

# Roles of PostgreSQL's own are alike everywhere. Passwords are not looked at: nothing is made otherwise by them.
_ROLES = """
SELECT r.rolname, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
       r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil,
       (SELECT string_agg(roleid::regrole::text, ',' ORDER BY roleid::regrole::text)
        FROM pg_auth_members WHERE member = r.oid),
       (SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting WHERE setrole = r.oid AND setdatabase = 0))
FROM pg_roles r WHERE r.rolname !~ '^pg_'
UNION ALL
SELECT '', array_to_string(setconfig, ' ') FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = 0
"""
# Where the server listens is decided anew at each start.
_SETTINGS = """
SELECT name, setting FROM pg_settings
WHERE source = 'configuration file' AND name NOT IN ('port', 'listen_addresses', 'unix_socket_directories')
"""
_MAY_CREATE = """
SELECT rolsuper OR rolcreatedb AND pg_has_role(datdba, 'MEMBER')
FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()
"""
# PostgreSQL's own objects have numbers below 16384, also in its templates.
_PLAIN = """
SELECT to_regclass('alembic_version') IS NULL AND coalesce(current_setting(%s, true), '') = '', NOT EXISTS (
    SELECT FROM pg_class WHERE oid >= 16384 UNION ALL SELECT FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT FROM pg_type WHERE oid >= 16384 UNION ALL SELECT FROM pg_extension WHERE oid >= 16384
    UNION ALL SELECT FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_'
    UNION ALL SELECT FROM pg_database WHERE datname = current_database() AND datacl IS NOT NULL
    UNION ALL SELECT FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) AS setting
              WHERE datname = current_database() AND setting NOT LIKE 'nox\\_alembic.%%')
"""


def look(address: DatabaseAddress) -> tuple[bool, str, Cluster] | None:
    """Return whether the user may make databases, what was recorded, and what there is now; None without an answer."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        cursor.execute(_MAY_CREATE)
        (may_create,) = _row(cursor)
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", (FRESH,))
        (record,) = _row(cursor)
        return bool(may_create), record, _cluster(cursor, plain=True)
    return None


def begin(address: DatabaseAddress) -> bool | None:
    """Return whether a database that was never migrated has nothing but what PostgreSQL puts into it.

    None for one that was migrated before: it does not tell any more.
    """
    with connected(address) as cursor:
        cursor.execute(_PLAIN, (FRESH,))
        new, plain = _row(cursor)
        return bool(plain) if new else None


def record(address: DatabaseAddress, *, plain: bool) -> None:
    """Keep in the database what the server has now, after the first migration of fresh data."""
    with connected(address) as cursor:
        keep_note(cursor, address.name, FRESH.partition(".")[2], _cluster(cursor, plain=plain).record)


def _cluster(cursor: psycopg2.extensions.cursor, *, plain: bool) -> Cluster:
    cursor.execute(_ROLES)
    roles = {str(name): str(rest or "") for name, rest in cursor.fetchall()}
    cursor.execute(_SETTINGS)
    return Cluster(roles=roles, settings=dict(cursor.fetchall()), plain=plain)


def _row(cursor: psycopg2.extensions.cursor) -> Any:
    return cursor.fetchone()
