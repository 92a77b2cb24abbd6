"""Databases beside the real one in the same server: made, copied from it, and swapped in by renames."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.copies.siblings import Mark, Sibling, is_ours, new_name, parse_mark, spare_name
from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import settings_of
from nox_alembic.edges.postgres.connection import connected
from nox_alembic.edges.postgres.copying import Client, copy_at_once, fill_by_dump
from nox_alembic.edges.postgres.settings_of import (
    FRESH,
    beside,
    copy_all_settings,
    copy_settings,
    end_sessions,
    likeness,
)
from nox_alembic.edges.system.waiting import wait_until

# A limit that nobody types by accident: unlike a comment it is there from the first instant of a database on.
MAKING = 1914
SWAP_SECONDS = 20


def server_version(address: DatabaseAddress) -> str:
    """Return the version of the running server such as "18.6", "" when it does not answer."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        number = cursor.connection.server_version
        return f"{number // 10000}.{number % 10000}"
    return ""


def marked(address: DatabaseAddress) -> tuple[Sibling, ...]:
    """Return the databases that verbs have made or kept of this one, nothing when the server does not answer."""
    with contextlib.suppress(psycopg2.OperationalError), connected(address) as cursor:
        return tuple(_ours(cursor, address.name))
    return ()


def names(address: DatabaseAddress) -> frozenset[str] | None:
    """Return the databases that were kept of this one, None when the server does not answer."""
    try:
        with beside(address) as cursor:
            return frozenset(one.name for one in _ours(cursor, address.name) if one.mark.role == "before")
    except psycopg2.OperationalError:
        return None


def create(address: DatabaseAddress, mark: Mark, *, source: str = "") -> DatabaseAddress:
    """Make the new database with the owner, the encoding, the sort order and the grants of the real one.

    It is empty with the settings of the real one, or a copy of the spare one `source` with the settings of that.
    What a killed run has left of an earlier one is dropped. Raises RefusedError (NA611) when somebody else's database
    has its name, and FailedError (NA612) with what the server says.
    """
    new = replace(address, name=new_name(address.name, apart=mark.role == "making"))
    with beside(address) as cursor, _told(new.name):
        _make_way(cursor, address.name, new.name)
        options = sql.SQL("TEMPLATE {}").format(sql.Identifier(source)) if source else likeness(cursor, address.name)
        _create(cursor, new.name, mark, options + _owner(cursor, address.name))
        _copy_grants(cursor, address.name, new.name)
        if not source:
            copy_settings(address, new.name, of_role=False)
        copy_all_settings(cursor, source or address.name, new.name, only="" if source else FRESH)
    return new


def keep(address: DatabaseAddress, kept: str, mark: Mark, client: Client) -> None:
    """Make a copy of the real database with all that belongs to it, under the name `kept`.

    By PostgreSQL's own copy where nobody is at work in it, for which idle sessions are ended, else by a dump. Until it
    is whole, and named, it is one that the next run drops. Raises RefusedError (NA611) and FailedError (NA635).
    """
    new = new_name(address.name)
    try:
        with beside(address) as cursor, _uncopied(address.name):
            _make_way(cursor, address.name, new)
            _copy(cursor, address, replace(mark, role="new"), client)
            _copy_grants(cursor, address.name, new)
            copy_all_settings(cursor, address.name, new)
            _name(cursor, address.name, new, kept, mark)
    except BaseException:
        drop_again(address, new)
        raise


def keep_spare(address: DatabaseAddress, mark: Mark, *, apart: bool) -> str:
    """Give the new database its name and its mark as a spare one; nobody can log into it then. Return the name.

    An older one is dropped before. `apart`: it is the one that was made so. Raises RefusedError (NA611) and FailedError
    (NA612) as `create` does.
    """
    new, name = new_name(address.name, apart=apart), spare_name(address.name, seeded=mark.seeded)
    with beside(address) as cursor, _told(name):
        _drop(cursor, [one.name for one in _ours(cursor, address.name) if one.name == name])
        _require_free(cursor, name)
        end_sessions(cursor, new)
        cursor.execute(
            sql.SQL(
                "BEGIN; ALTER DATABASE {new} RENAME TO {name}; COMMENT ON DATABASE {name} IS {mark};"
                " ALTER DATABASE {name} ALLOW_CONNECTIONS false CONNECTION LIMIT -1; COMMIT"
            ).format(new=sql.Identifier(new), name=sql.Identifier(name), mark=sql.Literal(mark.text))
        )
    return name


