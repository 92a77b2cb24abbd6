r"""Windows: paths that begin with `\\?\`, so that no name is special and no length too much, and a lot of patience.

There are no folder descriptors here: what is deleted is looked at again, by its reparse tag, right before it is walked.
Nothing of this module has run on a real Windows yet.
"""

import ctypes
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from nox_alembic.edges.wiper.kinds import Kind
from nox_alembic.edges.wiper.values import Outcome, Stayed, Watch, ignore

assert sys.platform == "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only


Answer = TypeVar("Answer")

_ACCESS_DENIED = 5
_QUERY_LIMITED_INFORMATION = 0x1000
# Scanners, indexers and editors hold files for moments: access denied, sharing and lock violation, not empty because
# of a pending deletion, delete pending, mapped into memory.
_PASSING = {_ACCESS_DENIED, 32, 33, 145, 303, 1224}
_NOT_EMPTY = 145
_MISSING = {2, 3}
_PATIENCE_SECONDS = 5.0  # for all retries of one deletion together
_FIRST_PAUSE = 0.01
_LISTED = 16


class Folder:
    """A folder by its path; the same questions and acts as on POSIX."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def at(cls, path: str) -> Self:
        """Take a path that the caller vouches for, links in it included."""
        real = os.path.realpath(path, strict=True)
        if not os.path.isdir(real):
            raise NotADirectoryError(20, "not a folder", path)
        return cls(real)

    def enter(self, name: str) -> Self:
        """Return the folder `name` in this one; raises NotADirectoryError when it is a link or no folder."""
        if self.kind(name) is not Kind.FOLDER:
            raise NotADirectoryError(20, "not a folder", self.path_of(name))
        os.scandir(_long(self.path_of(name))).close()  # raises PermissionError where it may not be read
        return type(self)(self.path_of(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def path_of(self, name: str) -> str:
        """Return the path of a name in the folder."""
        return os.path.join(self.path, name)

    def names(self) -> list[str]:
        """List the names in the folder."""
        return os.listdir(_long(self.path))

    def stat(self, name: str = "") -> os.stat_result:
        """Return the status of a name, or of the folder itself; of a link, not of what it leads to."""
        return os.lstat(_long(self.path_of(name) if name else self.path))

    def kind(self, name: str) -> Kind:
        """Say what a name is."""
        try:
            return _kind(self.stat(name))
        except FileNotFoundError:
            return Kind.MISSING

    def link_target(self, name: str) -> str:
        """Return where a link leads, as far as it says."""
        try:
            return os.readlink(_long(self.path_of(name)))
        except OSError:
            return "a place that it does not say"

    def read(self, name: str, limit: int = 4096) -> str:
        """Return the beginning of a small file."""
        with open(_long(self.path_of(name)), "rb") as file:
            return file.read(limit).decode(errors="replace")

    def make(self, name: str, like: os.stat_result | None = None) -> None:  # noqa: ARG002 - inherited rights do here
        """Make a folder; its rights come from the folder around it."""
        os.mkdir(_long(self.path_of(name)))

    def move(self, name: str, to: str, into: Self | None = None) -> None:
        """Rename, here or into another folder of the same drive."""
        os.rename(_long(self.path_of(name)), _long((into or self).path_of(to)))

    def unlink(self, name: str) -> None:
        """Delete a file."""
        _Patience().act(lambda: _unlink(_long(self.path_of(name))))

    def rmdir(self, name: str) -> None:
        """Delete an empty folder."""
        os.rmdir(_long(self.path_of(name)))

    def sync(self) -> None:
        """Windows writes names through by itself."""


def delete(parent: Folder, name: str, watch: Watch = ignore) -> Outcome:
    """Delete the folder `name` in `parent`; its absence is success."""
    removal = _Removal(watch)
    removal.run(parent.path_of(name))
    return removal.outcome()


def empty(folder: Folder, watch: Watch = ignore) -> Outcome:
    """Delete everything in `folder` and keep the folder itself."""
    removal = _Removal(watch)
    removal.run(folder.path, keep_root=True)
    return removal.outcome()


class _Patience:
    """The time that all retries of one deletion may take together."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._end = clock() + _PATIENCE_SECONDS

    def act(self, call: Callable[[], Answer]) -> Answer:
        """Call until it succeeds, fails for good, or the time is up; the pauses grow by half."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return call()
            except OSError as error:
                if error.winerror not in _PASSING or self._clock() >= self._end:
                    raise
            self._sleep(pause)
            pause *= 1.5


class _Removal:
    """One walk, without recursion: each folder is emptied before it is removed."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._patience = _Patience()
        self._started = time.time()
        self._removed = 0
        self._stayed: list[Stayed] = []
        self._more = 0

    def outcome(self) -> Outcome:
        """Return what was done."""
        return Outcome(self._removed, tuple(self._stayed), self._more)

    def run(self, path: str, *, keep_root: bool = False) -> None:
        """Delete the folder at `path`, or only what is in it."""
        waiting = [(path, False)]
        while waiting:
            place, emptied = waiting.pop()
            if emptied:
                if place != path or not keep_root:
                    self._rmdir(place)
                continue
            waiting.append((place, True))
            waiting += [(below, False) for below in self._scan(place)]

    def _scan(self, folder: str) -> list[str]:
        """Delete what is in the folder except folders, and return those."""
        folders = []
        try:
            entries = self._patience.act(lambda: os.listdir(_long(folder)))
        except FileNotFoundError:
            return []
        except OSError as error:
            self._report(folder, error)
            return []
        for name in entries:
            path = os.path.join(folder, name)
            if self._is_folder(path):
                folders.append(path)
            else:
                self._remove(path, partial(_unlink, _long(path)))
                self._watch("entry", name)
        return folders

    def _is_folder(self, path: str) -> bool:
        try:
            return _kind(os.lstat(_long(path))) is Kind.FOLDER
        except OSError:
            return False

    def _rmdir(self, path: str) -> None:
        self._watch("rmdir", os.path.basename(path))
        if any(stayed.path.startswith(path + os.sep) for stayed in self._stayed):
            return
        self._remove(path, lambda: _rmdir(_long(path)))

    def _remove(self, path: str, call: Callable[[], None]) -> None:
        try:
            self._patience.act(call)
            self._removed += 1
        except OSError as error:
            if error.winerror not in _MISSING:
                self._report(path, error)

    def _report(self, path: str, error: OSError) -> None:
        if len(self._stayed) == _LISTED:
            self._more += 1
            return
        newer = False
        with suppress(OSError):
            newer = os.lstat(_long(path)).st_mtime > self._started
        self._stayed.append(Stayed(path, error, newer))


