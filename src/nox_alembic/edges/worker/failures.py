"""What an exception of a migration tells: facts for `core.failures`, which says what they mean."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

if TYPE_CHECKING:
    from alembic.script import Script

DIAGNOSIS = {
    "detail": "message_detail",
    "table": "table_name",
    "column": "column_name",
    "constraint": "constraint_name",
    "type_name": "datatype_name",
    "position": "statement_position",
}


def facts_of(error: BaseException, running: Script | None, folder: Path) -> dict[str, Any]:
    """Return what is known: where it happened, the database's own words, the type of the error.

    `refused` is Alembic's own sentence, "" when it was not Alembic that raised. `path` counts from `folder`; without a
    running revision it was env.py that failed.
    """
    original = getattr(error, "orig", None) or error if isinstance(error, DBAPIError) else error
    diagnosis = getattr(original, "diag", None)
    path, line = _place(error, running)
    return {
        "refused": str(error) if isinstance(error, CommandError) else "",
        "revision": running.revision if running else "",
        "path": _relative(path, folder),
        "line": line,
        "statement": (error.statement or "").strip() if isinstance(error, DBAPIError) else "",
        "sqlstate": getattr(original, "pgcode", None) or getattr(original, "sqlstate", None) or "",
        "error": type(original).__name__,
        "message": _sentence(original),
        **{key: getattr(diagnosis, name, None) or "" for key, name in DIAGNOSIS.items()},
    }


def _place(error: BaseException, running: Script | None) -> tuple[str, int]:
    """Return the file of the running revision and the line in it, the deepest one of the traceback; 0 when none is."""
    path = str(getattr(running.module, "__file__", "")) if running else ""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    return path, lines[-1] if lines else 0


def _relative(path: str, folder: Path) -> str:
    try:
        return str(Path(path).relative_to(folder)) if path else ""
    except ValueError:
        return path


def _sentence(error: BaseException) -> str:
    """Return the database's own sentence, without the statement that SQLAlchemy adds below it."""
    text = str(error).partition("\n[SQL")[0] if isinstance(error, SQLAlchemyError) else str(error)
    return text.strip()
