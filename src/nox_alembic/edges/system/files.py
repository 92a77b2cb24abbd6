"""Writes our files and folders for this user alone, whatever the umask is.

It also reads TOML, and measures the content of a folder.
"""

import contextlib
import functools
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

# Windows: a folder made with a mode of 0700 does not take its rights from the folder
# above it (CPython 3.13). A PostgreSQL server that an administrator starts could not
# enter it.
PRIVATE = 0o777 if sys.platform == "win32" else 0o700
OTHERS = 0o077


def make_folder(folder: Path, mode: int = PRIVATE) -> None:
    """Make a folder, and the missing folders above it, with at most these rights.

    A folder that exists stays as it is. Raises OSError.
    """
    try:
        folder.mkdir(mode, exist_ok=True)
    except FileNotFoundError:
        make_folder(folder.parent, mode)
        folder.mkdir(mode, exist_ok=True)


def close_folder(folder: Path) -> None:
    """Take the rights that others have on a folder of ours.

    A folder that is missing, or not this user's, stays as it is.
    """
    with contextlib.suppress(OSError):
        mode = folder.stat().st_mode & 0o7777
        if sys.platform != "win32" and mode & OTHERS:
            folder.chmod(mode & ~OTHERS)


def open_private(path: Path, mode: Literal["ab", "wb", "xb"]) -> IO[bytes]:
    """Open a file to write to it; a new one gets mode 0600. Raises OSError."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file of mode 0600 as a whole or not at all, also after a power cut.

    Text is written in UTF-8. Raises OSError that names the file, whatever failed: a
    full disk is met in the middle.
    """
    import tempfile  # noqa: PLC0415 - most verbs write nothing

    try:
        make_folder(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        _fill(descriptor, Path(name), path, content if isinstance(content, bytes) else content.encode())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def sync(file: IO[bytes]) -> None:
    """Return when the disk has what was written to the file."""
    file.flush()
    os.fsync(file.fileno())


def read_toml(path: Path) -> Mapping[str, Any]:
    """Return the content of a TOML file; raises OSError and ValueError.

    It is parsed again only when it has changed.
    """
    found = path.stat()
    return _parsed(path, found.st_mtime_ns, found.st_size)


def has_content(folder: Path) -> bool:
    """Return whether there is something to lose.

    A folder that we may not read, as a container leaves it, may have content.
    """
    try:
        return any(folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True


def measure(folder: Path, inner: Sequence[str] = ()) -> tuple[int | None, str]:
    """Return the bytes of all files, and a word that changes with the content.

    The bytes are None when some of the content is closed to us. The word of a closed
    data folder comes from times seen from outside: a PostgreSQL server makes and
    removes a file at each start and end. `inner` are the places below the folder where
    that file may lie. The word is "" when not even the times are seen.
    """
    try:
        files = list(_entries(str(folder)))
        newest = max([entry.st_mtime_ns for entry in files], default=0)
        return sum(entry.st_size for entry in files), f"{len(files)} {newest}"
    except OSError:
        return None, _times(folder, inner)


def _fill(descriptor: int, partial: Path, path: Path, content: bytes) -> None:
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            sync(file)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@functools.lru_cache
def _parsed(path: Path, modified: int, size: int) -> Mapping[str, Any]:  # noqa: ARG001 - what tells versions apart
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _entries(folder: str) -> Iterator[os.stat_result]:
    """Yield what the system knows of each file and folder below; raises OSError."""
    with os.scandir(folder) as found:
        for entry in found:
            with contextlib.suppress(FileNotFoundError):  # a running server makes and removes files
                yield entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    yield from _entries(entry.path)


def _times(folder: Path, inner: Sequence[str]) -> str:
    try:
        places = [place for place in (folder, *(folder / name for name in inner)) if place.exists()]
        return " ".join(str(place.stat().st_mtime_ns) for place in places)
    except OSError:
        return ""
