"""Copies of revision files outside of the repository, named by their SHA-256.

An applied revision stays readable by its copy.
"""

import datetime as dt
import hashlib
import re
from pathlib import Path

from nox_alembic.core.revisions.orphans import FileVersion
from nox_alembic.edges.system.files import write_private

FOLDER = "revisions"


def keep(folder: Path | None, file: Path) -> str:
    """Keep a copy of the file as it is now, and return its SHA-256 (hex).

    An existing copy is not written again. Without a folder no copy is kept: a
    throw-away environment leaves nothing behind. Raises OSError.
    """
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    copy = _path(folder, digest) if folder else None
    if copy and not copy.exists():
        write_private(copy, content)
    return digest


def read(folder: Path, digest: str) -> FileVersion | None:
    """Return the copy with that SHA-256 (hex).

    None when there is no copy, or its content does not match its name.
    """
    path = _path(folder, digest)
    try:
        content = path.read_bytes()
        day = dt.date.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ012 - the user's own day
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() != digest:
        return None
    return FileVersion(content=content, place="the copy kept at its upgrade", date=day.isoformat(), path=str(path))


def _path(folder: Path, digest: str) -> Path:
    return folder / f"{re.sub(r'[^0-9a-f]', '', digest)}.py"
