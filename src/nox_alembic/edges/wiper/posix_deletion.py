"""Deletion on POSIX: relative to descriptors, without recursion.

A bounded number of descriptors is open at any depth. The walk never follows a folder
that was swapped for a link: it opens folders with O_NOFOLLOW in the open folder above,
and goes back up through `..` only if that leads to the folder it came from.
"""

import errno
import os
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Self

assert sys.platform != "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only

from nox_alembic.edges.wiper.posix import Folder, is_frozen, mount_of, open_folder, unlock  # noqa: E402 - after the assertion
from nox_alembic.edges.wiper.values import OnEvent, Outcome, Stayed, ignore  # noqa: E402 - after the assertion

_OPEN_LEVELS = 32  # folders held open on the way down; folders above are closed and opened again on the way up
_BATCH = 50_000  # names read before the first is deleted: bounds the memory, not the folder
_THREADS = 4  # deleting waits for blocks to be freed: four threads take half the time of one, on two cores
_WORTH_THREADS = 64
_RESCANS = 20  # of a folder that does not become empty: a busy writer ends in a message and not in a loop
_LISTED = 16

# The name has become something else since it was listed. The next scan will see it.
_CHANGED = {errno.ENOTDIR, errno.ELOOP, errno.EISDIR}
_NOT_EMPTY = {errno.ENOTEMPTY, errno.EEXIST}


def delete(parent: Folder, name: str, watch: OnEvent = ignore) -> Outcome:
    """Delete the folder `name` in `parent`; its absence is success."""
    with _Removal(parent, name, watch) as removal:
        removal.run()
        removal.confirm_absence()
    return removal.outcome()


def empty(folder: Folder, watch: OnEvent = ignore) -> Outcome:
    """Delete everything in `folder` and keep the folder itself."""
    _make_writable(folder.descriptor)
    with _Removal(folder, "", watch) as removal:
        removal.run()
    return removal.outcome()


class _Level:
    """A folder on the way from the root to where we are."""

    __slots__ = ("descriptor", "identity", "name", "rescans", "skip", "subfolders")

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self.descriptor = descriptor  # -1 while the folder is closed to save a descriptor
        self.identity = _identity(descriptor)
        self.subfolders: list[str] = []
        self.skip: set[str] = set()  # known names: folders to enter later, and what cannot be deleted
        self.rescans = 0


