"""Connects to the database at an address, whatever variables libpq finds.

It also keeps notes in a database. All edges may use it.
"""

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.placeholders import filled

CONNECT_SECONDS = 3
APPLICATION = "nox-alembic"
# libpq's variables that choose the server, the user, the encryption, and the first
# commands of a session (postgresql.org/docs/current/libpq-envars.html). Language, time
# zone and encoding are not among them.
DIVERTING = frozenset((
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE",
    "PGSYSCONFDIR", "PGOPTIONS", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGREQUIREAUTH", "PGCHANNELBINDING",
    "PGREQUIREPEER", "PGREQUIRESSL", "PGSSLMODE", "PGSSLNEGOTIATION", "PGSSLCOMPRESSION", "PGSSLCERT", "PGSSLKEY",
    "PGSSLCERTMODE", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI", "PGSSLMINPROTOCOLVERSION",
    "PGSSLMAXPROTOCOLVERSION", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGGSSENCMODE", "PGGSSDELEGATION",
    "PGGSSLIB", "PGKRBSRVNAME", "PGREALM",
))  # fmt: skip
# In PGOPTIONS: a limit that the user sets there holds here, too. A backslash keeps a
# blank.
_LIMIT = re.compile(r"(?<!\S)(?:-c\s*|--)([\w-]+[_-]timeout=(?:\\.|\S)+)")


def libpq_variables(address: DatabaseAddress) -> dict[str, str]:
    """Return the variables that make libpq connect to this database by default."""
    return {"PGHOST": address.host, "PGPORT": str(address.port), "PGUSER": address.user,
            "PGPASSWORD": address.password, "PGDATABASE": address.name}  # fmt: skip


def environment_without_libpq(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the variables that lead libpq elsewhere.

    The time limits of PGOPTIONS stay.
    """
    kept = {name: value for name, value in environ.items() if name not in DIVERTING}
    limits = " ".join(f"-c {limit}" for limit in _LIMIT.findall(environ.get("PGOPTIONS", "")))
    return {**kept, "PGOPTIONS": limits} if limits else kept


def environment_of_command(
    address: DatabaseAddress,
    environ: Mapping[str, str],
    variables: Mapping[str, str],
    templates: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Return the environment of a project's command that must find this database.

    It has DATABASE_URL and libpq's own variables, so that `psql` alone connects to it.
    Where the project sets one of libpq's variables in its `variables`, the project's
    value wins. So does each of its `alembic-variables`, the `templates`.
    """
    around = {**environment_without_libpq(environ), **libpq_variables(address), **variables}
    return {**around, "DATABASE_URL": address.url, **filled(templates, address.parts)}


class _Surroundings:
    """The environment of this process.

    libpq reads variables from it that no argument can overrule.
    """

    def __init__(self) -> None:
        self._lock, self._users, self._saved = threading.Lock(), 0, dict[str, str]()

    def enter(self) -> None:
        """Take the variables away, unless they are away already."""
        with self._lock:
            if not self._users:
                self._saved = {name: os.environ[name] for name in DIVERTING if name in os.environ}
                self._replace(environment_without_libpq(self._saved))
            self._users += 1

    def leave(self) -> None:
        """Bring them back when nobody needs them away any more."""
        with self._lock:
            self._users -= 1
            if not self._users:
                self._replace(self._saved)

    def _replace(self, variables: Mapping[str, str]) -> None:
        for name in self._saved:
            os.environ.pop(name, None)
        os.environ.update(variables)


_SURROUNDINGS = _Surroundings()


@contextlib.contextmanager
def without_libpq() -> Iterator[None]:
    """Hide libpq's variables from this process while the block runs.

    Several threads may do so at once. If PGSERVICE names a service that does not exist,
    each connection fails: no argument says "none".
    """
    _SURROUNDINGS.enter()
    try:
        yield
    finally:
        _SURROUNDINGS.leave()


@contextlib.contextmanager
def connected(address: DatabaseAddress, application: str = APPLICATION) -> Iterator[psycopg2.extensions.cursor]:
    """Yield a cursor on a connection of its own in autocommit mode.

    `application` is its name in pg_stat_activity, of at most 63 characters. Raises
    psycopg2.OperationalError.
    """
    connection = _opened(address, application)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def send(address: DatabaseAddress, *statements: str | sql.Composable) -> int:
    """Let a session of its own begin the last statement, and return its process.

    It goes on without a client: a server looks for that when it has something to say
    (postgresql.org/docs/current/runtime-config-connection.html, by default). The
    statements before have ended. Raises psycopg2.Error for these.
    """
    connection = _opened(address, APPLICATION, waits=False)
    with contextlib.closing(connection), connection.cursor() as cursor:
        for statement in statements:
            _await(connection)
            cursor.execute(statement)
        return connection.info.backend_pid


def _opened(address: DatabaseAddress, application: str, *, waits: bool = True) -> psycopg2.extensions.connection:
    with without_libpq():
        connection = psycopg2.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            dbname=address.name,
            connect_timeout=CONNECT_SECONDS,
            application_name=application,
            options="",
            async_=not waits,
        )
        if not waits:
            _await(connection)
    return connection


def _await(connection: psycopg2.extensions.connection) -> None:
    from psycopg2.extras import wait_select  # noqa: PLC0415 - where a large database is dropped

    wait_select(connection)


@contextlib.contextmanager
def beside(address: DatabaseAddress) -> Iterator[psycopg2.extensions.cursor]:
    """Yield a cursor on another database of the server: `postgres` or `template1`.

    Where the server lacks that other database, the cursor is on the database itself.
    """
    with contextlib.ExitStack() as stack:
        try:
            other = "template1" if address.name == "postgres" else "postgres"
            cursor = stack.enter_context(connected(replace(address, name=other)))
        except psycopg2.OperationalError:
            cursor = stack.enter_context(connected(address))
        yield cursor


def keep_note(cursor: psycopg2.extensions.cursor, database: str, name: str, value: str) -> None:
    """Keep a note in a database as a setting of ours; "" deletes the note.

    A setting needs no table, and goes where the data goes.
    """
    note = sql.Identifier("nox_alembic", name)
    change = sql.SQL("SET {} = {}").format(note, sql.Literal(value)) if value else sql.SQL("RESET {}").format(note)
    cursor.execute(sql.SQL("ALTER DATABASE {} ").format(sql.Identifier(database)) + change)
