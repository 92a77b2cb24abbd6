"""Finds out whether a dump of the database could be restored.

It looks at what a restore computes, and at the roles that the dump names.
"""

from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.copies.snapshots import Uncomputable
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.connection import connected

# This many rows of a table are computed: the first row that needs a missing name fails.
ROWS = 100

# What PostgreSQL computes for each loaded row with functions that a user has written.
_COMPUTED = """
WITH own AS (
    SELECT d.classid, d.objid, array_agg(d.refobjid::regprocedure::text ORDER BY 1) AS functions,
           min(quote_ident(n.nspname)) AS schema
    FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE d.refclassid = 'pg_proc'::regclass AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND deptype = 'e')
    GROUP BY 1, 2
)
SELECT format('the generated column %s.%I', a.attrelid::regclass, a.attname), a.attrelid::regclass::text,
       pg_get_expr(adbin, adrelid), functions, schema
FROM pg_attrdef JOIN pg_attribute a ON a.attrelid = adrelid AND attnum = adnum AND attgenerated = 's'
JOIN own ON classid = 'pg_attrdef'::regclass AND objid = pg_attrdef.oid
UNION ALL
SELECT format('the constraint %I of %s', conname, conrelid::regclass), conrelid::regclass::text,
       pg_get_expr(conbin, conrelid), functions, schema
FROM pg_constraint JOIN own ON classid = 'pg_constraint'::regclass AND objid = pg_constraint.oid
WHERE contype = 'c' AND conrelid <> 0
UNION ALL
SELECT format('the index %s', indexrelid::regclass), indrelid::regclass::text,
       concat_ws(', ', pg_get_expr(indexprs, indrelid), pg_get_expr(indpred, indrelid)), functions, schema
FROM pg_index JOIN own ON classid = 'pg_class'::regclass AND objid = indexrelid
UNION ALL
SELECT format('the domain %s of the column %s.%I', t.oid::regtype, attrelid::regclass, attname),
       attrelid::regclass::text, format('%I::%s::%s', attname, format_type(typbasetype, t.typtypmod), t.oid::regtype),
       functions, schema
FROM pg_constraint k JOIN own ON classid = 'pg_constraint'::regclass AND objid = k.oid
JOIN pg_type t ON t.oid = contypid JOIN pg_attribute ON atttypid = t.oid AND NOT attisdropped
JOIN pg_class c ON c.oid = attrelid AND c.relkind = 'r'
ORDER BY 1
"""
# Roles that own something in the database, or have rights in it. PostgreSQL's own roles
# are left out.
_NEEDED = """
SELECT DISTINCT rolname FROM pg_shdepend JOIN pg_roles r ON r.oid = refobjid
WHERE refclassid = 'pg_authid'::regclass AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1
"""


def uncomputable(address: DatabaseAddress) -> tuple[Uncomputable, ...]:
    """Return what a restore could not compute.

    It runs with no schema in its search_path.
    """
    with connected(address) as cursor:
        cursor.execute("BEGIN TRANSACTION READ ONLY; SET LOCAL search_path = ''; SET LOCAL row_security = off")
        cursor.execute(_COMPUTED)
        found = [(row, _why_not(cursor, row)) for row in cursor.fetchall()]
        cursor.execute("ROLLBACK")
    return tuple(
        Uncomputable(what=what, why=why, functions=tuple(functions), schema=schema)
        for (what, _, _, functions, schema), why in found
        if why
    )


def roles_needed(address: DatabaseAddress) -> tuple[str, ...]:
    """Return the roles that a restore of this database needs.

    The first superuser is not among them.
    """
    return _names(address, _NEEDED)


def roles(address: DatabaseAddress) -> tuple[str, ...]:
    """Return the roles of the server."""
    return _names(address, "SELECT rolname FROM pg_roles")


def _names(address: DatabaseAddress, query: str) -> tuple[str, ...]:
    with connected(address) as cursor:
        cursor.execute(query)
        return tuple(name for (name,) in cursor.fetchall())


def _why_not(cursor: Cursor, row: Any) -> str:
    """Return PostgreSQL's error when it computes this for some rows, "" for none.

    Names are quoted already.
    """
    _, table, expression, _, _ = row
    query = sql.SQL("SELECT count(x::text) FROM (SELECT ROW({}) AS x FROM ONLY {} LIMIT {}) AS rows").format(
        sql.SQL(expression.replace("{", "{{").replace("}", "}}")), sql.SQL(table), sql.Literal(ROWS)
    )
    cursor.execute("SAVEPOINT one")
    try:
        cursor.execute(query)
    except psycopg2.Error as error:
        cursor.execute("ROLLBACK TO one")
        return str(error).strip().partition("\n")[0]
    return ""
