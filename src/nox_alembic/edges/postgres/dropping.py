"""Databases of ours beside the real one: listed, and dropped by name and mark.

A server takes seconds to delete thousands of files. It does so alone, while nobody
waits.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.copies.siblings import Sibling, ours
from nox_alembic.core.copies.uncopied import not_dropped
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.connection import beside, send
from nox_alembic.edges.postgres.copying import LARGE, size_of
from nox_alembic.edges.system import clock
from nox_alembic.edges.system.waiting import wait_until

DROP_SECONDS = 15
BEGIN_SECONDS = 5
# For a small database: it is gone at once, unless the checkpoint before has thousands
# of files of another one to write.
SMALL_SECONDS = 3
_LOCKED = "locktype = 'object' AND classid = 'pg_database'::regclass AND mode = 'AccessExclusiveLock'"


def marked(address: DatabaseAddress) -> tuple[Sibling, ...]:
    """Return the sibling databases of this database.

    Those that the server is dropping at this moment are left out. The result is empty
    when the server does not answer.
    """
    return _listed(address) or ()


def names(address: DatabaseAddress) -> frozenset[str] | None:
    """Return the databases that were kept of this database for `undo`.

    Returns None when the server does not answer.
    """
    found = _listed(address)
    return None if found is None else frozenset(one.name for one in found if one.mark.role == "undo")


def holding_roles(address: DatabaseAddress) -> tuple[str, ...]:
    """Return our databases that stay and in which other roles own something.

    Roles that have rights there count, too; the user and the owner of the real database
    do not. Such databases keep those roles from being dropped.
    """
    with beside(address) as cursor:
        cursor.execute(
            "SELECT DISTINCT d.datname FROM pg_shdepend JOIN pg_database AS d ON d.oid = dbid"
            " WHERE refclassid = 'pg_authid'::regclass AND refobjid NOT IN ("
            "SELECT datdba FROM pg_database WHERE datname = %s UNION SELECT quote_ident(current_user)::regrole)",
            (address.name,),
        )
        found = {name for (name,) in cursor.fetchall()}
        return tuple(one.name for one in _ours_in(cursor, address.name) if one.name in found)


def drop(address: DatabaseAddress, names: Iterable[str], *, seconds: float = DROP_SECONDS) -> None:
    """Drop databases of ours, even those in use, and nothing else.

    Each database is looked at once more before. Raises FailedError (NA617) for a
    database that is in use again as soon as its clients are ended.
    """
    with beside(address) as cursor:
        known = {one.name for one in _ours_in(cursor, address.name)}
        for name in names:
            if name in known:
                drop_now(cursor, name, seconds)


def drop_soon(address: DatabaseAddress, names: Collection[str], *, large: int = LARGE) -> None:
    """Drop databases as `drop` does, but leave to the server what takes long.

    Nobody waits for those of more bytes than `large`, and not for long for the others.
    A failure is not reported: the next verb drops what is left.
    """
    with contextlib.suppress(psycopg2.Error), beside(address) as cursor:
        for one in _ours_in(cursor, address.name):
            if one.name in names:
                with contextlib.suppress(psycopg2.Error, FailedError):
                    _drop_soon(cursor, address, one, large)


@contextlib.contextmanager
def or_dropped(address: DatabaseAddress, name: str) -> Iterator[None]:
    """Let nothing be left of a database of ours when the block fails."""
    try:
        yield
    except BaseException:
        drop_soon(address, [name])
        raise


def all_in(cursor: Cursor) -> list[tuple[str, int, str | None]]:
    """Return the name, the limit of connections and the comment of each database."""
    cursor.execute("SELECT datname, datconnlimit, shobj_description(oid, 'pg_database') FROM pg_database ORDER BY 1")
    return cursor.fetchall()


def drop_now(cursor: Cursor, name: str, seconds: float = DROP_SECONDS) -> None:
    """Drop a database by what PostgreSQL 12 knows, too."""
    said: list[str] = []

    def attempt() -> bool | None:
        end_sessions(cursor, name)
        try:
            cursor.execute(_statement(name))
        except errors.ObjectInUse as error:
            said.append(" ".join(str(error).split()))
            return None
        return True

    if wait_until(attempt, seconds) is None:
        raise not_dropped(name, said[-1])


def end_sessions(cursor: Cursor, *names: str) -> None:
    """End the sessions in these databases."""
    with contextlib.suppress(errors.InsufficientPrivilege):  # what is in use then says so itself
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN %s", (names,))


def _listed(address: DatabaseAddress) -> tuple[Sibling, ...] | None:
    with contextlib.suppress(psycopg2.OperationalError), beside(address) as cursor:
        found = _ours_in(cursor, address.name)
        gone = _being_dropped(cursor) if any(one.mark.role == "dropping" for one in found) else ()
        return tuple(one for one in found if one.mark.role != "dropping" or one.name not in gone)
    return None


def _ours_in(cursor: Cursor, database: str) -> tuple[Sibling, ...]:
    return tuple(ours(database, all_in(cursor)))


def _being_dropped(cursor: Cursor) -> frozenset[str]:
    cursor.execute(f"SELECT datname FROM pg_locks JOIN pg_database AS d ON d.oid = objid WHERE {_LOCKED}")  # noqa: S608 - a constant
    return frozenset(name for (name,) in cursor.fetchall())


def _statement(name: str) -> sql.Composable:
    return sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))


def _drop_soon(cursor: Cursor, address: DatabaseAddress, one: Sibling, large: int) -> None:
    is_small = size_of(cursor, one.name) <= large
    try:
        name = one.name if one.mark.role == "dropping" else _put_away(cursor, one)
    except psycopg2.Error:  # its user may not rename it, or it is used again at once
        drop_now(cursor, one.name)
        return
    _leave_to_server(cursor, address, name)
    if is_small:
        wait_until(lambda: None if name in {found for found, _, _ in all_in(cursor)} else True, SMALL_SECONDS)


def _put_away(cursor: Cursor, one: Sibling) -> str:
    """Give a database a name that no other has, and let no client in any more.

    Returns that name. Its own name is free for the next verb, and nothing else will
    ever be dropped by the new one.
    """
    mark = replace(one.mark, role="dropping", at=clock.now_exactly())
    statements = sql.SQL(
        "BEGIN; ALTER DATABASE {old} RENAME TO {new}; COMMENT ON DATABASE {new} IS {mark};"
        " ALTER DATABASE {new} ALLOW_CONNECTIONS false; COMMIT"
    ).format(old=sql.Identifier(one.name), new=sql.Identifier(mark.name), mark=sql.Literal(mark.text))
    end_sessions(cursor, one.name)
    try:
        cursor.execute(statements)
    except psycopg2.Error:
        cursor.execute("ROLLBACK")
        raise
    return mark.name


def _leave_to_server(cursor: Cursor, address: DatabaseAddress, name: str) -> None:
    """Let the server drop a database that was put away; returns when it has begun.

    No limit of the user's ends it halfway, nor that we have gone.
    """
    unlimited = ["SET statement_timeout = 0", "SET lock_timeout = 0"]
    if cursor.connection.server_version >= 140000:
        unlimited.append("SET client_connection_check_interval = 0")
    pid = send(replace(address, name=cursor.connection.info.dbname), *unlimited, _statement(name))

    def begun() -> bool | None:
        cursor.execute("SELECT state, query FROM pg_stat_activity WHERE pid = %s", (pid,))
        state, query = cursor.fetchone() or ("idle", "")
        return (state == "idle" and not query.startswith("SET ")) or name in _being_dropped(cursor) or None

    wait_until(begun, BEGIN_SECONDS)
