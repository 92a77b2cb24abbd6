"""The database over its own protocol: readiness, revisions, notes, migration lock."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg2
import psycopg2.extensions
from psycopg2 import errors, sql

from nox_alembic.core.errors import FailedError, PreconditionError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import version_table
from nox_alembic.edges.postgres.connection import APPLICATION, connected, keep_note
from nox_alembic.edges.system.waiting import wait_until

# A constant of ours, so that all runs on one database meet at the same lock: "noxalmbc"
# as a number.
MIGRATION_LOCK = 0x6E6F78616C6D6263
# A server is up within half a second, and everybody waits for it.
LONGEST_PAUSE = 0.1


def await_ready(
    address: Callable[[], DatabaseAddress], is_alive: Callable[[], bool], log_tail: Callable[[], str], seconds: float
) -> None:
    """Wait until the target database answers a login over TCP.

    It uses TCP, since the image's initialisation server listens on a socket only
    (docker-library/postgres#880). Raises FailedError when the server ends meanwhile
    (NA205), refuses the login (NA203) or takes too long (NA201).
    """
    last: list[str] = [""]

    def ask() -> bool | None:
        if not is_alive():
            message = "the database ended while it was being waited for"
            raise FailedError("NA205", message, hint="`nox -s logs` shows all of its log", detail=log_tail())
        try:
            _ping(address())
        except PreconditionError:
            return None  # it ended just now and has no port any more: the next look finds that
        except psycopg2.OperationalError as error:
            last[0] = str(error).strip()
            _refuse_final(last[0], log_tail)
            return None
        return True

    if wait_until(ask, seconds, longest=LONGEST_PAUSE) is None:
        message = f"the database did not answer within {seconds} seconds ({last[0] or 'no address'})"
        raise FailedError("NA201", message, hint="`nox -s logs` shows all of its log", detail=log_tail())


def revisions(address: DatabaseAddress) -> tuple[str, ...] | None:
    """Return the revisions that the database is at, () for none.

    Returns None when the database does not answer.
    """
    return revisions_and_notes(address)[0]


def revisions_and_notes(address: DatabaseAddress, *names: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the results of `revisions` and `read_notes`, with a single login."""
    try:
        with connected(address) as cursor:
            return _revisions(cursor), _notes(cursor, names)
    except psycopg2.OperationalError:
        return None, ("",) * len(names)


def version(address: DatabaseAddress) -> str:
    """Return the server's version, such as "18.1", "" when it does not answer."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        number = cursor.connection.server_version
        return f"{number // 10000}.{number % 10000}"
    return ""


def at_work(address: DatabaseAddress) -> tuple[str, ...]:
    """Return the sessions that are in a transaction on the server, but for ours.

    It looks at all databases of the server.
    """
    with connected(address) as cursor:
        cursor.execute(
            'SELECT format(\'process %%s of the server (user "%%s", application "%%s", database "%%s", %%s)\','
            " pid, usename, application_name, datname, state) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND state <> 'idle' AND NOT starts_with(application_name, %s)",
            (APPLICATION,),
        )
        return tuple(row[0] for row in cursor.fetchall())


def write_note(address: DatabaseAddress, name: str, value: str) -> None:
    """Keep a fact about the database inside the database; "" deletes the fact.

    It needs no table of ours, and a wipe takes the fact away, too.
    """
    with connected(address) as cursor:
        keep_note(cursor, address.name, name, value)


def read_note(address: DatabaseAddress, name: str) -> str:
    """Return a fact that `write_note` kept, "" without a fact or an answer."""
    return read_notes(address, name)[0]


def read_notes(address: DatabaseAddress, *names: str) -> tuple[str, ...]:
    """Return facts that `write_note` kept, "" for each that is missing.

    All are "" when the database does not answer.
    """
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        return _notes(cursor, names)
    return ("",) * len(names)


@contextlib.contextmanager
def migration_lock(address: DatabaseAddress, seconds: float, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock that lets one migration run at a time.

    Raises PreconditionError (NA408) when the lock stays taken. It polls on a connection
    of its own: a blocking lock deadlocks with CREATE INDEX CONCURRENTLY, and a lock on
    Alembic's connection breaks `autocommit_block`. `on_wait` is called once, with the
    holder of the lock.
    """
    with connected(address) as cursor:
        holders: list[str] = []

        def ask() -> bool | None:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (MIGRATION_LOCK,))
            if _first(cursor):
                return True
            if not holders and (holder := _lock_holder(cursor)):
                holders.append(holder)
                on_wait(f"waiting for another migration to end: {holder}")
            return None

        if wait_until(ask, seconds) is None:
            message = (
                f"another migration has been running for {seconds:.0f} seconds: {(holders or ['it just ended'])[0]}"
            )
            raise PreconditionError("NA408", message, hint="wait for it and run the same command again")
        yield


def _lock_holder(cursor: psycopg2.extensions.cursor) -> str:
    """Return the session that has the lock, "" when it just ended."""
    cursor.execute(
        'SELECT format(\'process %%s of the server (user "%%s", application "%%s", from %%s)\', a.pid, a.usename,'
        " a.application_name, coalesce(host(a.client_addr), 'the server itself'))"
        " FROM pg_locks l JOIN pg_database d ON d.oid = l.database JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()"
        " AND (l.classid::bigint << 32 | l.objid::bigint) = %s",
        (MIGRATION_LOCK,),
    )
    return _first(cursor) or ""


def _ping(address: DatabaseAddress) -> None:
    with connected(address) as cursor:
        cursor.execute("SELECT 1")


def _revisions(cursor: psycopg2.extensions.cursor) -> tuple[str, ...]:
    table = version_table.find(cursor).name
    if not table:
        return ()
    try:
        cursor.execute(sql.SQL("SELECT version_num FROM {} ORDER BY 1").format(sql.SQL(table)))
    except errors.UndefinedTable:  # dropped just now
        return ()
    return tuple(row[0] for row in cursor.fetchall())


def _notes(cursor: psycopg2.extensions.cursor, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    cursor.execute(
        "SELECT coalesce(current_setting(name, true), '') FROM unnest(%s) WITH ORDINALITY AS n(name, place)"
        " ORDER BY place",
        ([f"nox_alembic.{name}" for name in names],),
    )
    return tuple(row[0] for row in cursor.fetchall())


def _first(cursor: psycopg2.extensions.cursor) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


def cluster_of(address: DatabaseAddress) -> str:
    """Return the system identifier of the server's data, "" when it cannot be read.

    Each initialisation gives another one.
    """
    with contextlib.suppress(psycopg2.Error), connected(address) as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return str(_first(cursor))
    return ""


def is_refused(address: DatabaseAddress) -> bool:
    """Return whether a server answers there and refuses the login for good."""
    try:
        _ping(address)
    except psycopg2.OperationalError as error:
        return any(word in str(error) for word in ("does not exist", "no pg_hba.conf entry", "authentication failed"))
    return False


def _refuse_final(message: str, log_tail: Callable[[], str]) -> None:
    """Raise the error of a login that waiting cannot mend.

    libpq gives no code for a failed login, so its text decides.
    """
    if "password authentication failed" in message or 'role "' in message:
        text = f"the database refuses the login ({message}): its data was made with another user or password"
        hint = "give the old password, or `nox -s reset` for a fresh database"
        raise FailedError("NA203", text, hint=hint, detail=log_tail())
    if 'database "' in message and "does not exist" in message:
        text = f"the server is up, and {message}: its data was made for another database"
        raise FailedError("NA204", text, hint="`nox -s reset` makes a fresh one", detail=log_tail())
