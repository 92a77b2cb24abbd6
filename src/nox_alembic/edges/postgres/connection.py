"""A connection to a database, or to another one beside it, of its own and in autocommit mode, and notes kept in one."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

from nox_alembic.core.facts import DatabaseAddress

CONNECT_SECONDS = 3
APPLICATION = "nox-alembic"


@contextlib.contextmanager
def connected(address: DatabaseAddress, application: str = APPLICATION) -> Iterator[psycopg2.extensions.cursor]:
    """Yield a cursor on a connection of its own in autocommit mode; raises psycopg2.OperationalError.

    `application` is its name in pg_stat_activity, of at most 63 characters.
    """
    connection = psycopg2.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        dbname=address.name,
        connect_timeout=CONNECT_SECONDS,
        application_name=application,
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
