"""What the server counts in a database, read from outside of it.

Our own look is not counted there.
"""

import contextlib

import psycopg2

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.traces import Counters
from nox_alembic.edges.postgres.connection import APPLICATION, beside
from nox_alembic.edges.system.waiting import wait_until

# In seconds. A session that has just been closed is counted when its server process
# ends.
PATIENCE = 0.5
# `sessions` is not there before PostgreSQL 14. A session that has only logged in has no
# query.
_QUERY = """
SELECT (to_jsonb(d) ->> 'sessions')::bigint, d.xact_commit + d.xact_rollback,
       d.tup_inserted + d.tup_updated + d.tup_deleted,
       coalesce(extract(epoch FROM max(a.state_change) FILTER (WHERE NOT o.is_ours AND a.query <> '')), 0)::float8,
       count(*) FILTER (WHERE o.is_ours)
FROM pg_stat_database d
LEFT JOIN pg_stat_activity a ON a.datid = d.datid AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
LEFT JOIN LATERAL (SELECT starts_with(a.application_name, %s) AS is_ours) o ON true
WHERE d.datname = %s
GROUP BY d.datid, 1, 2, 3
"""


def read(address: DatabaseAddress) -> Counters | None:
    """Return what is counted in the database, None when it cannot be read."""
    found = _read(address)
    return found[0] if found else None


def read_settled(address: DatabaseAddress) -> Counters | None:
    """Return the same, once sessions of ours have ended there and are counted."""
    found = _read(address)
    if found and found[1]:
        found = wait_until(lambda: _settled(address), PATIENCE) or _read(address)
    return found[0] if found else None


def _settled(address: DatabaseAddress) -> tuple[Counters, int] | None:
    found = _read(address)
    return found if found and not found[1] else None


def _read(address: DatabaseAddress) -> tuple[Counters, int] | None:
    """Return the counters, and how many sessions of ours are still there."""
    with contextlib.suppress(psycopg2.Error), beside(address) as cursor:
        cursor.execute(_QUERY, (APPLICATION, address.name))
        if row := cursor.fetchone():
            sessions, transactions, rows, active, ours = row
            return Counters(sessions=sessions, transactions=transactions, rows=rows, active=active), ours
    return None
