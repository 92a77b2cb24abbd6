"""Windows: a folder by its path, what the errors mean, and what else the wiper asks."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from nox_alembic.edges.wiper.kinds import FileKind

assert sys.platform == "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only

from nox_alembic.edges.wiper.windows_calls import ACCESS_DENIED, Patience, kind_of, long, unlink  # noqa: E402 - after the assertion

_QUERY_LIMITED_INFORMATION = 0x1000


class Folder:
    """A folder by its path, with the methods that it has on POSIX."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def at(cls, path: str) -> Self:
        """Take a path that the caller vouches for, including the links in it."""
        real = os.path.realpath(path, strict=True)
        if not os.path.isdir(real):
            raise NotADirectoryError(20, "not a folder", path)
        return cls(real)

    def enter(self, name: str) -> Self:
        """Return the folder `name` in this one.

        Raises NotADirectoryError when it is a link or no folder.
        """
        if self.kind(name) is not FileKind.FOLDER:
            raise NotADirectoryError(20, "not a folder", self.path_of(name))
        os.scandir(long(self.path_of(name))).close()  # raises PermissionError when we may not read it
        return type(self)(self.path_of(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: nothing is open."""

    def path_of(self, name: str) -> str:
        """Return the path of a name in the folder."""
        return os.path.join(self.path, name)

    def names(self) -> list[str]:
        """Return the names in the folder."""
        return os.listdir(long(self.path))

    def stat(self, name: str = "") -> os.stat_result:
        """Return the status of a name, or of the folder itself.

        Of a link it is the link's own.
        """
        return os.lstat(long(self.path_of(name) if name else self.path))

    def kind(self, name: str) -> FileKind:
        """Say what a name is."""
        try:
            return kind_of(self.stat(name))
        except FileNotFoundError:
            return FileKind.MISSING

    def link_target(self, name: str) -> str:
        """Return where a link leads, as far as Windows says it."""
        try:
            return os.readlink(long(self.path_of(name)))
        except OSError:
            return "a place that it does not say"

    def read(self, name: str, limit: int = 4096) -> str:
        """Return the beginning of a small file."""
        with open(long(self.path_of(name)), "rb") as file:
            return file.read(limit).decode(errors="replace")

    def is_frozen(self, name: str = "") -> bool:  # noqa: ARG002 - the same on every system
        """Return False: no attribute of Windows stops an administrator."""
        return False

    def may_move(self, name: str) -> bool:  # noqa: ARG002 - the same on every system
        """Return True: only trying it shows what the rights of Windows allow."""
        return True

    def make(self, name: str, like: os.stat_result | None = None) -> None:  # noqa: ARG002 - inherited rights do here
        """Make a folder; its rights come from the folder around it."""
        os.mkdir(long(self.path_of(name)))

    def move(self, name: str, to: str, into: Self | None = None) -> None:
        """Rename, here or into another folder of the same drive."""
        os.rename(long(self.path_of(name)), long((into or self).path_of(to)))

    def unlink(self, name: str) -> None:
        """Delete a file."""
        Patience().act(lambda: unlink(long(self.path_of(name))))

    def rmdir(self, name: str) -> None:
        """Delete an empty folder."""
        os.rmdir(long(self.path_of(name)))

    def sync(self) -> None:
        """Do nothing: Windows writes names through by itself."""


def mounts_below(parent: Folder, name: str, path: str) -> list[tuple[str, str]]:
    """List `name` when a volume is mounted on it.

    Further below, a mount has a reparse tag and is not walked.
    """
    if parent.kind(name) is FileKind.FOLDER and os.path.ismount(path):
        return [(path, f'mountvol "{path}" /D')]
    return []


def server_runs(pid: int, data: os.stat_result, listed: str) -> bool:
    """Return whether process `pid` is a PostgreSQL server of the folder `data`.

    `listed` is the data folder that postmaster.pid names.
    """
    with suppress(OSError):
        return os.path.samestat(os.stat(listed), data) and _program(pid).startswith("postgres")
    return False


def _program(pid: int) -> str:
    """Return the name of a living process's program.

    Not by os.kill(pid, 0): on Windows that sends a Ctrl-C.
    """
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
    """Return False: owners say little on Windows. What we cannot read is not ours."""
    return False


def in_the_way(error: OSError) -> bool:
    """Return whether a rename failed in a way that leaves deleting in place.

    Error 5: something in it is open. 17: another drive. 32: it, or something in it, is
    open.
    """
    return error.winerror in {ACCESS_DENIED, 17, 32}


def is_denied(error: OSError) -> bool:
    """Return whether more powers would have helped."""
    return error.winerror == ACCESS_DENIED


def removal_command(path: str, *, frozen: bool = False) -> str:  # noqa: ARG001 - the same on every system
    """Return the command that deletes `path`, for PowerShell and the old console."""
    return f'rd /s /q "{path}"'


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the block ends; it arrives then.

    Only the main thread gets it, and only the main thread can hold it back.
    """
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
