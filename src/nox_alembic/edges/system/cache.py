"""Files that only save time: one that is missing, broken or of another kind counts as none, and is written anew."""

import contextlib
import json
import zlib
from pathlib import Path
from typing import Any

from nox_alembic.edges.system.files import write_private


def load(path: Path, kind: str) -> Any:
    """Return what was kept, None when the file is not one of ours of that kind (a name and a version) as a whole."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        return json.loads(body) if head == _head(kind, body) else None
    except (OSError, ValueError):
        return None


def store(path: Path, kind: str, content: object) -> None:
    """Keep it, at once and as a whole, whoever else writes there; where nothing can be written, nothing is kept."""
    body = json.dumps(content, separators=(",", ":"))
    with contextlib.suppress(OSError):
        write_private(path, _head(kind, body.encode()).decode() + "\n" + body)


def _head(kind: str, body: bytes) -> bytes:
    """Return the first line. The sum proves the rest to be what was written: no part of it need be looked at."""
    return f"nox-alembic {kind} {zlib.crc32(body):08x}".encode()