class _Removal:
    """A walk that deletes.

    Level 0 is the folder around the target; it belongs to the caller.
    """

    def __init__(self, parent: Folder, name: str, watch: OnEvent) -> None:
        self._watch = watch
        self._path = parent.path
        self._levels = [_Level("", parent.descriptor)]
        self._mount = mount_of(parent.descriptor)
        self._root = name  # empty when the folder itself stays
        self._pool: ThreadPoolExecutor | None = None
        self._started = time.time()
        self._removed = 0
        self._stayed: list[Stayed] = []
        self._more = 0
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = True  # so that Ctrl-C does not wait for each thread to finish its share
        if self._pool:
            self._pool.shutdown()
        for level in self._levels[1:]:
            if level.descriptor >= 0:
                os.close(level.descriptor)

    def outcome(self) -> Outcome:
        return Outcome(self._removed, tuple(self._stayed), self._more)

    def run(self) -> None:
        if self._root:
            self._levels[0].subfolders = [self._root]
        else:
            self._scan(self._levels[0])
        while not self._stopped:
            level = self._levels[-1]
            if level.subfolders:
                self._descend(level, level.subfolders.pop())
            elif len(self._levels) > 1:
                self._ascend(level)
            elif self._root or not self._scan_again(level):
                return

    def confirm_absence(self) -> None:
        """Report it if something is there: no error is not yet success."""
        if self._stayed:
            return
        with suppress(FileNotFoundError):
            os.stat(self._root, dir_fd=self._levels[0].descriptor, follow_symlinks=False)
            self._report(self._root, OSError(errno.EEXIST, "something else took its place"))

    def _descend(self, level: _Level, name: str) -> None:
        level.skip.discard(name)
        try:
            descriptor = self._open(level.descriptor, name)
        except OSError as error:
            if error.errno not in {errno.ENOENT, *_CHANGED}:
                self._give_up(level, name, error)
            return
        if mount_of(descriptor) != self._mount:
            os.close(descriptor)
            self._give_up(level, name, OSError(errno.EBUSY, "something is mounted there"))
            return
        self._levels.append(_Level(name, descriptor))
        self._close_far_above()
        self._scan(self._levels[-1])

    def _open(self, parent: int, name: str) -> int:
        try:
            descriptor = open_folder(name, parent)
        except PermissionError:
            with suppress(OSError):  # a foreign folder goes only if it is empty
                os.rmdir(name, dir_fd=parent)
                self._removed += 1
            unlock(parent, name)
            descriptor = open_folder(name, parent)
        _make_writable(descriptor)
        return descriptor

    def _close_far_above(self) -> None:
        if len(self._levels) > _OPEN_LEVELS + 1:
            far = self._levels[-_OPEN_LEVELS - 1]
            if far.descriptor >= 0 and far is not self._levels[0]:
                os.close(far.descriptor)
                far.descriptor = -1

    def _ascend(self, level: _Level) -> None:
        above = self._levels[-2]
        if above.descriptor < 0 and not self._reopen(above, level):
            return
        self._watch("rmdir", level.name)
        try:
            os.rmdir(level.name, dir_fd=above.descriptor)
            self._removed += 1
        except OSError as error:
            if error.errno in _NOT_EMPTY and self._scan_again(level):
                return
            if error.errno not in {errno.ENOENT, *_CHANGED}:
                self._leave_behind(above, level, error)
        os.close(level.descriptor)
        self._levels.pop()

    def _reopen(self, above: _Level, level: _Level) -> bool:
        with suppress(OSError):
            descriptor = open_folder("..", level.descriptor)
            if _identity(descriptor) == above.identity:
                above.descriptor = descriptor
                return True
            os.close(descriptor)
        self._report("", OSError(errno.ESTALE, "it was moved away while it was being deleted"))
        self._stopped = True
        return False

    def _leave_behind(self, above: _Level, level: _Level, error: OSError) -> None:
        """Keep a folder that does not become empty, and report what is in it, once."""
        above.skip.add(level.name)
        if error.errno in _NOT_EMPTY and not level.skip:
            with suppress(OSError):
                for name in os.listdir(level.descriptor):
                    self._report(name, OSError(error.errno, "it appeared while the folder was being emptied"))
        elif error.errno not in _NOT_EMPTY:
            self._report("", error)

    def _scan_again(self, level: _Level) -> bool:
        level.rescans += 1
        return level.rescans <= _RESCANS and self._scan(level)

    def _scan(self, level: _Level) -> bool:
        """Delete what is in the folder except folders, which are noted.

        Returns whether there was anything new.
        """
        found = False
        try:
            while batch := self._read(level):
                found = True
                folders = [entry.name for entry in batch if entry.is_dir(follow_symlinks=False)]
                level.subfolders += folders
                level.skip.update(folders)
                self._unlink(level, [entry.name for entry in batch if entry.name not in level.skip])
                if len(batch) < _BATCH or self._stopped:
                    break
        except OSError as error:
            self._report("", error)
        return found

    def _read(self, level: _Level) -> list[os.DirEntry[str]]:
        with os.scandir(level.descriptor) as entries:
            return list(islice((entry for entry in entries if entry.name not in level.skip), _BATCH))

    def _unlink(self, level: _Level, names: list[str]) -> None:
        share = _THREADS if len(names) >= _WORTH_THREADS else 1
        self._pool = self._pool or (ThreadPoolExecutor(_THREADS - 1, "wiper") if share > 1 else None)
        others = [self._pool.submit(self._unlink_each, level, names[n::share]) for n in range(1, share) if self._pool]
        failed = self._unlink_each(level, names[::share])
        for other in others:
            failed += other.result()
        self._removed += len(names) - len(failed)
        for name, error in failed:
            if error.errno not in _CHANGED:
                self._give_up(level, name, error)

    def _unlink_each(self, level: _Level, names: list[str]) -> list[tuple[str, OSError]]:
        """Delete names and return the failures.

        It runs in several threads at once, and changes nothing in `self`.
        """
        failed: list[tuple[str, OSError]] = []
        for name in names:
            if self._stopped:
                break
            try:
                os.unlink(name, dir_fd=level.descriptor)
            except FileNotFoundError:
                pass
            except OSError as error:
                failed.append((name, error))
            self._watch("entry", name)
        return failed

    def _give_up(self, level: _Level, name: str, error: OSError) -> None:
        level.skip.add(name)
        self._report(name, error)

    def _report(self, name: str, error: OSError) -> None:
        """Note a path that stays: `name` in the current folder, or the folder."""
        self._stopped = self._stopped or error.errno == errno.EROFS
        if len(self._stayed) == _LISTED:
            self._more += 1
            return
        parts = [self._path, *(level.name for level in self._levels[1:]), name]
        path = os.path.join(*filter(None, parts))
        frozen = error.errno == errno.EPERM and self._is_frozen(name)
        what = "an attribute of it or of its folder forbids it" if frozen else error.strerror
        self._stayed.append(Stayed(path, OSError(error.errno, what, path), self._is_newer(name), frozen))

    def _is_frozen(self, name: str) -> bool:
        """Return whether a name or its folder is immutable or append-only."""
        folder = self._levels[-1].descriptor
        return is_frozen(folder, ".") or (name != "" and is_frozen(folder, name))

    def _is_newer(self, name: str) -> bool:
        with suppress(OSError):
            status = os.stat(name or ".", dir_fd=self._levels[-1].descriptor, follow_symlinks=False)
            # A folder never counts as newer: our own deletions change it.
            return status.st_ctime > self._started and not stat.S_ISDIR(status.st_mode)
        return False


def _make_writable(descriptor: int) -> None:
    """Give ourselves rwx on our own folder.

    Never on a file: hard links carry its mode out of the tree.
    """
    status = os.fstat(descriptor)
    if status.st_uid == os.geteuid() and status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        with suppress(OSError):
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode) | stat.S_IRWXU)


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
