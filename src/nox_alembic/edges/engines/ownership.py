"""How an engine tells its own server from every other one.

Copies of it with the same system identifier are other ones too. A nonce goes in at one
door and must come out at the other: one door is the client connection, the other is the
engine's own. What runs on another server, or in a copy of the data, does not have it.
"""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg2
import psycopg2.extensions

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.ownership import Seen, unproved
from nox_alembic.edges.postgres.connection import APPLICATION, connected

# A row of two columns. Only superusers and monitoring roles may read the data's place.
DESCRIPTION = (
    "SELECT to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),"
    " CASE WHEN pg_has_role('pg_read_all_settings', 'MEMBER') THEN current_setting('data_directory') ELSE '' END"
)


def new_nonce() -> str:
    """Return a word that nobody else has.

    It needs no quoting and fits into an application's name.
    """
    return f"{APPLICATION}-{secrets.token_hex(16)}"


@contextlib.contextmanager
def client_door(address: DatabaseAddress, application: str = APPLICATION) -> Iterator[psycopg2.extensions.cursor]:
    """Yield a cursor where clients connect.

    Raises RefusedError (NA622) when that fails.
    """
    try:
        with connected(address, application) as cursor:
            yield cursor
    except psycopg2.Error as error:
        raise unproved(address, str(error).strip()) from None


def describe(cursor: psycopg2.extensions.cursor) -> Seen:
    """Return the server that a connection has reached."""
    cursor.execute(DESCRIPTION)
    row: Any = cursor.fetchone()
    return Seen(*row)