def _unlink(path: str) -> None:
    """Delete a file or a link; READONLY is cleared only where it was in the way, and never through a link."""
    status = os.lstat(path)
    if _kind(status) is Kind.LINK and status.st_file_attributes & stat.FILE_ATTRIBUTE_DIRECTORY:
        os.rmdir(path)  # a junction, or a link to a folder: removed itself
        return
    try:
        os.unlink(path)
    except OSError as error:
        if error.winerror != _ACCESS_DENIED or not _clear_readonly(path, status):
            raise
        os.unlink(path)


def _rmdir(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError as error:
        if error.winerror != _ACCESS_DENIED or not _clear_readonly(path, os.lstat(path)):
            raise
        os.rmdir(path)


def _clear_readonly(path: str, status: os.stat_result) -> bool:
    if _kind(status) is Kind.LINK or not status.st_file_attributes & stat.FILE_ATTRIBUTE_READONLY:
        return False
    os.chmod(path, stat.S_IWRITE)
    return True


def _kind(status: os.stat_result) -> Kind:
    """Say what it is: any reparse tag leads elsewhere, be it a junction, a link, or a file of a cloud drive."""
    if status.st_reparse_tag:
        return Kind.LINK
    return Kind.FOLDER if stat.S_ISDIR(status.st_mode) else Kind.OTHER


def _long(path: str) -> str:
    r"""Return the path as Windows takes it letter by letter: absolute, with `\\?\` before it."""
    if path.startswith("\\\\?\\"):
        return path
    # Not os.path.abspath: it strips the dots and spaces at the end of a name, which is then another name.
    full = path.replace("/", "\\") if os.path.isabs(path) else os.path.join(os.getcwd(), path.replace("/", "\\"))
    return f"\\\\?\\UNC\\{full[2:]}" if full.startswith("\\\\") else f"\\\\?\\{full}"


def mounts_below(parent: Folder, name: str, path: str) -> list[tuple[str, str]]:
    """List `name` when a volume is mounted on it; further below, a mount has a reparse tag and is not walked."""
    if parent.kind(name) is Kind.FOLDER and os.path.ismount(path):
        return [(path, f'mountvol "{path}" /D')]
    return []


def server_runs(pid: int, data: os.stat_result, listed: str) -> bool:
    """Say whether process `pid` is a PostgreSQL server, and `data` the folder that postmaster.pid says it runs on."""
    with suppress(OSError):
        return os.path.samestat(os.stat(listed), data) and _program(pid).startswith("postgres")
    return False


def _program(pid: int) -> str:
    """Return the name of a living process's program. Not os.kill(pid, 0): on Windows that sends a Ctrl-C."""
    kernel = ctypes.WinDLL("kernel32")
    handle = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid)
    if not handle:
        return ""
    try:
        size = ctypes.c_ulong(32768)
        buffer = ctypes.create_unicode_buffer(size.value)
        found = kernel.QueryFullProcessImageNameW(handle, 0, buffer, ctypes.byref(size))
        return os.path.basename(buffer.value).lower() if found else ""
    finally:
        kernel.CloseHandle(handle)


def is_ours(status: os.stat_result) -> bool:  # noqa: ARG001 - the same name on every system
    """Owners say little on Windows: what cannot be read is not ours."""
    return False


def in_the_way(error: OSError) -> bool:
    """Error 5: something in it is open. 17: another drive. 32: it, or something in it, is open."""
    return error.winerror in {_ACCESS_DENIED, 17, 32}


def is_denied(error: OSError) -> bool:
    """Say whether more powers would have helped."""
    return error.winerror == _ACCESS_DENIED


def removal_command(path: str) -> str:
    """Return the command that deletes `path`, for PowerShell and for the old console."""
    return f'rd /s /q "{path}"'


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the block ends; it arrives then. Only the main thread gets it, and only it can do this."""
    caught: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _frame: caught.append(number))
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if caught:
            raise KeyboardInterrupt
