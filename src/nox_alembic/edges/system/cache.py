"""Files that only save time.

A file that is missing, broken or of another kind does not count, and is written anew.
"""

import contextlib
import json
import zlib
from pathlib import Path
from typing import Any

from nox_alembic.edges.system.files import write_private


def load(path: Path, kind: str) -> Any:
    """Return the kept content.

    Returns None when the file is not a whole file of ours of that kind. A kind is a
    name and a version.
    """
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        return json.loads(body) if head == _head(kind, body) else None
    except (OSError, ValueError):
        return None


def store(path: Path, kind: str, content: object) -> None:
    """Keep the content, as a whole, whoever else writes there.

    Where nothing can be written, nothing is kept.
    """
    body = json.dumps(content, separators=(",", ":"))
    with contextlib.suppress(OSError):
        write_private(path, _head(kind, body.encode()).decode() + "\n" + body)


def _head(kind: str, body: bytes) -> bytes:
    """Return the first line.

    Its checksum proves that the rest is what was written, so no part of the rest need
    be looked at.
    """
    return f"nox-alembic {kind} {zlib.crc32(body):08x}".encode()
