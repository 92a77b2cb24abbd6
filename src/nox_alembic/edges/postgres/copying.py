"""How a database is copied inside of its server: by the server itself, else by a dump. All edges may use it."""

import contextlib
from collections.abc import Callable

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.system import process
from nox_alembic.edges.system.process import Invocation
from nox_alembic.edges.system.waiting import wait_until

# In bytes: below it the server's log is the quicker way, above it a checkpoint before and after pays.
LARGE = 100_000_000
END_SECONDS = 5

Client = Callable[[str], Invocation]
Create = Callable[[sql.Composable], None]


def copy_at_once(cursor: Cursor, database: str, create: Create, *, ends_idle: bool = False) -> bool:
    """Let `create` make a copy of the files, by the options that it is given; False where that cannot be.

    The server needs the database for itself, and waits for five seconds before it refuses, so it is looked at first.
    With `ends_idle` sessions that only wait for work are ended: a pool of connections makes them anew. It also refuses
    after the system's sort order got another version, as it does with a new image; a dump can be loaded all the same.
    """
    if not _is_free(cursor, database, ends_idle=ends_idle):
        return False
    try:
        _create(cursor, database, create)
    except (errors.ObjectInUse, psycopg2.InternalError):
        return False
    return True


def fill_by_dump(client: Client, address: DatabaseAddress, sibling: str) -> str:
    """Fill an empty database through a dump, which disturbs nobody; return why that failed, "" when it did not.

    Subscriptions and publications reach beyond the database, and stay out.
    """
    outside = ("--no-subscriptions", "--no-publications", "--lock-wait-timeout=30s")
    dump = client("pg_dump").adding(*outside, f"--dbname={address.name}")
    load = client("psql").adding("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={sibling}")
    gave, took = process.pipe(dump, load)
    return next((done.err for done in (took, gave) if not done.ok), "")


def _is_free(cursor: Cursor, database: str, *, ends_idle: bool) -> bool:
    """Return whether nobody uses it any more. Who holds an advisory lock only seems to be idle: it migrates."""
    sessions = _sessions(cursor, database)
    if sessions and ends_idle and all(idle for _, idle in sessions):
        with contextlib.suppress(errors.InsufficientPrivilege):
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", ([pid for pid, _ in sessions],))
            wait_until(lambda: True if not _sessions(cursor, database) else None, END_SECONDS)
        sessions = _sessions(cursor, database)
    return not sessions


def _sessions(cursor: Cursor, database: str) -> list[tuple[int, bool]]:
    """Return the process of each session on it, and whether that only waits for work."""
    cursor.execute(
        "SELECT pid, coalesce(state = 'idle', false) AND backend_type = 'client backend' AND NOT EXISTS"
        " (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'advisory') FROM pg_stat_activity AS a"
        " WHERE datname = %s AND backend_type <> 'autovacuum worker' AND pid <> pg_backend_pid()",
        (database,),
    )
    return cursor.fetchall()


def _create(cursor: Cursor, database: str, create: Create) -> None:
    template = sql.SQL("TEMPLATE {}").format(sql.Identifier(database))
    version = cursor.connection.server_version
    if version < 150000 or not _is_large(cursor, database):
        create(template)
        return
    template += sql.SQL(" STRATEGY FILE_COPY")
    with contextlib.suppress(psycopg2.ProgrammingError, psycopg2.DataError):  # known from PostgreSQL 18 on
        cursor.execute("SET file_copy_method = clone")
    try:
        create(template)
    except (psycopg2.OperationalError, psycopg2.InternalError) as error:
        if isinstance(error, errors.ObjectInUse) or cursor.connection.closed or version < 180000:
            raise
        cursor.execute("SET file_copy_method = copy")  # a file system without clones
        create(template)


def _is_large(cursor: Cursor, database: str) -> bool:
    cursor.execute("SELECT pg_database_size(%s) > %s", (database, LARGE))
    return cursor.fetchone() == (True,)
