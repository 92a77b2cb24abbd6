"""A connection to a database of its own, whatever variables libpq finds, and notes in one; all edges may use it."""

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

from nox_alembic.core.facts import DatabaseAddress

CONNECT_SECONDS = 3
APPLICATION = "nox-alembic"
# What of libpq's variables chooses the server, who logs in, how that is secured, and what a session does first
# (postgresql.org/docs/current/libpq-envars.html). Language, time zone and encoding are not among them.
DIVERTING = frozenset((
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE",
    "PGSYSCONFDIR", "PGOPTIONS", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGREQUIREAUTH", "PGCHANNELBINDING",
    "PGREQUIREPEER", "PGREQUIRESSL", "PGSSLMODE", "PGSSLNEGOTIATION", "PGSSLCOMPRESSION", "PGSSLCERT", "PGSSLKEY",
    "PGSSLCERTMODE", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI", "PGSSLMINPROTOCOLVERSION",
    "PGSSLMAXPROTOCOLVERSION", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGGSSENCMODE", "PGGSSDELEGATION",
    "PGGSSLIB", "PGKRBSRVNAME", "PGREALM",
))  # fmt: skip
# In PGOPTIONS: the limits that somebody sets there are their own, and hold here, too. A backslash keeps a blank.
_LIMIT = re.compile(r"(?<!\S)(?:-c\s*|--)([\w-]+[_-]timeout=(?:\\.|\S)+)")


def libpq_variables(address: DatabaseAddress) -> dict[str, str]:
    """Return the variables by which libpq connects to that database where nothing else is said."""
    return {"PGHOST": address.host, "PGPORT": str(address.port), "PGUSER": address.user,
            "PGPASSWORD": address.password, "PGDATABASE": address.name}  # fmt: skip


def environment_without_libpq(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what leads libpq elsewhere; the time limits of PGOPTIONS stay."""
    kept = {name: value for name, value in environ.items() if name not in DIVERTING}
    limits = " ".join(f"-c {limit}" for limit in _LIMIT.findall(environ.get("PGOPTIONS", "")))
    return {**kept, "PGOPTIONS": limits} if limits else kept


def environment_of_command(
    address: DatabaseAddress, environ: Mapping[str, str], variables: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of a command of the project, which is to find this database.

    It has DATABASE_URL and libpq's own variables, so that `psql` alone connects to it. Of
    the latter those that the project sets in its `variables` come first.
    """
    around = {**environment_without_libpq(environ), **libpq_variables(address), **variables}
    return {**around, "DATABASE_URL": address.url}


class _Surroundings:
    """The environment of this process, of which libpq reads variables that no argument can overrule."""

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
    """Let nothing in this process see libpq's variables meanwhile; from several threads at once, too.

    A service that PGSERVICE names, and that is not there, fails each connection: no
    argument says "none".
    """
    _SURROUNDINGS.enter()
    try:
        yield
    finally:
        _SURROUNDINGS.leave()


@contextlib.contextmanager
def connected(address: DatabaseAddress, application: str = APPLICATION) -> Iterator[psycopg2.extensions.cursor]:
    """Yield a cursor on a connection of its own in autocommit mode; raises psycopg2.OperationalError.

    `application` is its name in pg_stat_activity, of at most 63 characters.
    """
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
        )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextlib.contextmanager
def beside(address: DatabaseAddress) -> Iterator[psycopg2.extensions.cursor]:
    """Yield a cursor that is not on the database itself, where the server has the usual other ones."""
    with contextlib.ExitStack() as stack:
        try:
            other = "template1" if address.name == "postgres" else "postgres"
            cursor = stack.enter_context(connected(replace(address, name=other)))
        except psycopg2.OperationalError:
            cursor = stack.enter_context(connected(address))
        yield cursor


def keep_note(cursor: psycopg2.extensions.cursor, database: str, name: str, value: str) -> None:
    """Keep a note in a database as a setting of ours, which needs no table and goes where the data goes; "" ends it."""
    note = sql.Identifier("nox_alembic", name)
    change = sql.SQL("SET {} = {}").format(note, sql.Literal(value)) if value else sql.SQL("RESET {}").format(note)
    cursor.execute(sql.SQL("ALTER DATABASE {} ").format(sql.Identifier(database)) + change)
