"""Takes away cached bytecode that Python would run in place of a newer revision file.

Python compares the size, and the time in whole seconds: a file that is corrected within
a second of its last run, by a word as long as the old one, would run as it was.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def forget_outdated(folders: Iterable[Path]) -> None:
    """Delete the bytecode in these folders that is not younger than its Python file."""
    for folder in folders:
        for source in _python_files(folder):
            with contextlib.suppress(OSError):  # there is none, or it is not ours to delete
                cached = Path(importlib.util.cache_from_source(source.path))
                if cached.stat().st_mtime_ns <= source.stat().st_mtime_ns:
                    cached.unlink()


def _python_files(folder: Path) -> Iterable[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [entry for entry in entries if entry.name.endswith(".py")]
    return ()
