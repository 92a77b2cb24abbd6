"""Remembers the engine that an environment ran on last.

Another engine would mean another database.
"""

from pathlib import Path

from nox_alembic.edges.system.files import write_private

NAME = "engine"


def read(folder: Path) -> str:
    """Return the engine's name, "" when nothing is known.

    The name may be unknown to this version: a newer version may have written it.
    """
    try:
        return (folder / NAME).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def write(folder: Path, engine: str) -> None:
    """Remember it, in the environment's own folder of state; raises OSError."""
    if read(folder) != engine:
        write_private(folder / NAME, f"{engine}\n")
