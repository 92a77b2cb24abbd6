"""Reads the content of a server's databases from the server's own statistics.

It counts no rows and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg2

from nox_alembic.core.consent import Content
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.connection import connected


def probe(address: DatabaseAddress, *, whole_server: bool) -> tuple[Content, ...] | None:
    """Return the content of the target database, or of all databases.

    Returns None when a database cannot be asked.
    """
    try:
        names = _names(address) if whole_server else [address.name]
        return tuple(_content(replace(address, name=name)) for name in names)
    except psycopg2.Error:
        return None


def _names(address: DatabaseAddress) -> Sequence[str]:
    with connected(address) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname")
        return [row[0] for row in cursor.fetchall()]


def _content(address: DatabaseAddress) -> Content:
    with connected(address) as cursor:
        cursor.execute(_CONTENT)
        row: Any = cursor.fetchone()
    tables, rows, uncounted, size, trace = row
    return Content(name=address.name, tables=tables, rows=int(rows), uncounted=uncounted, size=size, trace=trace)


# `written` counts all rows that were ever inserted, updated or deleted. It is the only
# figure that every write moves and nothing else moves. Monitoring, checkpoints, hint
# bits and autovacuum also move the transactions and the log position, and the estimate
# of rows. What `written` does not count shows in pg_class: TRUNCATE and rewrites give a
# table a new file, and DDL makes, renames or widens relations. The server loses its
# counts in a crash and then sets `stats_reset`. An open session may hold back the count
# of a write for 10 seconds, if the write follows another within less than a second.
_CONTENT = r"""
WITH relations AS (
    SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), tables AS (
    SELECT pg_stat_get_live_tuples(oid) AS live, reltuples::bigint, pg_relation_size(oid) AS size,
           pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
           + pg_stat_get_tuples_deleted(oid) AS written
    FROM relations WHERE relkind IN ('r', 'm')
)
SELECT count(*),
       coalesce(sum(greatest(live, reltuples, 0)), 0),
       count(*) FILTER (WHERE live = 0 AND reltuples < 0 AND size > 0),
       pg_database_size(current_database()),
       md5(concat_ws(' ',
           (SELECT system_identifier FROM pg_control_system()),
           (SELECT stats_reset FROM pg_stat_bgwriter),
           (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
           sum(written),
           (SELECT pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid)
            FROM pg_class WHERE oid = 'pg_catalog.pg_largeobject'::regclass),
           (SELECT string_agg(concat_ws(' ', oid, relname, relkind, relfilenode, relnatts), ',' ORDER BY oid)
            FROM relations)))
FROM tables
"""
