"""A failed migration explained: where, why, what is applied now, what to type next."""

import re
from collections.abc import Callable, Mapping

from nox_alembic.core.errors import FailedError
from nox_alembic.core.failures import row_queries
from nox_alembic.core.failures.connections import POSTGRESQL_ONLY, TAKE
from nox_alembic.core.failures.failure import Failure, without_passwords
from nox_alembic.core.failures.locks import CURE, cure_of_locks
from nox_alembic.core.frozen import frozen


@frozen
class _Kind:
    """A kind of failure."""

    id: str
    cure: Callable[[Failure], str]  # returns what to type next


def explain(failure: Failure) -> FailedError:
    """Return the error about the failure.

    Its hint begins with, or ends in, a command that can be pasted.
    """
    kind = _kind_of(failure)
    if failure.refused:
        message = f"Alembic refuses: {failure.refused}"
        return FailedError(_OTHER.id, message, hint=f"{command(failure, 'status')} shows the revisions")
    state = _state(failure)
    message = f"{_place(failure)} failed: {_cause(failure)}." + (f" {state}" if state else "")
    return FailedError(kind.id, message, hint=f"{kind.cure(failure)}{_way_back(failure)}", detail=_material(failure))


def command(failure: Failure, verb: str, *words: str) -> str:
    """Return a command of the tool in back-quotes, for the failure's environment."""
    options = [*(["--env", failure.environment] if failure.environment else []), *words]
    return f"`nox -s {verb}{' -- ' if options else ''}{' '.join(options)}`"


def query(failure: Failure, sql: str) -> str:
    """Return the command that runs SQL, in double quotes, which every shell knows."""
    escaped = "".join("\\" + character if character in '"\\$`' else character for character in sql)
    return command(failure, "sql", "-c", f'"{escaped}"')


def end_of(pids: tuple[int, ...]) -> str:
    """Return the SQL that ends sessions of the server."""
    if len(pids) == 1:
        return f"SELECT pg_terminate_backend({pids[0]})"
    return f"SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{', '.join(map(str, pids))}]) AS pid"


def _kind_of(failure: Failure) -> _Kind:
    if failure.invalid_indexes and "CONCURRENTLY" in failure.statement.upper():
        return _INVALID_INDEX
    if failure.extension:
        return _EXTENSION
    if failure.sqlstate:
        return _of_server(failure) or _BY_SQLSTATE.get(failure.sqlstate, _OTHER)
    if failure.missing:
        return _OTHER_DATABASE if failure.missing in _OTHER_DRIVERS else _NO_PACKAGE
    if failure.wants_arguments and failure.error in _OF_A_LOOKUP and "environ" not in failure.source:
        return _NO_ARGUMENTS
    return _PYTHON if failure.line and failure.error not in _OF_THE_CONNECTION else _OTHER


def _of_server(failure: Failure) -> _Kind | None:
    """Return the kind of what is not about the database alone, None for all else."""
    if failure.sqlstate == _OUT_OF_MEMORY and cure_of_locks(failure.message):
        return _TOO_FEW_LOCKS
    if failure.sqlstate == _DEPENDENT and _siblings_in(failure):
        return _HELD
    return _SHARED_ALREADY if failure.sqlstate == _DUPLICATE and _SHARED.match(failure.message) else None


def _cause(failure: Failure) -> str:
    """Return PostgreSQL's own sentence, or Python's after the type of the error."""
    words = [failure.error if not failure.sqlstate else "", failure.message]
    return ": ".join(word for word in words if word).rstrip(".")


def _place(failure: Failure) -> str:
    what = "the downgrade of" if failure.back else "the revision"
    who = f"{what} {failure.revision}" if failure.revision else "what env.py runs before the first revision"
    where = f"{failure.path}, line {failure.line}" if failure.line else failure.path
    return f"{who} ({where})" if where else who