def swap(address: DatabaseAddress, incoming: str, kept: str, mark: Mark, *, seconds: float = SWAP_SECONDS) -> None:
    """Rename the real database to `kept` and the incoming one to the real one, in one transaction; clients are ended.

    Raises FailedError when clients come back so quickly that it never succeeds (NA613), which leaves everything as it
    was, and when the server ends meanwhile (NA615).
    """
    with _cut_off(address.name), beside(address) as cursor:
        statements = _renames(cursor, address.name, incoming, kept, mark)

        def attempt() -> bool | None:
            end_sessions(cursor, address.name, incoming)
            try:
                cursor.execute(statements)
            except errors.ObjectInUse:  # the server waits five seconds before it says so
                cursor.execute("ROLLBACK")
                return None
            return True

        if wait_until(attempt, seconds) is None:
            raise _in_use(cursor, address.name)


def drop(address: DatabaseAddress, names: Iterable[str]) -> None:
    """Drop databases of ours, and nothing that is not: each is looked at once more."""
    with beside(address) as cursor:
        ours = {one.name for one in _ours(cursor, address.name)}
        _drop(cursor, [name for name in names if name in ours])


def drop_again(address: DatabaseAddress, name: str) -> None:
    """Drop one if that can be done now: what this run could not do the next one does, and it is not the news."""
    with contextlib.suppress(psycopg2.Error):
        drop(address, [name])


def _ours(cursor: Cursor, database: str) -> Iterator[Sibling]:
    cursor.execute("SELECT datname, datconnlimit, shobj_description(oid, 'pg_database') FROM pg_database ORDER BY 1")
    for name, limit, comment in cursor.fetchall():
        mark = parse_mark(comment)
        if comment is None and limit == MAKING:  # killed between two statements
            apart = name == new_name(database, apart=True)
            mark = Mark(role="making" if apart else "new", of=database, environment="", verb="", at="")
        if mark is not None and is_ours(database, name, mark):
            yield Sibling(name, mark)


def _drop(cursor: Cursor, names: Iterable[str]) -> None:
    for name in names:
        settings_of.drop(cursor, name)


def _make_way(cursor: Cursor, database: str, new: str) -> None:
    """Drop what a killed run has left under the new name, and nothing else."""
    _drop(cursor, [one.name for one in _ours(cursor, database) if one.name == new])
    _require_free(cursor, new)


def _require_free(cursor: Cursor, name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    if cursor.fetchone():
        message = f'the database "{name}" is in the way, and was not made by this tool'
        raise RefusedError("NA611", message, hint=f'rename it: `ALTER DATABASE "{name}" RENAME TO ...`')


def _create(cursor: Cursor, new: str, mark: Mark, options: sql.Composable) -> None:
    name = sql.Identifier(new)
    cursor.execute(sql.SQL("CREATE DATABASE {} CONNECTION LIMIT {} {}").format(name, sql.Literal(MAKING), options))
    cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(mark.text)))


def _owner(cursor: Cursor, database: str) -> sql.Composable:
    """Return what gives another database the same owner and place."""
    cursor.execute(
        "SELECT pg_get_userbyid(datdba), spcname FROM pg_database JOIN pg_tablespace AS t ON t.oid = dattablespace"
        " WHERE datname = %s",
        (database,),
    )
    owner, space = map(sql.Identifier, _row(cursor))
    return sql.SQL(" OWNER {} TABLESPACE {}").format(owner, space)


def _copy(cursor: Cursor, address: DatabaseAddress, mark: Mark, client: Client) -> None:
    new, owner = new_name(address.name), _owner(cursor, address.name)

    def create(options: sql.Composable) -> None:
        _create(cursor, new, mark, options + owner)

    if not copy_at_once(cursor, address.name, create, ends_idle=True):
        create(likeness(cursor, address.name))
        if problem := fill_by_dump(client, address, new):
            raise _not_copied(address.name, problem)


