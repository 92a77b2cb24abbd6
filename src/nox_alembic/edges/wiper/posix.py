"""POSIX: an open folder, what its errors mean, and what Linux and the others share."""

import errno
import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from nox_alembic.edges.wiper.kinds import FileKind

assert sys.platform != "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only

if sys.platform == "linux":
    from nox_alembic.edges.wiper.linux import (
        is_frozen,
        mount_of,
        mount_points_below,
        server_runs,
        thaw_command,
        unlock_by_name,
    )
else:
    from nox_alembic.edges.wiper.unix import (
        is_frozen,
        mount_of,
        mount_points_below,
        server_runs,
        thaw_command,
        unlock_by_name,
    )

__all__ = [
    "Folder",
    "in_the_way",
    "is_denied",
    "is_frozen",
    "is_ours",
    "mount_of",
    "mounts_below",
    "open_folder",
    "removal_command",
    "server_runs",
    "uninterrupted",
    "unlock",
]

# O_DIRECTORY: never open a FIFO or a socket. O_NONBLOCK: never wait for a FIFO that was
# swapped in. O_NOFOLLOW: no links.
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_folder(name: str, parent: int | None = None) -> int:
    """Return a descriptor of `name` in the folder `parent`.

    Raises OSError with ENOTDIR or ELOOP when it is a link.
    """
    return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)


class Folder:
    """An open folder: it stays the same whatever happens to its path."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor = descriptor
        self.path = path

    @classmethod
    def at(cls, path: str) -> Self:
        """Open a path that the caller vouches for, including the links in it."""
        real = os.path.realpath(path)
        return cls(os.open(real, _FOLDER), real)

    def enter(self, name: str) -> Self:
        """Open a folder in this one; raises OSError when it is a link."""
        return type(self)(open_folder(name, self.descriptor), self.path_of(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)

    def path_of(self, name: str) -> str:
        """Return the path of a name in the folder."""
        return os.path.join(self.path, name)

    def names(self) -> list[str]:
        """Return the names in the folder."""
        return os.listdir(self.descriptor)

    def stat(self, name: str = ".") -> os.stat_result:
        """Return the status of a name, or of the folder itself.

        Of a link it is the link's own.
        """
        return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)

    def kind(self, name: str) -> FileKind:
        """Say what a name is."""
        try:
            mode = self.stat(name).st_mode
        except FileNotFoundError:
            return FileKind.MISSING
        return FileKind.FOLDER if stat.S_ISDIR(mode) else FileKind.LINK if stat.S_ISLNK(mode) else FileKind.OTHER

    def link_target(self, name: str) -> str:
        """Return where a link leads."""
        return os.readlink(name, dir_fd=self.descriptor)

    def read(self, name: str, limit: int = 4096) -> str:
        """Return the beginning of a small file."""
        descriptor = os.open(name, _FILE, dir_fd=self.descriptor)
        try:
            return os.read(descriptor, limit).decode(errors="replace")
        finally:
            os.close(descriptor)

    def is_frozen(self, name: str = ".") -> bool:
        """Return whether an attribute protects a name or the folder from all users."""
        return is_frozen(self.descriptor, name)

    def may_move(self, name: str) -> bool:
        """Return whether this user may rename this name here, and make new ones."""
        if self.is_frozen() or not os.access(".", os.W_OK | os.X_OK, dir_fd=self.descriptor, effective_ids=True):
            return False
        own = self.stat()
        is_sticky = bool(own.st_mode & stat.S_ISVTX) and os.geteuid() != 0
        return not is_sticky or is_ours(own) or self.kind(name) is FileKind.MISSING or is_ours(self.stat(name))

    def make(self, name: str, like: os.stat_result | None = None) -> None:
        """Make a folder with mode 0700.

        `like` gives it another folder's mode and, where we may, owner.
        """
        os.mkdir(name, 0o700, dir_fd=self.descriptor)
        if like is None:
            return
        descriptor = open_folder(name, self.descriptor)
        try:
            with suppress(PermissionError):
                os.fchown(descriptor, like.st_uid, like.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
        finally:
            os.close(descriptor)

    def move(self, name: str, to: str, into: Self | None = None) -> None:
        """Rename, here or into another folder."""
        os.rename(name, to, src_dir_fd=self.descriptor, dst_dir_fd=(into or self).descriptor)

    def unlink(self, name: str) -> None:
        """Delete a file or a link."""
        os.unlink(name, dir_fd=self.descriptor)

    def rmdir(self, name: str) -> None:
        """Delete an empty folder."""
        os.rmdir(name, dir_fd=self.descriptor)

    def sync(self) -> None:
        """Write renames and new names through to the disk."""
        with suppress(OSError):  # not every file system can; the rename is done
            os.fsync(self.descriptor)


def unlock(parent: int, name: str) -> None:
    """Give ourselves rwx on our own folder `name` that cannot be opened.

    It does nothing to another user's folder.
    """
    with suppress(OSError):
        unlock_by_name(parent, name)


def mounts_below(parent: Folder, name: str, path: str) -> list[tuple[str, str]]:
    """Return the mount points at or below `name`, each with the unmounting command."""
    return mount_points_below(parent.descriptor, name, path)


def is_ours(status: os.stat_result) -> bool:
    """Return whether it belongs to the user who runs this."""
    return status.st_uid == os.geteuid()


def in_the_way(error: OSError) -> bool:
    """Return whether a rename failed in a way that leaves deleting in place.

    EXDEV: the lower layer of an overlay. EBUSY: a mount. EPERM and EACCES: a sticky,
    immutable or foreign parent.
    """
    return error.errno in {errno.EXDEV, errno.EBUSY, errno.EPERM, errno.EACCES}


def is_denied(error: OSError) -> bool:
    """Return whether more powers would have helped."""
    return error.errno in {errno.EACCES, errno.EPERM}


def removal_command(path: str, *, frozen: bool = False) -> str:
    """Return the command that deletes `path` whoever owns it.

    The path is quoted even where a shell would not need it.
    """
    quoted = "'" + path.replace("'", "'\"'\"'") + "'"
    remove = f"sudo rm -rf -- {quoted}"
    return f"{thaw_command(quoted)} && {remove}" if frozen else remove


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back until the block ends; they arrive then."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
