"""Remembers which env.py was found to connect to the environment's own database."""

import contextlib
from pathlib import Path

from nox_alembic.edges.system.files import write_private

NAME = "proved"


def read(folder: Path) -> str:
    """Return the digest of what it was, "" when nothing is known."""
    try:
        return (folder / NAME).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def write(folder: Path, digest: str) -> None:
    """Remember it, in the environment's own folder of state.

    Where that cannot be written, it is proved again the next time.
    """
    with contextlib.suppress(OSError):
        write_private(folder / NAME, f"{digest}\n")
