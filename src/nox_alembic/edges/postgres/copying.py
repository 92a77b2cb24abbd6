"""Makes a database like another one: its content, and the settings around it.

The content comes by a copy or by a dump.
"""

import contextlib
from collections.abc import Callable

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.postgres.cluster import FRESH
from nox_alembic.edges.postgres.version_table import SETTING
from nox_alembic.edges.system import process
from nox_alembic.edges.system.invocation import Invocation
from nox_alembic.edges.system.waiting import wait_until

# In bytes: below it the server's log is faster; above it a checkpoint before and after
# pays, if the files have some size. Each of them is written to the disk by itself,
# which takes as long as the log takes for so many bytes (benchmarks/many_tables.py).
LARGE = 100_000_000
FILE = 250_000
END_SECONDS = 5

Client = Callable[[str], Invocation]


@frozen
class Source:
    """A database of another server.

    It also says how that server's own client programs are run.
    """

    address: DatabaseAddress
    client: Client


Create = Callable[[sql.Composable], None]


def copy_at_once(cursor: Cursor, database: str, create: Create, *, ends_idle: bool = False) -> bool:
    """Let `create` copy the files with the options it gets; False where it cannot.

    The server needs the database for itself. It waits five seconds before it refuses,
    so this function looks first. With `ends_idle` it ends sessions that only wait for
    work: a pool of connections makes them anew. The server also refuses after the
    system's sort order got another version, as happens with a new image. A dump can be
    loaded all the same.
    """
    if not _is_free(cursor, database, ends_idle=ends_idle):
        return False
    try:
        _create(cursor, database, create)
    except (errors.ObjectInUse, psycopg2.InternalError):
        return False
    return True


def fill_by_dump(client: Client, address: DatabaseAddress, sibling: str) -> str:
    """Fill an empty database through a dump, which disturbs nobody.

    Return why it failed, "" when it succeeded. Subscriptions and publications reach
    beyond the database, and stay out.
    """
    return _through_dump(client("pg_dump").adding(f"--dbname={address.name}"), client, sibling)


def fill_from(source: Source, client: Client, sibling: str) -> str:
    """Fill an empty database of another server from the source, roles included.

    Passwords stay where they are, and so do tablespaces, which are places. Return why
    it failed, "" when it succeeded.
    """
    roles = source.client("pg_dumpall").adding("--roles-only", "--no-role-passwords", "--no-tablespaces")
    gave, _ = process.pipe(roles, _psql(client, "postgres"))  # who is there already stays
    if not gave.ok:
        return gave.err.strip()
    dump = source.client("pg_dump").adding("--no-tablespaces", f"--dbname={source.address.name}")
    return _through_dump(dump, client, sibling)


