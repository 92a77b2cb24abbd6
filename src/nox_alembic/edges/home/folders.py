"""Where a project's own files live outside of it: data, state, logs and caches, one folder a clone."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import platformdirs

from nox_alembic.core.frozen import frozen

APPLICATION = "nox-alembic"


@frozen(kw_only=True)
class Folders:
    """The folders of one clone; none of them need exist yet. On macOS and Windows some of them are the same."""

    data: Path
    state: Path
    log: Path
    cache: Path


def folders_of(root: Path, environ: Mapping[str, str]) -> Folders:
    """Return the folders of the project at `root`, below platformdirs' own or below `NOX_ALEMBIC_HOME`.

    The name carries a hash of the resolved path, so that two clones of one repository share nothing.
    """
    name = _clone_name(root.resolve())
    if home := environ.get("NOX_ALEMBIC_HOME"):
        base = Path(home)
        return Folders(
            data=base / "data" / name, state=base / "state" / name, log=base / "log" / name, cache=base / "cache" / name
        )
    return Folders(
        data=platformdirs.user_data_path(APPLICATION, appauthor=False) / name,
        # Not the runtime folder: platformdirs falls back to a temporary one where the system has none.
        state=platformdirs.user_state_path(APPLICATION, appauthor=False) / name,
        log=platformdirs.user_log_path(APPLICATION, appauthor=False) / name,
        cache=platformdirs.user_cache_path(APPLICATION, appauthor=False) / name,
    )


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 that is there as a whole or not at all, also after a power cut.

    Raises OSError that names it, whatever it was that failed: a full disk is met in the middle.
    """
    import tempfile  # noqa: PLC0415 - most verbs write nothing

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        _fill(descriptor, Path(name), path, text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _fill(descriptor: int, partial: Path, path: Path, text: str) -> None:
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def has_content(folder: Path) -> bool:
    """Return whether there is something to lose; what we may not read, as a container leaves it, may be something."""
    try:
        return any(folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True


def measure(folder: Path, inner: Sequence[str] = ()) -> tuple[int | None, str]:
    """Return the bytes of all files, None when some of it is closed to us, and a word that changes with the content.

    A PostgreSQL server makes and removes a file at each start and end: of a data folder that is closed to us, the time
    of that is seen from outside. `inner` are the places below the folder where it may lie. "": not even that is seen.
    """
    try:
        files = list(_entries(str(folder)))
        newest = max([entry.st_mtime_ns for entry in files], default=0)
        return sum(entry.st_size for entry in files), f"{len(files)} {newest}"
    except OSError:
        return None, _times(folder, inner)


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


def _clone_name(root: Path) -> str:
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', root.name).strip('.-') or 'project'}-{digest}"
