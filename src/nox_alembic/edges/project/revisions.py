"""Finds revision files and reads them as text, without importing them.

It needs no Alembic, no SQLAlchemy and no code of the project.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nox_alembic.core.effects.shared import Shared
from nox_alembic.core.errors import FailedError, UsageError
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.parsing import NotLiteralError, parse
from nox_alembic.edges.project import alembic_options
from nox_alembic.edges.project.alembic_options import Options
from nox_alembic.edges.system import cache as cachefile

KIND = "revisions 2"
# The coarsest clock of a file system in use, that of FAT.
TICK_NANOSECONDS = 2_000_000_000


def read_history(
    configuration: Configuration, cache: Path | None = None, *, clock: Callable[[], int] = time.time_ns
) -> History:
    """Return the revision graph of the project.

    The Alembic configuration (ini or toml) describes it. `cache` is a file that makes
    the next call fast; `clock` returns nanoseconds. Raises FailedError when the files
    do not form a history, and NotLiteralError when an id is computed: then only
    Alembic, which runs the files, knows the id.
    """
    return History.of(_read_all(configuration, _Files(cache, clock())))


def script_folder(configuration: Configuration) -> Path | None:
    """Return the folder with env.py.

    Returns None when it is inside a package, which only Alembic finds.
    """
    options = alembic_options.read(configuration)
    return alembic_options.locate(options.script_location, configuration, options)


def write(path: Path, text: str) -> None:
    """Write a new revision file; raises FailedError (NA412) when it exists already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        message = f"{path} exists already"
        raise FailedError(
            "NA412", message, hint="choose another message, or another file_template in alembic.ini"
        ) from None


def version_folders(configuration: Configuration) -> tuple[tuple[Path, ...], bool]:
    """Return the folders with revision files, and whether their subfolders count, too.

    Raises NotLiteralError where they are inside a package that is not the project's,
    and UsageError (NA009) without the folder of env.py.
    """
    options = alembic_options.read(configuration)
    script = alembic_options.locate(options.script_location, configuration, options)
    if script and not script.is_dir():
        message = f"there is no folder {script}"
        raise UsageError("NA009", message, hint=f'correct "script_location" in {configuration.file}')
    locations = options.version_locations or (f"{options.script_location}/versions",)
    return tuple(_located(location, configuration, options) for location in locations), options.recursive


def _located(location: str, configuration: Configuration, options: Options) -> Path:
    found = alembic_options.locate(location, configuration, options)
    if found is None:
        raise NotLiteralError(f"{location} names a folder inside a package")
    return found


def empty_folders(configuration: Configuration, history: History) -> tuple[str, ...]:
    """Return the missing folders, or all folders where the history is empty.

    Paths count from where Alembic is run. Nothing is known of folders inside a package.
    """
    try:
        folders, _ = version_folders(configuration)
    except NotLiteralError:
        return ()
    here = configuration.folder
    empty = [folder for folder in folders if not history.revisions or not folder.is_dir()]
    return tuple(str(folder.relative_to(here) if folder.is_relative_to(here) else folder) for folder in empty)


def _read_all(configuration: Configuration, files: "_Files") -> Iterator[Revision]:
    locations, recursive = version_folders(configuration)
    for location in locations:
        for path, found in sorted(_files_below(location) if recursive else _files_in(location)):
            revision = files.read(path, found)
            if revision is not None:
                yield revision
    files.keep()


class _Files:
    """Revision files, read again only when their path, size or times have changed.

    As in git's index, a file that was changed just now is not remembered: it could
    change again within the same tick of its file system's clock.
    """

    def __init__(self, cache: Path | None, now: int) -> None:
        self.cache = cache
        self.known: dict[str, list[Any]] = (cache and cachefile.load(cache, KIND)) or {}
        self.seen: dict[str, list[Any]] = {}
        self.settled = now - TICK_NANOSECONDS

    def read(self, path: str, found: os.stat_result) -> Revision | None:
        identity = [found.st_size, found.st_mtime_ns, found.st_ctime_ns]
        known = self.known.get(path)
        if known is not None and known[0] == identity:
            self.seen[path] = known
            return _revision(path, known[1])
        revision = parse(Path(path).read_bytes(), path)
        if max(found.st_mtime_ns, found.st_ctime_ns) < self.settled:
            self.seen[path] = [identity, _fields(revision)]
        return revision

    def keep(self) -> None:
        if self.cache and self.seen != self.known:
            cachefile.store(self.cache, KIND, self.seen)


def _fields(revision: Revision | None) -> list[Any] | None:
    if revision is None:
        return None
    shared = [revision.shared.upgrade, revision.shared.downgrade]
    return [revision.id, revision.down, revision.depends_on, revision.labels, revision.message, shared]


def _revision(path: str, fields: list[Any] | None) -> Revision | None:
    if fields is None:
        return None
    key, down, depends_on, labels, message, shared = fields
    return Revision(
        id=key, down=tuple(down), depends_on=tuple(depends_on), labels=tuple(labels), message=message, path=path,
        shared=Shared(*shared),
    )  # fmt: skip


def _files_in(location: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files that Alembic takes for revision files.

    A dangling link, such as an editor's lock file, is not among them.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(location) as entries:
        for entry in entries:
            if entry.name.endswith(".py") and entry.is_file():
                # Windows keeps a copy of the file's data in the folder. The copy is
                # wrong while the file is open, and for hard links.
                yield entry.path, Path(entry.path).stat() if sys.platform == "win32" else entry.stat()


def _files_below(location: Path) -> Iterator[tuple[str, os.stat_result]]:
    for path in location.rglob("*.py"):
        if path.is_file():
            yield str(path), path.stat()
