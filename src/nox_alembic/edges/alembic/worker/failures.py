"""What an exception of a migration tells: facts, which `core.failures` explains."""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

if TYPE_CHECKING:
    from alembic.script import Script

# The fields of PostgreSQL's report
# (postgresql.org/docs/current/protocol-error-fields.html).
_FIELDS = {"message": "M", "detail": "D", "schema_name": "s", "table_name": "t", "column_name": "c",
           "constraint_name": "n"}  # fmt: skip


def facts_of(error: BaseException, running: Script | None, folder: Path) -> dict[str, Any]:
    """Return what is known: where it happened, the database's words, the error's type.

    `refused` is Alembic's own sentence, "" when it was not Alembic that raised. `path`
    counts from `folder`; without a running revision it is the deepest file of the
    project. Drivers are known by the attributes that they share.
    """
    raised = _of_the_driver(error)
    message, _, report = (_report(raised).get(_FIELDS["message"]) or str(raised)).strip().partition("\n")
    path, line, source = _place(error, running, folder)
    return {
        "refused": str(error) if isinstance(error, CommandError) else "",
        "revision": running.revision if running else "",
        "path": _relative(path, folder),
        "line": line,
        "source": source,
        "statement": _statement(error),
        "sqlstate": _sqlstate(raised),
        "missing": (error.name or "") if isinstance(error, ModuleNotFoundError) else "",
        "python": sys.executable,
        "error": type(raised).__name__,
        "message": message,
        "report": report.partition("\n[SQL")[0],
        "detail": _diagnosis(raised, "message_detail", "detail"),
        **{name: _diagnosis(raised, f"{name}_name") for name in ("schema", "table", "column", "constraint")},
    }


def _of_the_driver(error: BaseException) -> BaseException:
    """Return the driver's own exception, below what SQLAlchemy and its adapters add."""
    original = getattr(error, "orig", None) or error
    return next((found for found in (original, original.__cause__) if found and _sqlstate(found)), original)


def _sqlstate(error: BaseException) -> str:
    code = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)  # psycopg2, then psycopg and asyncpg
    return code if isinstance(code, str) else _report(error).get("C", "")


def _report(error: BaseException) -> dict[str, str]:
    """Return what pg8000 raises: PostgreSQL's report, by the protocol's letters."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, dict) else {}


def _diagnosis(error: BaseException, *names: str) -> str:
    """Return a field of PostgreSQL's report.

    It is in `diag` (psycopg), in the exception itself (asyncpg) or in the report
    (pg8000).
    """
    places = (getattr(error, "diag", None), error)
    found = [getattr(place, name, None) for place in places for name in names]
    found += [_report(error).get(_FIELDS.get(name, "")) for name in names]
    return next((value for value in found if isinstance(value, str)), "")


def _statement(error: BaseException) -> str:
    """Return the SQL that failed.

    SQLAlchemy doubles `%` for the driver; a driver's own exception knows its cursor's
    query.
    """
    statement = getattr(error, "statement", None)
    if isinstance(statement, str):
        return (statement if getattr(error, "params", None) else statement.replace("%%", "%")).strip()
    sent = getattr(getattr(error, "cursor", None), "query", None)
    return sent.decode("utf-8", "replace").strip() if isinstance(sent, bytes) else ""


def _place(error: BaseException, running: Script | None, folder: Path) -> tuple[str, int, str]:
    """Return the running revision's file, and the traceback's deepest line in it.

    The line's text comes third. The line is 0 when no revision is running.
    """
    file = str(getattr(running.module, "__file__", "")) if running else ""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0, (error.text or "").strip()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_in(frame.filename, file, folder)]
    return (frames[-1].filename, frames[-1].lineno or 0, frames[-1].line or "") if frames else (file, 0, "")


def _is_in(frame: str, file: str, folder: Path) -> bool:
    """Return whether a frame is of that file, or without a file of the project.

    A library in a folder of the project is not the project's.
    """
    if file:
        return frame == file
    return folder in Path(frame).parents and not re.search(r"[/\\](site|dist)-packages[/\\]", frame)


def _relative(path: str, folder: Path) -> str:
    try:
        return Path(path).relative_to(folder).as_posix() if path else ""
    except ValueError:
        return path
