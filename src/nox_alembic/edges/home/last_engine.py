"""Remembers which engine an environment ran on last: another one would be another database."""

from pathlib import Path

from nox_alembic.edges.system.files import write_private

NAME = "engine"


def read(folder: Path) -> str:
    """Return its name, "" when nothing is known; a newer version may have written any."""
    try:
        return (folder / NAME).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def write(folder: Path, engine: str) -> None:
    """Remember it, in the environment's own folder of state; raises OSError."""
    if read(folder) != engine:
        write_private(folder / NAME, f"{engine}\n")
