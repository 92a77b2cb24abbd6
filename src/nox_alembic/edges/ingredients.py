"""What a spare database is made from: revision files, env.py, the seed's own file, each by its SHA-256."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nox_alembic.core.history import History
from nox_alembic.core.standby import named
from nox_alembic.edges import revisions


def files(history: History) -> Mapping[str, str]:
    """Return the SHA-256 of each revision file by id, without those that cannot be read here."""
    found = {}
    for key, revision in history.revisions.items():
        with contextlib.suppress(OSError):
            found[key] = hashlib.sha256(Path(revision.path).read_bytes()).hexdigest()
    return found


def around(configuration: Path) -> str:
    """Return a word for Alembic's configuration and env.py."""
    folder = revisions.script_folder(configuration)
    return named(_contents([configuration, *([folder / "env.py"] if folder else [])]))


def seed(command: Sequence[str], root: Path) -> str:
    """Return a word for the seed command and the files of the project that it names, by path or as a module."""
    modules = [f"{place}{word.replace('.', '/')}.py" for word in command for place in ("", "src/")]
    return named([("command", " ".join(command)), *_contents(root / name for name in (*command, *modules))])


def _contents(paths: "Iterator[Path] | Sequence[Path]") -> Iterator[tuple[str, str]]:
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            if path.is_file():
                yield str(path), hashlib.sha256(path.read_bytes()).hexdigest()
