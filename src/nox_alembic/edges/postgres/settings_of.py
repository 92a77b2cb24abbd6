"""Another database in the server of the real one: reached, made alike, dropped. All edges may use it."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres.connection import connected
from nox_alembic.edges.system.waiting import wait_until

DROP_SECONDS = 15
# The note in a database of how the server was when its data was fresh.
FRESH = "nox_alembic.fresh"


@contextlib.contextmanager
def beside(address: DatabaseAddress) -> Iterator[Cursor]:
    """Yield a cursor that is not on the database itself, where the server has the usual other ones."""
    with contextlib.ExitStack() as stack:
        try:
            other = "template1" if address.name == "postgres" else "postgres"
            cursor = stack.enter_context(connected(replace(address, name=other)))
        except psycopg2.OperationalError:
            cursor = stack.enter_context(connected(address))
        yield cursor


def likeness(cursor: Cursor, database: str) -> sql.Composable:
    """Return the options of CREATE DATABASE for an empty one with the encoding and the sort order of that one.

    How some columns of the catalogue are called depends on the server's version.
    """
    cursor.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, coalesce(row ->> 'datlocprovider', 'c'),"
        " coalesce(row ->> 'datlocale', row ->> 'daticulocale')"
        " FROM pg_database, to_jsonb(pg_database) AS row WHERE datname = %s",
        (database,),
    )
    encoding, collate, ctype, provider, locale = cursor.fetchone() or ("UTF8", "C", "C", "c", None)
    options = sql.SQL("TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
        sql.Literal(encoding), sql.Literal(collate), sql.Literal(ctype)
    )
    if provider != "c":
        words = {"i": "LOCALE_PROVIDER icu ICU_LOCALE", "b": "LOCALE_PROVIDER builtin BUILTIN_LOCALE"}[provider]
        options += sql.SQL(f" {words} {{}}").format(sql.Literal(locale))
    return options


def copy_settings(address: DatabaseAddress, sibling: str, *, of_role: bool) -> None:
    """Give a sibling what `ALTER DATABASE ... SET` says of the database: a search_path decides where tables are made.

    With `of_role` also what `ALTER ROLE ... IN DATABASE` says for the user who asks. Our own notes stay where they are.
    """
    with connected(address) as cursor:
        cursor.execute(
            "SELECT DISTINCT split_part(setting, '=', 1) FROM pg_db_role_setting, unnest(setconfig) AS setting"
            " WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (setrole = 0 OR %s AND setrole = quote_ident(current_user)::regrole)"
            r" AND setting NOT LIKE 'nox\_alembic.%%'",
            (of_role,),
        )
        for (setting,) in cursor.fetchall():
            name = sql.Identifier(*setting.split("."))
            cursor.execute(sql.SQL("ALTER DATABASE {} SET {} FROM CURRENT").format(sql.Identifier(sibling), name))


def copy_all_settings(cursor: Cursor, database: str, sibling: str, *, only: str = "") -> None:
    """Give a sibling all that was set for the database, our own notes and what is set for single roles included.

    Or of all that the `only` setting of a name.

    By way of the session's own settings: only so a list, such as a search_path, comes out as it was put in.
    """
    cursor.execute(
        "SELECT nullif(setrole, 0)::regrole::text, split_part(setting, '=', 1),"
        " substr(setting, strpos(setting, '=') + 1)"
        " FROM pg_db_role_setting JOIN pg_database AS d ON d.oid = setdatabase, unnest(setconfig) AS setting"
        " WHERE datname = %s AND %s IN ('', split_part(setting, '=', 1))",
        (database, only),
    )
    for role, setting, value in cursor.fetchall():
        whose = sql.SQL(f"ROLE {role} IN " if role else "") + sql.SQL("DATABASE {}").format(sql.Identifier(sibling))
        name = sql.Identifier(*setting.split("."))
        try:
            cursor.execute("SELECT set_config(%s, %s, false)", (setting, value))
            cursor.execute(sql.SQL("ALTER {} SET {} FROM CURRENT").format(whose, name))
        except psycopg2.Error:  # a session cannot have it, or could do nothing more with it
            cursor.execute(sql.SQL("RESET {}").format(name))
            cursor.execute(sql.SQL("ALTER {} SET {} TO {}").format(whose, name, sql.Literal(value)))
        else:
            cursor.execute(sql.SQL("RESET {}").format(name))


def end_sessions(cursor: Cursor, *names: str) -> None:
    """End whoever is on one of these databases now."""
    cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN %s", (names,))


def drop(cursor: Cursor, name: str) -> bool:
    """Drop a database and end whoever is still on it, by what PostgreSQL 12 knows, too; False when that is in vain."""

    def ask() -> bool | None:
        end_sessions(cursor, name)
        try:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        except errors.ObjectInUse:
            return None
        return True

    return wait_until(ask, DROP_SECONDS) is not None
