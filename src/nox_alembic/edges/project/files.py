"""Replaces a file of the project as a whole, and only if it has not changed since."""

import glob
import shutil
from pathlib import Path

from nox_alembic.core.errors import FailedError
from nox_alembic.edges.system.files import sync


def read(path: Path) -> bytes | None:
    """Return the content of a file, None if there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def replace(path: Path, before: bytes | None, after: bytes | None) -> None:
    """Write `after` in place of `before`; after a crash the file is either of the two.

    None stands for no file. Raises FailedError (NA433) when the file is not `before`
    any more, or cannot be written.
    """
    target = path.resolve()  # a link stays, and its target is written
    if read(target) != before:
        message = f"{path} was changed by another program just now"
        raise FailedError("NA433", message, hint="run the same command again: it looks anew")
    # All runs use the same name: the next run uses up what a killed run has left.
    # Alembic does not see it.
    fresh = target.with_name(f".{target.name}.nox-alembic")
    try:
        if after is None:
            target.unlink(missing_ok=True)
            return
        with fresh.open("wb") as file:
            file.write(after)
            sync(file)
        if before is not None:
            shutil.copymode(target, fresh)
        fresh.replace(target)
        _forget_bytecode(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        message = f"{path} cannot be written: {error.strerror}"
        raise FailedError(
            "NA433", message, hint="it is as it was: make it writable and run the command again"
        ) from None


def _forget_bytecode(source: Path) -> None:
    """Delete what Python has cached of the old file.

    It compares the size, and the time in whole seconds, and would take the new file for
    the old one.
    """
    for cached in source.parent.glob(f"__pycache__/{glob.escape(source.stem)}.*.pyc"):
        cached.unlink(missing_ok=True)
