"""Reads what a server has beside its databases: roles, settings, its first state."""

import contextlib
from dataclasses import replace
from typing import Any

import psycopg2
import psycopg2.extensions

from nox_alembic.core.copies.spare_databases import Cluster
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import version_table
from nox_alembic.edges.postgres.connection import connected, keep_note

# The note in a database of how the server was when its data was fresh.
FRESH = "nox_alembic.fresh"

# PostgreSQL's own roles are alike everywhere. Passwords are not read: they change
# nothing that is made.
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
# What is kept of a database in catalogues that all databases share.
_AROUND = r"""
SELECT coalesce(current_setting(%s, true), '') = '', datacl IS NULL
    AND NOT EXISTS (SELECT FROM pg_db_role_setting, unnest(setconfig) AS setting
                    WHERE setdatabase = d.oid AND setting NOT LIKE 'nox\_alembic.%%')
FROM pg_database d WHERE datname = current_database()
"""
# For each other catalogue: the number of its rows, and how many are newer than
# template0, which nobody can change. Rows that ANALYZE writes are left out, and so are
# rows that this user may not read.
_ROWS = """
SELECT string_agg(format(
    'SELECT %L::text, count(*), count(*) FILTER (WHERE age(xmin) <= age(%L::xid)) FROM pg_catalog.%I',
    relname, (SELECT datfrozenxid FROM pg_database WHERE datname = 'template0'), relname), ' UNION ALL ')
FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared
AND relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') AND has_table_privilege(oid, 'SELECT')
"""


def probe(address: DatabaseAddress) -> tuple[bool, str, Cluster] | None:
    """Return the user's right to make databases, the record, and the present state.

    Returns None when the server does not answer.
    """
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        cursor.execute(_MAY_CREATE)
        (may_create,) = _row(cursor)
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", (FRESH,))
        (record,) = _row(cursor)
        return bool(may_create), record, _cluster(cursor, plain=True)
    return None


def begin(address: DatabaseAddress) -> bool | None:
    """Return whether a new database has only what PostgreSQL puts into it.

    It reads all catalogues: scripts of an image may make tables, grants, comments,
    large objects and more. Returns None for a database that was migrated before, since
    its catalogues no longer show this.
    """
    with connected(address) as cursor:
        cursor.execute(_AROUND, (FRESH,))
        new, plain = _row(cursor)
        if not new or version_table.find(cursor).name:
            return None
        rows = _rows(cursor)
    return bool(plain) and not any(newer for _, newer in rows.values()) and rows == _rows_of_template(address)


def record(address: DatabaseAddress, *, plain: bool) -> None:
    """Keep the server's present state in the database, after its first migration."""
    with connected(address) as cursor:
        keep_note(cursor, address.name, FRESH.partition(".")[2], _cluster(cursor, plain=plain).record)


def _cluster(cursor: psycopg2.extensions.cursor, *, plain: bool) -> Cluster:
    cursor.execute(_ROLES)
    roles = {str(name): str(rest or "") for name, rest in cursor.fetchall()}
    cursor.execute(_SETTINGS)
    return Cluster(roles=roles, settings=dict(cursor.fetchall()), plain=plain)


def _rows_of_template(address: DatabaseAddress) -> dict[str, tuple[int, int]]:
    """Return those of the template of new databases, none where nobody may look."""
    with contextlib.suppress(psycopg2.OperationalError), connected(replace(address, name="template1")) as cursor:
        return _rows(cursor)
    return {}


def _rows(cursor: psycopg2.extensions.cursor) -> dict[str, tuple[int, int]]:
    """Return of each catalogue how many rows it has, and how many of them are new."""
    cursor.execute(_ROWS)
    (query,) = _row(cursor)
    cursor.execute(query)
    return {name: (count, newer) for name, count, newer in cursor.fetchall()}


def _row(cursor: psycopg2.extensions.cursor) -> Any:
    return cursor.fetchone()
