"""Makes, marks and swaps in the sibling databases of the real database.

They are in the same server. A swap is done by renames.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class in spite of its name

from nox_alembic.core.copies.siblings import MAKING, PASSING, Mark, name_of, ours, parse_mark
from nox_alembic.core.copies.uncopied import Cause, cut_off, in_use, not_kept, not_made, not_rehearsed
from nox_alembic.core.errors import NoxAlembicError, RefusedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import copying
from nox_alembic.edges.postgres.connection import beside
from nox_alembic.edges.postgres.copying import Client, Source
from nox_alembic.edges.postgres.dropping import all_in, drop_now, drop_soon, end_sessions, or_dropped
from nox_alembic.edges.system.waiting import wait_until

SWAP_SECONDS = 20
ALONE_SECONDS = 5
# What a run finds whose databases another run makes, too.
_MEANWHILE = (errors.DuplicateDatabase, errors.UniqueViolation, errors.InvalidCatalogName, errors.ObjectInUse)

Failure = Callable[[Cause], NoxAlembicError]


def create(address: DatabaseAddress, mark: Mark, *, source: str = "") -> DatabaseAddress:
    """Make the sibling database of a mark, and return its address.

    A shadow is empty, as any new database of this server is. Any other sibling database
    has the owner, the place, the grants, the encoding and the sort order of the real
    database. It is either empty with the settings of the real database, or a copy of
    the spare `source` with the settings of the spare. What a killed run has left of it
    is dropped. Raises RefusedError (NA611) when a database that is not ours has its
    name, and FailedError (NA612) with the server's words.
    """
    new = replace(address, name=mark.name)
    with or_dropped(address, new.name), beside(address) as cursor, _failing(partial(not_made, new.name)):
        _until_alone(lambda: _created(cursor, address, mark, source))
    return new


def _created(cursor: Cursor, address: DatabaseAddress, mark: Mark, source: str) -> None:
    _make_way(cursor, mark)
    if mark.role == "shadow":
        _create(cursor, mark, sql.SQL(""))
        return
    options = (
        sql.SQL("TEMPLATE {}").format(sql.Identifier(source)) if source else copying.likeness(cursor, address.name)
    )
    _create(cursor, mark, options + copying.owner(cursor, address.name))
    copying.copy_grants(cursor, address.name, mark.name)
    copying.copy_settings(cursor, source or address.name, mark.name, notes=bool(source))


def keep(address: DatabaseAddress, mark: Mark, client: Client) -> None:
    """Make a full copy of the real database under the name of the mark.

    PostgreSQL makes the copy itself where nobody is at work in the database; idle
    sessions are ended for that. Else a dump makes it. Until the copy is whole and has
    its name, the next run drops it. Raises RefusedError (NA611) and FailedError
    (NA635).
    """
    making = replace(mark, role="new")
    failure = partial(not_kept, address.name)
    with or_dropped(address, making.name), beside(address) as cursor, _failing(failure):
        _copy(cursor, address, making, client, failure, ends_idle=True)
        copying.copy_grants(cursor, address.name, making.name)
        copying.copy_settings(cursor, address.name, making.name, notes=True)
        _name(cursor, address.name, making.name, mark)


@contextlib.contextmanager
def copied(address: DatabaseAddress, mark: Mark, client: Client) -> Iterator[DatabaseAddress]:
    """Yield a copy of the real database for a rehearsal, and drop it afterwards.

    The copy is made as in `keep`, but no session is ended. Raises RefusedError (NA611)
    when a database that is not ours has its name, FailedError (NA436) when the copy
    cannot be made, and PreconditionError (NA436) when the user may not make it.
    """
    copy = replace(address, name=mark.name)
    failure = partial(not_rehearsed, address)
    with or_dropped(address, copy.name):
        with beside(address) as cursor, _failing(failure):
            _copy(cursor, address, mark, client, failure)
            copying.copy_settings(cursor, address.name, copy.name, notes=False, others=False)
        yield copy
    drop_soon(address, [copy.name])


@contextlib.contextmanager
def loaded(source: Source, address: DatabaseAddress, mark: Mark, client: Client) -> Iterator[DatabaseAddress]:
    """Yield a copy of another server's database for a rehearsal; drop it afterwards.

    The copy comes with the roles of that server. Raises the same errors as `copied`.
    """
    copy = replace(address, name=mark.name)
    failure = partial(not_rehearsed, source.address)
    with or_dropped(address, copy.name):
        with beside(address) as cursor, beside(source.address) as there, _failing(failure):
            _make_way(cursor, mark)
            _create(cursor, mark, copying.likeness(there, source.address.name))
            if problem := copying.fill_from(source, client, copy.name):
                raise failure(Cause(said=problem, dumped=True))
            copying.copy_grants(cursor, source.address.name, copy.name, of=there)
            copying.copy_settings(cursor, source.address.name, copy.name, notes=False, of=there)
        yield copy
    drop_soon(address, [copy.name])


def keep_spare(address: DatabaseAddress, mark: Mark, *, apart: bool) -> str:
    """Give the new database its name and its mark as a spare, and return the name.

    Nobody can log into a spare. An older spare is dropped before. `apart` says that the
    new database was made apart. Raises RefusedError (NA611) and FailedError (NA612), as
    `create` does.
    """
    new = name_of(address.name, "making" if apart else "new")
    statements = sql.SQL(
        "BEGIN; ALTER DATABASE {new} RENAME TO {name}; COMMENT ON DATABASE {name} IS {mark};"
        " ALTER DATABASE {name} ALLOW_CONNECTIONS false CONNECTION LIMIT -1; COMMIT"
    ).format(new=sql.Identifier(new), name=sql.Identifier(mark.name), mark=sql.Literal(mark.text))

    def name() -> None:
        _make_way(cursor, mark)
        end_sessions(cursor, new)
        try:
            cursor.execute(statements)
        except psycopg2.Error:
            cursor.execute("ROLLBACK")
            raise

    with beside(address) as cursor, _failing(partial(not_made, mark.name)):
        _until_alone(name)
    return mark.name


def swap(address: DatabaseAddress, incoming: str, mark: Mark, *, seconds: float = SWAP_SECONDS) -> None:
    """Swap the incoming database in: it gets the real name, the real one the mark's.

    Both renames happen in one transaction. Clients are ended. Raises FailedError when
    clients come back so quickly that the swap never succeeds (NA613), which leaves
    everything as it was, and when the server ends meanwhile (NA615).
    """
    with _failing(partial(cut_off, address.name)), beside(address) as cursor:
        statements = _renames(cursor, address.name, incoming, mark)

        def attempt() -> bool | None:
            end_sessions(cursor, address.name, incoming)
            try:
                cursor.execute(statements)
            except errors.ObjectInUse:  # the server waits five seconds before it says so
                cursor.execute("ROLLBACK")
                return None
            return True

        if wait_until(attempt, seconds) is None:
            raise in_use(address.name, _users(cursor, address.name))


def _until_alone(act: Callable[[], None], seconds: float = ALONE_SECONDS) -> None:
    """Act again while another run replaces or copies a spare at the same moment.

    `spare` beside `reset --fast` makes the same databases: one of the two finds that a
    name is taken just now, or gone for a moment, or that a spare is being copied.
    """
    failed: list[psycopg2.Error] = []

    def attempt() -> bool | None:
        try:
            act()
        except _MEANWHILE as error:
            failed.append(error)
            return None
        return True

    if wait_until(attempt, seconds) is None:
        raise failed[-1]


def _make_way(cursor: Cursor, mark: Mark) -> None:
    """Drop what earlier runs have left of the same kind, and nothing else."""
    found = all_in(cursor)  # once: another run may make, meanwhile, what was not there
    known = {one.name: one.mark.role for one in ours(mark.of, found)}
    if mark.name not in known and mark.name in {name for name, _, _ in found}:
        message = f'the database "{mark.name}" is in the way, and was not made by this tool'
        raise RefusedError("NA611", message, hint=f'rename it: `ALTER DATABASE "{mark.name}" RENAME TO ...`')
    for name, role in known.items():
        if name == mark.name or role == mark.role in PASSING:
            drop_now(cursor, name)


def _create(cursor: Cursor, mark: Mark, options: sql.Composable) -> None:
    name = sql.Identifier(mark.name)
    cursor.execute(sql.SQL("CREATE DATABASE {} CONNECTION LIMIT {} {}").format(name, sql.Literal(MAKING), options))
    cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(mark.text)))


def _copy(
    cursor: Cursor, address: DatabaseAddress, mark: Mark, client: Client, failure: Failure, *, ends_idle: bool = False
) -> None:
    """Make the database of a mark as a copy of the real database.

    What a killed run has left of it is dropped.
    """
    _make_way(cursor, mark)
    place = copying.owner(cursor, address.name)

    def create(options: sql.Composable) -> None:
        _create(cursor, mark, options + place)

    if not copying.copy_at_once(cursor, address.name, create, ends_idle=ends_idle):
        create(copying.likeness(cursor, address.name))
        if problem := copying.fill_by_dump(client, address, mark.name):
            raise failure(Cause(said=problem, dumped=True, pids=copying.who_works(cursor, address.name)))


def _name(cursor: Cursor, database: str, new: str, mark: Mark) -> None:
    """Give it the name, the mark, the comment and the limit, in one transaction.

    The comment and the limit are those of the real database.
    """
    comment, limit = _comment_and_limit(cursor, database)
    cursor.execute(
        sql.SQL(
            "BEGIN; ALTER DATABASE {new} RENAME TO {kept}; COMMENT ON DATABASE {kept} IS {mark};"
            " ALTER DATABASE {kept} CONNECTION LIMIT {limit}; COMMIT"
        ).format(
            new=sql.Identifier(new), kept=sql.Identifier(mark.name), limit=sql.Literal(limit),
            mark=sql.Literal(replace(mark, comment=comment).text),
        )
    )  # fmt: skip


def _renames(cursor: Cursor, database: str, incoming: str, mark: Mark) -> sql.Composed:
    """Return the swap as one transaction.

    What was kept gets its own comment back. The new database gets the comment of the
    old one.
    """
    comment, limit = _comment_and_limit(cursor, database)
    earlier = parse_mark(_comment_and_limit(cursor, incoming)[0])
    return sql.SQL(
        "BEGIN; ALTER DATABASE {real} RENAME TO {kept}; COMMENT ON DATABASE {kept} IS {mark};"
        " ALTER DATABASE {new} RENAME TO {real}; COMMENT ON DATABASE {real} IS {comment};"
        " ALTER DATABASE {real} CONNECTION LIMIT {limit}; COMMIT"
    ).format(
        real=sql.Identifier(database),
        kept=sql.Identifier(mark.name),
        new=sql.Identifier(incoming),
        mark=sql.Literal(replace(mark, comment=comment).text),
        comment=sql.Literal(earlier.comment if earlier and earlier.role == "undo" else comment),
        limit=sql.Literal(limit),
    )


def _users(cursor: Cursor, database: str) -> str:
    cursor.execute(
        "SELECT coalesce(string_agg(format('process %%s (%%s)', pid, application_name), ', '), 'it just ended')"
        " FROM pg_stat_activity WHERE datname = %s",
        (database,),
    )
    return str(_row(cursor)[0])


def _comment_and_limit(cursor: Cursor, database: str) -> tuple[str | None, int]:
    """Return the comment and the limit of a database.

    Without such a database that is no comment and no limit.
    """
    cursor.execute(
        "SELECT shobj_description(oid, 'pg_database'), datconnlimit FROM pg_database WHERE datname = %s", (database,)
    )
    return _row(cursor) or (None, -1)


@contextlib.contextmanager
def _failing(failure: Failure) -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise failure(_cause(error)) from None


def _cause(error: psycopg2.Error) -> Cause:
    ended = isinstance(error, psycopg2.OperationalError) and error.pgcode is None
    return Cause(said=str(error).strip(), ended=ended, right=isinstance(error, errors.InsufficientPrivilege))


def _row(cursor: Cursor) -> Any:
    return cursor.fetchone()