def _state(failure: Failure) -> str:
    """Return what is committed and what is not."""
    if failure.before is None:
        return ""
    if failure.after is None:
        return "The database does not answer now, so what of it is applied is not known."
    sentences = [_movement(failure, failure.before, failure.after)]
    if failure.rolled_back:
        sentences.append(f"Rolled back with it, as one transaction: {', '.join(failure.rolled_back)}.")
    if failure.committed:
        sentences.append("What the revision did before that is committed, and not recorded.")
    if failure.invalid_indexes:
        sentences.append(f"Left behind, invalid: the index {', '.join(failure.invalid_indexes)}.")
    return " ".join(sentences)


def _way_back(failure: Failure) -> str:
    """Return how to get the state before back, if it was changed and is kept."""
    changed = failure.committed or (failure.after is not None and failure.before != failure.after)
    return f"; {command(failure, 'undo')} takes back what was committed" if failure.undoable and changed else ""


def _movement(failure: Failure, before: tuple[str, ...], after: tuple[str, ...]) -> str:
    now = f"the database is at {', '.join(after) or 'base'}"
    if failure.kept:
        return f"Applied and kept: {', '.join(failure.kept)}; {now}."
    if failure.taken_back:
        return f"Taken back: {', '.join(failure.taken_back)}; {now}."
    if before != after:
        return f"{now[0].upper()}{now[1:]}, and was at {', '.join(before) or 'base'}."
    return f"{'No revision was recorded' if failure.committed else 'Nothing was changed'}: {now}, as before."


def _material(failure: Failure) -> str:
    """Return the line, the statement and PostgreSQL's other words, below each other."""
    parts = [
        f"{failure.path}:{failure.line}: {failure.source}" if failure.source else "",
        without_passwords(failure.statement.strip()),
        without_passwords(failure.report.strip("\n")),
        *(blocker.described for blocker in failure.blockers),
    ]
    return "\n".join(part for part in parts if part)


def _again(failure: Failure) -> str:
    return command(failure, failure.verb, *([failure.target] if failure.target else []))


def _correct(failure: Failure) -> str:
    where = f"line {failure.line} of {failure.path}" if failure.line else failure.path or "the revision"
    return f"correct {where}, then {_again(failure)}"


def _rows(select: Callable[[Failure], str], otherwise: Callable[[Failure], str]) -> Callable[[Failure], str]:
    """Return the cure for bad data: see the rows, correct them, go on.

    `otherwise` is the cure when no row of today is the cause.
    """

    def cure(failure: Failure) -> str:
        sql = select(failure)
        if not sql:
            return otherwise(failure)
        return f"{query(failure, sql)} shows the rows; mend them there or in {failure.path}, then {_again(failure)}"

    return cure


def _missing(failure: Failure) -> str:
    return f"{_correct(failure)}; {command(failure, 'status')} shows which revisions are applied"


def _there_already(failure: Failure) -> str:
    if failure.before or failure.kept:
        return _missing(failure)
    # Alembic knows of nothing here: a database that is older than its migrations.
    mark = command(failure, "repair", "--applied", failure.revision)
    return f"{_missing(failure)}; if the database was made without Alembic, {mark} marks the revision as applied"


def _new_column(failure: Failure) -> str:
    if failure.detail or failure.has_column:
        return _correct(failure)
    return f"give the new column a server_default, or add it nullable and fill it first: {_correct(failure)}"


def _values_in_the_way(failure: Failure) -> str:
    return "" if failure.sqlstate == _DATATYPE_MISMATCH else row_queries.uncastable_rows(failure)


def _cast(failure: Failure) -> str:
    if failure.sqlstate != _DATATYPE_MISMATCH:
        return _correct(failure)
    return f"say how old values become new ones, with `postgresql_using=`: {_correct(failure)}"