def _name(cursor: Cursor, database: str, new: str, kept: str, mark: Mark) -> None:
    """Make it a kept one, in one transaction, with the comment and the limit that the real one has."""
    comment, limit = _comment_and_limit(cursor, database)
    cursor.execute(
        sql.SQL(
            "BEGIN; ALTER DATABASE {new} RENAME TO {kept}; COMMENT ON DATABASE {kept} IS {mark};"
            " ALTER DATABASE {kept} CONNECTION LIMIT {limit}; COMMIT"
        ).format(
            new=sql.Identifier(new), kept=sql.Identifier(kept), limit=sql.Literal(limit),
            mark=sql.Literal(replace(mark, comment=comment).text),
        )
    )  # fmt: skip


def _copy_grants(cursor: Cursor, database: str, new: str) -> None:
    """Grant what is granted on the real one; without any grant the defaults are the same."""
    cursor.execute(
        "SELECT nullif(grantee, 0)::regrole::text, privilege_type, is_grantable"
        " FROM pg_database, aclexplode(datacl) WHERE datname = %s",
        (database,),
    )
    grants = cursor.fetchall()
    name = sql.Identifier(new)
    if grants:
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role, privilege, grantable in grants:
        option = " WITH GRANT OPTION" if grantable else ""
        words = f"GRANT {privilege} ON DATABASE {{}} TO {role or 'PUBLIC'}{option}"  # quoted by the server
        cursor.execute(sql.SQL(words).format(name))


def _renames(cursor: Cursor, database: str, incoming: str, kept: str, mark: Mark) -> sql.Composed:
    """Return the swap as one transaction; what was kept gets its own comment back, what is new that of the old one."""
    comment, limit = _comment_and_limit(cursor, database)
    earlier = parse_mark(_comment_and_limit(cursor, incoming)[0])
    return sql.SQL(
        "BEGIN; ALTER DATABASE {real} RENAME TO {kept}; COMMENT ON DATABASE {kept} IS {mark};"
        " ALTER DATABASE {new} RENAME TO {real}; COMMENT ON DATABASE {real} IS {comment};"
        " ALTER DATABASE {real} CONNECTION LIMIT {limit}; COMMIT"
    ).format(
        real=sql.Identifier(database),
        kept=sql.Identifier(kept),
        new=sql.Identifier(incoming),
        mark=sql.Literal(replace(mark, comment=comment).text),
        comment=sql.Literal(earlier.comment if earlier and earlier.role == "before" else comment),
        limit=sql.Literal(limit),
    )


def _comment_and_limit(cursor: Cursor, database: str) -> tuple[str | None, int]:
    """Return those of a database, nothing and no limit where there is no such database."""
    cursor.execute(
        "SELECT shobj_description(oid, 'pg_database'), datconnlimit FROM pg_database WHERE datname = %s", (database,)
    )
    return _row(cursor) or (None, -1)


def _in_use(cursor: Cursor, database: str) -> FailedError:
    cursor.execute(
        "SELECT coalesce(string_agg(format('process %%s (%%s)', pid, application_name), ', '), 'it just ended')"
        " FROM pg_stat_activity WHERE datname = %s",
        (database,),
    )
    message = f'the database "{database}" is used again as soon as its clients are ended: {_row(cursor)[0]}'
    return FailedError("NA613", message, hint="end that program; nothing was changed, `nox -s dev` starts the backend")


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        message = f'the database "{name}" cannot be made: {str(error).strip()}'
        hint = "nothing was changed; make room if the disk is full, `ALTER ROLE ... CREATEDB` if it is a right"
        if isinstance(error, psycopg2.OperationalError) and error.pgcode is None:
            hint = "nothing was changed; make room if the disk is full, then `nox -s dev` starts the server again"
        raise FailedError("NA612", message, hint=hint) from None


@contextlib.contextmanager
def _uncopied(database: str) -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise _not_copied(database, str(error)) from None


def _not_copied(database: str, detail: str) -> FailedError:
    message = f'the database "{database}" could not be copied for `undo`, and is as it was'
    hint = "make room if the disk is full, then `nox -s dev` starts what is down; `undo-limit = 0` keeps nothing"
    return FailedError("NA635", message, hint=hint, detail=detail.strip())


@contextlib.contextmanager
def _cut_off(database: str) -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        message = f'the swap of the database "{database}" was cut off: {str(error).strip()}'
        hint = "it is the old one or the new one as a whole: `nox -s dev` starts what is down, `nox -s status` shows it"
        raise FailedError("NA615", message, hint=hint) from None


def _row(cursor: Cursor) -> Any:
    return cursor.fetchone()
