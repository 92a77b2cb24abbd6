"""Finds the sessions that keep a migration waiting, while it waits."""

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg2
import psycopg2.extensions

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.failure import Blocker
from nox_alembic.edges.postgres.connection import connected
from nox_alembic.edges.system.waiting import wait_until

OnWait = Callable[[Blocker], None]

_BLOCKERS = """
SELECT DISTINCT b.pid, coalesce(b.usename, ''), coalesce(b.application_name, ''), coalesce(b.state, b.backend_type, ''),
       coalesce(b.query, '')
FROM pg_stat_activity w
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocking(pid)
JOIN pg_stat_activity b ON b.pid = blocking.pid
WHERE w.application_name = %s AND w.wait_event_type = 'Lock' AND b.application_name <> w.application_name
  AND b.pid <> pg_backend_pid() -- to look takes a lock of its own on a catalogue, for a moment
ORDER BY b.pid
"""


@dataclass
class Watch:
    """What a watch has seen.

    `blockers` are those of the latest wait, which may be over.
    """

    blockers: tuple[Blocker, ...] = ()


@contextlib.contextmanager
def watch(address: DatabaseAddress, on_wait: OnWait) -> Iterator[Watch]:
    """Watch, while the block runs, who keeps the migration waiting.

    The waiting sessions are those named `address.application`. Each blocker is reported
    once. `on_wait` is called on a thread of its own. The watch has a connection of its
    own on that thread.
    """
    seen, over = Watch(), threading.Event()
    thread = threading.Thread(target=_follow, args=(address, seen, over, on_wait), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def has_lock_timeout(address: DatabaseAddress) -> bool:
    """Return whether the server itself limits waits for locks.

    The limit may hold for all users, for this user, or for this database.
    """
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        cursor.execute("SELECT setting <> '0' FROM pg_settings WHERE name = 'lock_timeout'")
        row = cursor.fetchone()
        return bool(row and row[0])
    return False


def _follow(address: DatabaseAddress, seen: Watch, over: threading.Event, on_wait: OnWait) -> None:
    told: set[int] = set()
    # A server that is gone ends the migration, too, which tells it.
    with contextlib.suppress(psycopg2.Error), connected(address) as cursor:

        def ask() -> bool | None:
            if over.is_set():
                return True
            found = _blockers(cursor, address.application)
            seen.blockers = found or seen.blockers
            for blocker in found:
                if blocker.pid not in told:
                    told.add(blocker.pid)
                    on_wait(blocker)
            return None

        wait_until(ask, math.inf, sleep=over.wait)


def _blockers(cursor: psycopg2.extensions.cursor, application: str) -> tuple[Blocker, ...]:
    cursor.execute(_BLOCKERS, (application,))
    return tuple(
        Blocker(pid=pid, user=user, application=name, state=state, query=query)
        for pid, user, name, state, query in cursor.fetchall()
    )