def _blocked(failure: Failure) -> str:
    if not failure.blockers:
        return f"{_again(failure)} tries again; `lock-timeout` in pyproject.toml is how long it waits for a lock"
    ended = query(failure, end_of(tuple(blocker.pid for blocker in failure.blockers)))
    return f"{ended} ends what holds the lock, then {_again(failure)}"


def _timeout(failure: Failure) -> str:
    where = f"before line {failure.line} of {failure.path}" if failure.line else "in the revision"
    return f'put `op.execute("SET LOCAL statement_timeout = 0")` {where} if it may take longer, then {_again(failure)}'


def _invalid_index(failure: Failure) -> str:
    drop = command(failure, "repair", "--yes")
    rows = row_queries.duplicate_rows(failure) if failure.sqlstate == _UNIQUE_VIOLATION else ""
    why = f"; {query(failure, rows)} shows the rows to mend" if rows else ""
    if failure.blockers:
        why = f"; {query(failure, end_of(tuple(blocker.pid for blocker in failure.blockers)))} ends what held it up"
    return f"{drop} removes what is left of it{why}; then {_again(failure)}"


def _extension(failure: Failure) -> str:
    if failure.extension_available:
        create = query(failure, f"CREATE EXTENSION {row_queries.identifier(failure.extension)}")
        return f"{create} adds it here, and the same in {failure.path} for everybody; then {_again(failure)}"
    available = query(failure, "SELECT name FROM pg_available_extensions ORDER BY name")
    where = (
        f"use a database image that has {failure.extension}"
        if failure.engine == "compose"
        else f'set "postgres-bin" to a PostgreSQL that has {failure.extension}, or `engine = "compose"`'
    )
    return f"{available} shows what this server has; {where}, then {_again(failure)}"


def _siblings_in(failure: Failure) -> tuple[str, ...]:
    """Return the databases of ours that hold what was to be dropped."""
    found = _HOLDERS.findall(failure.report)
    return tuple(dict.fromkeys(name for name in found if _SIBLING.search(name)))


def _held(failure: Failure) -> str:
    ours = ", ".join(_siblings_in(failure))
    seen = f'write the statement out in {failure.path or "the revision"}, as `op.execute("DROP ROLE app")`'
    why = "so that it is seen beforehand, and the whole server is copied for `undo` in their place"
    return f"these copies of ours hold it: {ours}; {seen}, {why}; then {_again(failure)}"


def _shared_already(failure: Failure) -> str:
    found = _SHARED.match(failure.message)
    kind, name = (found[1], found[2]) if found else ("role", "app")
    drop = query(failure, f"DROP {kind.upper()} {row_queries.identifier(name)}")
    why = "all databases of a server share it, and so it outlives a restore, an `undo` and its own database"
    instead = f"let {failure.path or 'the revision'} make it only where it is missing"
    return f"{why}: {drop} drops it, or {instead}; then {_again(failure)}"


def _no_package(failure: Failure) -> str:
    where = f"install {failure.missing} for {failure.python or 'the Python'}, which has run Alembic"
    elsewhere = 'run Alembic elsewhere: `alembic-in = "backend"` in the container, `alembic-folder` in another folder'
    return f"{where}, or {elsewhere}; then {_again(failure)}"


def _no_arguments(failure: Failure) -> str:
    return (
        f"env.py reads arguments of `-x`: {command(failure, failure.verb, '-x', 'KEY=VALUE')} gives one, and"
        f' `alembic-x = ["KEY=VALUE"]` in [tool.nox-alembic] gives it always'
    )


def _see_status(failure: Failure) -> str:
    return f"{command(failure, 'status')} shows what is applied; correct the cause, then {_again(failure)}"