def likeness(cursor: Cursor, database: str) -> sql.Composable:
    """Return CREATE DATABASE options for the same encoding and sort order.

    The new database is empty. The names of some columns of the catalogue depend on the
    server's version.
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


def owner(cursor: Cursor, database: str) -> sql.Composable:
    """Return the SQL that gives another database the same place and owner.

    The owner is the same only where this user may set it.
    """
    cursor.execute(
        "SELECT CASE WHEN pg_has_role(datdba, 'MEMBER') THEN pg_get_userbyid(datdba) ELSE current_user END, spcname"
        " FROM pg_database JOIN pg_tablespace AS t ON t.oid = dattablespace WHERE datname = %s",
        (database,),
    )
    name, space = map(sql.Identifier, cursor.fetchone() or ("postgres", "pg_default"))
    return sql.SQL(" OWNER {} TABLESPACE {}").format(name, space)


def copy_grants(cursor: Cursor, database: str, sibling: str, *, of: Cursor | None = None) -> None:
    """Copy the grants on the database to the sibling database.

    The database may be `of` another server. Without any grant the defaults are alike.
    """
    asked = of or cursor
    asked.execute(
        "SELECT nullif(grantee, 0)::regrole::text, privilege_type, is_grantable"
        " FROM pg_database, aclexplode(datacl) WHERE datname = %s",
        (database,),
    )
    grants = asked.fetchall()
    name = sql.Identifier(sibling)
    if grants:
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role, privilege, grantable in grants:
        option = " WITH GRANT OPTION" if grantable else ""
        words = f"GRANT {privilege} ON DATABASE {{}} TO {role or 'PUBLIC'}{option}"  # quoted by the server
        cursor.execute(sql.SQL(words).format(name))


def copy_settings(
    cursor: Cursor, database: str, sibling: str, *, notes: bool, others: bool = True, of: Cursor | None = None
) -> None:
    """Copy the settings of the database to a sibling database, also for single roles.

    A search_path decides much. With `notes` all our own notes are copied, else only the
    notes on the server's state when its data was fresh and on Alembic's table. Without
    `others` only the settings for all users, and for the user who asks, are copied. The
    copy goes through the session's own settings: only so does a list, such as a
    search_path, come out as it was put in. The database may be `of` another server.
    """
    asked = of or cursor
    asked.execute(
        "SELECT nullif(setrole, 0)::regrole::text, split_part(setting, '=', 1),"
        " substr(setting, strpos(setting, '=') + 1)"
        " FROM pg_db_role_setting JOIN pg_database AS d ON d.oid = setdatabase, unnest(setconfig) AS setting"
        r" WHERE datname = %s AND (%s OR setting NOT LIKE 'nox\_alembic.%%' OR split_part(setting, '=', 1) = ANY(%s))"
        " AND (%s OR setrole IN (0, quote_ident(current_user)::regrole))",
        (database, notes, [FRESH, SETTING], others),
    )
    for role, setting, value in asked.fetchall():
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


def _through_dump(dump: Invocation, client: Client, sibling: str) -> str:
    outside = ("--no-subscriptions", "--no-publications", "--lock-wait-timeout=30s")
    gave, took = process.pipe(dump.adding(*outside), _psql(client, sibling).adding("--set=ON_ERROR_STOP=1"))
    return next((done.err.strip() for done in (took, gave) if not done.ok), "")


def _psql(client: Client, database: str) -> Invocation:
    return client("psql").adding("--no-psqlrc", "--quiet", f"--dbname={database}")


def who_works(cursor: Cursor, database: str) -> tuple[int, ...]:
    """Return the processes that use the database, so that its files cannot be copied.

    Those at work come alone, if there are any.
    """
    sessions = _sessions(cursor, database)
    return tuple(pid for pid, idle in sessions if not idle) or tuple(pid for pid, _ in sessions)


def _is_free(cursor: Cursor, database: str, *, ends_idle: bool) -> bool:
    """Return whether no session uses it any more.

    A session with an advisory lock only seems to be idle: it migrates.
    """
    sessions = _sessions(cursor, database)
    if sessions and ends_idle and all(idle for _, idle in sessions):
        with contextlib.suppress(errors.InsufficientPrivilege):
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", ([pid for pid, _ in sessions],))
            wait_until(lambda: True if not _sessions(cursor, database) else None, END_SECONDS)
        sessions = _sessions(cursor, database)
    return not sessions


def _sessions(cursor: Cursor, database: str) -> list[tuple[int, bool]]:
    """Return each session's process, and whether the session only waits for work."""
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
    if version < 150000 or not _suits_files(cursor, database):
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


def _suits_files(cursor: Cursor, database: str) -> bool:
    """Return whether copying its files is faster than the server's log."""
    size = size_of(cursor, database)
    return size > LARGE and size > FILE * _files(cursor, database)


def size_of(cursor: Cursor, database: str) -> int:
    """Return the size of a database in bytes, 0 for one that is not there."""
    cursor.execute("SELECT coalesce(sum(pg_database_size(oid)), 0)::bigint FROM pg_database WHERE datname = %s",
                   (database,))  # fmt: skip
    return _number(cursor)


def _files(cursor: Cursor, database: str) -> int:
    """Return how many files it has.

    Returns 0 where this user may not look, or where they are in another place.
    """
    cursor.execute("SELECT has_function_privilege('pg_ls_dir(text)', 'EXECUTE')::int")
    if not _number(cursor):
        return 0
    cursor.execute(
        "SELECT count(*) FROM pg_database AS d JOIN pg_tablespace AS t ON t.oid = dattablespace,"
        " pg_ls_dir('base/' || d.oid) WHERE datname = %s AND spcname = 'pg_default'",
        (database,),
    )
    return _number(cursor)


def _number(cursor: Cursor) -> int:
    row = cursor.fetchone()
    return int(row[0]) if row else 0
