"""Reads and writes the undo log of an environment.

The undo log is a file. It is written before any data is taken away.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nox_alembic.core.copies.undo import INTERNAL, EntryKind, FileChange, UndoEntry, UndoLog
from nox_alembic.core.errors import FailedError, PreconditionError
from nox_alembic.edges.system import clock
from nox_alembic.edges.system.files import write_private

# Of an entry that a killed run has left half way; in no file name and no content, where
# a quote has a backslash.
_HALF_WAY = (b'"undoing": true', b'"doubtful": true')


def read(path: Path) -> UndoLog:
    """Return the undo log, empty when there is no file.

    Raises PreconditionError (NA633) when it cannot be read.
    """
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return UndoLog(tuple(_entry(one) for one in found))
    except FileNotFoundError:
        return UndoLog()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"the undo log cannot be read from {path}: {error}"
        raise PreconditionError(
            "NA633", message, hint="move that file away: what it names stays where it is until a reset"
        ) from None


def is_half_way(path: Path) -> bool:
    """Return whether a run was killed in the middle of an `undo` or of a move.

    It costs next to nothing, since each verb that changes something asks.
    """
    try:
        found = path.read_bytes()
    except OSError:
        return False
    return any(mark in found for mark in _HALF_WAY)


def write(path: Path, log: UndoLog) -> None:
    """Write the undo log, before the change that it describes is made.

    Raises FailedError (NA639) when it cannot be written: then the change is not made.
    """
    entries = list(map(_shown_entry, log.entries))
    try:
        write_private(path, json.dumps(entries))
    except OSError as error:
        message = f"the undo log cannot be written to {path}: {error.strerror}; no data is lost"
        hint = "make room there, or see who may write there; `nox -s dev` starts what is down"
        raise FailedError("NA639", message, hint=hint) from None


def new_entry(
    verb: str, kind: EntryKind, kept: str, revisions: Sequence[str] | None, size: int | None = None
) -> UndoEntry:
    """Return an entry of now."""
    import secrets  # noqa: PLC0415 - most verbs only look whether there is something to finish

    at = None if revisions is None else tuple(revisions)
    return UndoEntry(id=secrets.token_hex(3), verb=verb, at=clock.now(), kind=kind, kept=kept, revisions=at, size=size)


def _entry(found: dict[str, Any]) -> UndoEntry:
    revisions = found["revisions"]
    at = None if revisions is None else tuple(map(str, revisions))
    files = tuple(_change(change) for change in found.get("files", ()))
    return UndoEntry(**{**found, "revisions": at, "files": files})


def _shown_entry(entry: UndoEntry) -> dict[str, Any]:
    found = {**asdict(entry), "files": list(map(_shown_change, entry.files))}
    # Older versions read only the fields that they know, and these are seldom.
    return {key: value for key, value in found.items() if value or key not in INTERNAL}


def _change(found: dict[str, Any]) -> FileChange:
    return FileChange(found["path"], _bytes(found["before"]), _bytes(found["after"]))


def _shown_change(change: FileChange) -> dict[str, str | None]:
    return {"path": change.path, "before": _text(change.before), "after": _text(change.after)}


def _text(content: bytes | None) -> str | None:
    """Return bytes of any kind as text that JSON can hold, mostly legible."""
    return None if content is None else content.decode("utf-8", "surrogateescape")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")
