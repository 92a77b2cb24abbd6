"""The head file on disk, beside Alembic's env.py."""

from collections.abc import Iterable
from pathlib import Path

from nox_alembic.core.revisions.head_file import NAME, HeadFile, text_of
from nox_alembic.edges.project import files


def read(folder: Path) -> HeadFile:
    """Return the head file in Alembic's folder, with or without content."""
    return HeadFile(path=folder / NAME, content=files.read(folder / NAME))


def write(folder: Path, heads: Iterable[str]) -> Path:
    """Write `heads` into the head file, and return its path.

    Raises FailedError (NA433) when it cannot be written.
    """
    path = folder / NAME
    files.replace(path, files.read(path), text_of(heads).encode())
    return path