# Where PostgreSQL says which other databases hold a role, and how ours are named.
_HOLDERS = re.compile(r"objects? in database (\S+)")
_SIBLING = re.compile(r"__(before_\d{8}t\d{9}z|spare|base|new|making|rehearsal|shadow)$")
_SHARED = re.compile(r'(role|tablespace|subscription) "(.+)" already exists')
_DEPENDENT = "2BP01"
_OUT_OF_MEMORY = "53200"
_DUPLICATE = "42710"
_UNIQUE_VIOLATION = "23505"
_DATATYPE_MISMATCH = "42804"
_OF_A_LOOKUP = frozenset({"KeyError", "IndexError", "TypeError"})
# What SQLAlchemy imports for other databases than PostgreSQL.
_OTHER_DRIVERS = frozenset((
    "MySQLdb", "aiomysql", "aiosqlite", "asyncmy", "cx_Oracle", "mariadb", "mysql", "oracledb", "pymssql", "pymysql",
    "pyodbc",
))  # fmt: skip
# Raised before PostgreSQL could give a code: the server is not there, or went away.
_OF_THE_CONNECTION = frozenset({"OperationalError", "InterfaceError", "CommandError"})

_OTHER = _Kind("NA405", _see_status)
_SYNTAX = _Kind("NA455", _correct)
_NOT_THERE = _Kind("NA456", _missing)
_THERE_ALREADY = _Kind("NA457", _there_already)
_NULLS = _Kind("NA458", _rows(row_queries.null_rows, _new_column))
_DUPLICATES = _Kind("NA459", _rows(row_queries.duplicate_rows, _correct))
_ORPHANS = _Kind("NA460", _rows(row_queries.orphan_rows, _correct))
_CAST = _Kind("NA461", _rows(_values_in_the_way, _cast))
_LOCKED = _Kind("NA462", _blocked)
_CANCELLED = _Kind("NA463", _timeout)
_INVALID_INDEX = _Kind("NA464", _invalid_index)
_PYTHON = _Kind("NA465", _correct)
_EXTENSION = _Kind("NA466", _extension)
_TOO_FEW_LOCKS = _Kind("NA475", lambda failure: f"{CURE}; then {_again(failure)}")
_HELD = _Kind("NA474", _held)
_SHARED_ALREADY = _Kind("NA474", _shared_already)
_NO_PACKAGE = _Kind("NA476", _no_package)
_NO_ARGUMENTS = _Kind("NA477", _no_arguments)
_OTHER_DATABASE = _Kind("NA478", lambda _: f"{TAKE}: {POSTGRESQL_ONLY}")
_CHECKED = _Kind("NA467", _rows(row_queries.violating_rows, _correct))

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_SQLSTATE: Mapping[str, _Kind] = {
    "42601": _SYNTAX,
    "42P01": _NOT_THERE,  # undefined_table
    "42703": _NOT_THERE,  # undefined_column
    "42704": _NOT_THERE,  # undefined_object: a type, a constraint, an index
    "42883": _NOT_THERE,  # undefined_function
    "3F000": _NOT_THERE,  # invalid_schema_name
    "42701": _THERE_ALREADY,  # duplicate_column
    "42P07": _THERE_ALREADY,  # duplicate_table, index, view, sequence
    _DUPLICATE: _THERE_ALREADY,  # duplicate_object: a type, a constraint, an extension
    "42723": _THERE_ALREADY,  # duplicate_function
    "42P06": _THERE_ALREADY,  # duplicate_schema
    "23502": _NULLS,
    _UNIQUE_VIOLATION: _DUPLICATES,
    "23503": _ORPHANS,
    "23514": _CHECKED,
    _DATATYPE_MISMATCH: _CAST,
    "42846": _CAST,  # cannot_coerce
    "22P02": _CAST,  # invalid_text_representation
    "22001": _CAST,  # string_data_right_truncation
    "22003": _CAST,  # numeric_value_out_of_range
    "22007": _CAST,  # invalid_datetime_format
    "22008": _CAST,  # datetime_field_overflow
    "55P03": _LOCKED,  # lock_not_available
    "40P01": _LOCKED,  # deadlock_detected
    "57014": _CANCELLED,
}
