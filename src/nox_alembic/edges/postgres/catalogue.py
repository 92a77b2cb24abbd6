"""Reads the objects of a database from PostgreSQL's catalogue, 12 to 18.

It changes nothing. It leaves out the system's schemas, the objects of extensions, and
Alembic's own table.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.catalogue import Catalogue, Item, Values
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.connection import connected
from nox_alembic.edges.postgres.version_table import EXCLUDED, leave_out

# One statement for so many tables: the parser goes down a tree of all of them.
TABLES_AT_ONCE = 100


def read(address: DatabaseAddress, *, contents: bool) -> Catalogue:
    """Return the objects of all schemas.

    With `contents` it also reads every row of every table. It then returns the rows of
    each table and a checksum of each column. Raises FailedError (NA435), such as for a
    table that this user may not read.
    """
    try:
        with connected(address) as cursor:
            # Objects in other schemas then carry the schema's name, whatever settings
            # the database has.
            leave_out(cursor)
            cursor.execute("SET search_path = public")
            return _read(cursor, contents=contents)
    except psycopg2.Error as error:
        message = f'the database "{address.name}" could not be read: {str(error).strip()}'
        raise FailedError("NA435", message, hint="mend what PostgreSQL says; nothing was changed") from None


def _read(cursor: Cursor, *, contents: bool) -> Catalogue:
    cursor.execute(_OBJECTS)
    items = {(kind, name): Item(kind, name, traits, of or "") for kind, name, of, traits in cursor.fetchall()}
    if not contents:
        return Catalogue(items=items)
    cursor.execute(_POSITIONS)
    positions = dict(cursor.fetchall())
    rows, values, records = _contents(cursor)
    return Catalogue(items=items, rows=rows, values=values, records=records, positions=positions)


def _contents(cursor: Cursor) -> tuple[Mapping[str, int], Mapping[str, Values], Mapping[str, str]]:
    cursor.execute(_COLUMNS)
    columns: dict[str, list[str]] = {}
    filled: dict[str, bool] = {}
    for table, column, has_pages in cursor.fetchall():
        columns.setdefault(table, []).extend([column] if column else [])
        filled[table] = has_pages
    rows = dict.fromkeys(columns, 0)
    values = {f"{table}.{name}": Values(0, "0") for table in columns for name in columns[table] if not filled[table]}
    records = dict.fromkeys(columns, "0")
    tables = [table for table in columns if filled[table]]
    for start in range(0, len(tables), TABLES_AT_ONCE):
        chosen = tables[start : start + TABLES_AT_ONCE]
        cursor.execute(sql.SQL(" UNION ALL ").join(_count(table, columns[table]) for table in chosen))
        for table, count, total, counts, sums in cursor.fetchall():
            rows[table], records[table] = count, str(total or 0)
            values |= _by_column(table, columns[table], counts, sums)
    return rows, values, records


def _by_column(table: str, columns: Sequence[str], counts: Sequence[int], sums: Sequence[Any]) -> Mapping[str, Values]:
    found = zip(columns, counts, sums, strict=True)
    return {f"{table}.{column}": Values(count, str(total or 0)) for column, count, total in found}


def _count(table: str, columns: Sequence[str]) -> sql.Composable:
    """Return the query of one table; names are quoted already.

    It uses arrays, since a query has at most 1,664 columns.
    """
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.SQL(column)) for column in columns)
    sums = sql.SQL(", ").join(
        sql.SQL("sum(hashtextextended({}::text, 0))").format(sql.SQL(column)) for column in columns
    )
    # By name: a column that was dropped and made again is the last one.
    row = sql.SQL(", ").join(map(sql.SQL, sorted(columns)))
    query = (
        "SELECT {}, count(*), sum(hashtextextended(ROW({})::text, 0)), ARRAY[{}]::bigint[], ARRAY[{}]::numeric[]"
        " FROM ONLY {}"
    )
    return sql.SQL(query).format(sql.Literal(table), row, counts, sums, sql.SQL(table))


# What all queries build on. Objects that a user has made have numbers from 16384 on.
_OWN = """
WITH member AS (  -- and the functions that come with a range type
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e' OR deptype = 'i' AND classid = 'pg_proc'::regclass
),
schema AS (
    SELECT oid, nspname, nspacl, nspowner FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND ('pg_namespace'::regclass, oid) NOT IN (SELECT classid, objid FROM member)
),
relation AS (
    SELECT c.*, c.oid::regclass::text AS name FROM pg_class c JOIN schema ON schema.oid = c.relnamespace
    WHERE ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM member) AND c.oid IS DISTINCT FROM {EXCLUDED}
),
routine AS (
    SELECT p.* FROM pg_proc p JOIN schema ON schema.oid = p.pronamespace
    WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM member)
),
type AS (
    SELECT t.*, t.oid::regtype::text AS name FROM pg_type t JOIN schema ON schema.oid = t.typnamespace
    WHERE ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM member)
),
col AS (
    SELECT a.*, relation.name AS relation, relation.relkind, relation.relowner FROM pg_attribute a
    JOIN relation ON relation.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
),
""".replace("{EXCLUDED}", EXCLUDED)

_GRANTED = """
acl AS (
    SELECT 'pg_class'::regclass::oid AS classid, oid AS objid, 0 AS part, relowner AS owner, name AS of,
        coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl
    FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, relowner, relation || '.' || quote_ident(attname),
        attacl FROM col
    UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proowner, oid::regprocedure::text,
        coalesce(proacl, acldefault('f', proowner)) FROM routine
    UNION ALL SELECT 'pg_type'::regclass, oid, 0, typowner, name, coalesce(typacl, acldefault('T', typowner)) FROM type
        WHERE typtype IN ('e', 'd', 'r')
    UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspowner, quote_ident(nspname), nspacl FROM schema
    UNION ALL SELECT 'pg_default_acl'::regclass, oid, 0, defaclrole, NULL, defaclacl FROM pg_default_acl
),
granted AS (
    SELECT classid, objid, part, of, CASE grantee WHEN 0 THEN 'public' ELSE grantee::regrole::text END AS role,
        string_agg(privilege_type || CASE WHEN is_grantable THEN ' with grant option' ELSE '' END, ', '
            ORDER BY privilege_type) AS privileges
    FROM acl, aclexplode(acl) WHERE grantee <> owner GROUP BY 1, 2, 3, 4, 5
),
"""

_ITEMS = """
item (kind, name, of, traits) AS (
    SELECT 'schema', quote_ident(nspname), NULL::text, '{}'::jsonb FROM schema
    UNION ALL
    SELECT 'extension', quote_ident(extname), NULL, jsonb_build_object(
        'version', extversion, 'schema', extnamespace::regnamespace::text) FROM pg_extension
    UNION ALL
    SELECT 'table', name, NULL, jsonb_build_object(
        'foreign', CASE WHEN relkind = 'f' THEN 'yes' END,
        'unlogged', CASE WHEN relpersistence = 'u' THEN 'yes' END,
        'options', array_to_string(reloptions, ', '),
        'row security', CASE WHEN relforcerowsecurity THEN 'forced' WHEN relrowsecurity THEN 'yes' END,
        'partition key', CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END,
        'partition bound', pg_get_expr(relpartbound, oid),
        'parents', (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno)
            FROM pg_inherits WHERE inhrelid = relation.oid))
        FROM relation WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT 'column', relation || '.' || quote_ident(attname), relation, jsonb_build_object(
        'type', format_type(atttypid, atttypmod),
        'not null', CASE WHEN attnotnull THEN 'yes' END,
        'default', CASE WHEN attgenerated = '' THEN pg_get_expr(adbin, adrelid) END,
        'generated', CASE WHEN attgenerated <> '' THEN pg_get_expr(adbin, adrelid) END,
        'identity', CASE attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
        'collation', CASE WHEN attcollation <> typcollation THEN quote_ident(collname) END)
        FROM col JOIN pg_type t ON t.oid = atttypid LEFT JOIN pg_collation l ON l.oid = attcollation
        LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT 'type', name, NULL, jsonb_build_object(
        'labels', (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = type.oid),
        'attributes', (SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '
            ORDER BY attnum) FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped),
        'subtype', (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = type.oid))
        FROM type LEFT JOIN pg_class c ON c.oid = typrelid
        WHERE typtype IN ('e', 'r') OR typtype = 'c' AND c.relkind = 'c'
    UNION ALL
    SELECT 'domain', name, NULL, jsonb_build_object(
        'type', format_type(typbasetype, typtypmod), 'not null', CASE WHEN typnotnull THEN 'yes' END,
        'default', typdefault) FROM type WHERE typtype = 'd'
    UNION ALL
    SELECT 'sequence', name, (SELECT refobjid::regclass::text FROM pg_depend WHERE classid = 'pg_class'::regclass
            AND objid = relation.oid AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass LIMIT 1),
        jsonb_build_object('type', format_type(seqtypid, NULL), 'start', seqstart::text, 'step', seqincrement::text,
            'minimum', seqmin::text, 'maximum', seqmax::text, 'cache', seqcache::text,
            'cycle', CASE WHEN seqcycle THEN 'yes' END)
        FROM relation JOIN pg_sequence ON seqrelid = oid
    UNION ALL
    SELECT 'constraint', relation.name || '.' || quote_ident(conname), relation.name,
        jsonb_build_object('definition', pg_get_constraintdef(c.oid))
        FROM pg_constraint c JOIN relation ON relation.oid = conrelid WHERE contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT 'constraint', type.name || '.' || quote_ident(conname), type.name,
        jsonb_build_object('definition', pg_get_constraintdef(c.oid))
        FROM pg_constraint c JOIN type ON type.oid = contypid WHERE contype = 'c'
    UNION ALL
    SELECT 'index', relation.name, indrelid::regclass::text, jsonb_build_object(
        'definition', pg_get_indexdef(indexrelid), 'state', CASE WHEN indisvalid THEN 'valid' ELSE 'invalid' END)
        FROM pg_index JOIN relation ON relation.oid = indexrelid WHERE NOT EXISTS (
            SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'materialised view' END, name, NULL, jsonb_build_object(
        'definition', pg_get_viewdef(oid), 'options', array_to_string(reloptions, ', '),
        'state', CASE WHEN relkind = 'm' THEN CASE WHEN relispopulated THEN 'filled' ELSE 'not filled' END END)
        FROM relation WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
        oid::regprocedure::text, NULL,
        jsonb_build_object('definition', CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) END) FROM routine
    UNION ALL
    SELECT 'trigger', relation.name || '.' || quote_ident(tgname), relation.name, jsonb_build_object(
        'definition', pg_get_triggerdef(t.oid),
        'state', CASE tgenabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' ELSE tgenabled::text END)
        FROM pg_trigger t JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL
    SELECT 'event trigger', quote_ident(evtname), NULL, jsonb_build_object('on', evtevent,
        'function', evtfoid::regprocedure::text, 'tags', array_to_string(evttags, ', '), 'state', evtenabled::text)
        FROM pg_event_trigger WHERE ('pg_event_trigger'::regclass, oid) NOT IN (SELECT classid, objid FROM member)
    UNION ALL
    SELECT 'policy', relation.name || '.' || quote_ident(polname), relation.name, jsonb_build_object(
        'command', polcmd::text, 'restrictive', CASE WHEN NOT polpermissive THEN 'yes' END,
        'roles', (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE role::regrole::text END, ', ')
            FROM unnest(polroles) AS role),
        'using', pg_get_expr(polqual, polrelid), 'check', pg_get_expr(polwithcheck, polrelid))
        FROM pg_policy JOIN relation ON relation.oid = polrelid
    UNION ALL
    SELECT 'rule', relation.name || '.' || quote_ident(rulename), relation.name,
        jsonb_build_object('definition', pg_get_ruledef(r.oid))
        FROM pg_rewrite r JOIN relation ON relation.oid = ev_class WHERE rulename <> '_RETURN'
    UNION ALL
    SELECT 'statistics', quote_ident(stxname), relation.name,
        jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid))
        FROM pg_statistic_ext s JOIN relation ON relation.oid = stxrelid
    UNION ALL
    SELECT 'grant', 'to ' || role || ' on ' || pg_describe_object(classid, objid, part), of,
        jsonb_build_object('privileges', privileges) FROM granted
    UNION ALL
    SELECT 'comment', 'on ' || pg_describe_object(classoid, objoid, objsubid),
        CASE classoid WHEN 'pg_class'::regclass THEN objoid::regclass || coalesce('.' || quote_ident(attname), '')
            WHEN 'pg_type'::regclass THEN objoid::regtype::text
            WHEN 'pg_proc'::regclass THEN objoid::regprocedure::text
            WHEN 'pg_namespace'::regclass THEN objoid::regnamespace::text END,
        jsonb_build_object('text', description)
        FROM pg_description LEFT JOIN pg_attribute ON objsubid > 0 AND attrelid = objoid AND attnum = objsubid
        WHERE objoid >= 16384 AND classoid <> 'pg_extension'::regclass
        AND (classoid, objoid) NOT IN (SELECT classid, objid FROM member)
        AND (classoid <> 'pg_class'::regclass OR objoid IS DISTINCT FROM {EXCLUDED})
)
SELECT kind, name, of, jsonb_strip_nulls(traits) FROM item
""".replace("{EXCLUDED}", EXCLUDED)

_OBJECTS = _OWN + _GRANTED.lstrip() + _ITEMS.lstrip()

_POSITIONS = (
    _OWN.rstrip().rstrip(",")
    + """
SELECT relation.name, last_value FROM relation JOIN schema ON schema.oid = relnamespace
JOIN pg_sequences ON schemaname = nspname AND sequencename = relname WHERE relkind = 'S' AND last_value IS NOT NULL
"""
)

# Partitioned tables have no rows of their own, and those of foreign tables are
# elsewhere. A table without a page has no rows: of many tables, many are empty.
_COLUMNS = (
    _OWN.rstrip().rstrip(",")
    + """
SELECT relation.name, quote_ident(attname), size > 0 FROM relation LEFT JOIN col ON col.attrelid = relation.oid,
pg_relation_size(relation.oid) AS size WHERE relation.relkind = 'r' ORDER BY 1, col.attnum
"""
)
