"""Deletion on Windows: by path, and never through a reparse point.

There are no folder descriptors. The walk looks at the reparse tag of a folder again
right before it enters.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from nox_alembic.edges.wiper.kinds import FileKind
from nox_alembic.edges.wiper.values import OnEvent, Outcome, Stayed, ignore

assert sys.platform == "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only

from nox_alembic.edges.wiper.windows import Folder  # noqa: E402 - after the assertion
from nox_alembic.edges.wiper.windows_calls import Patience, kind_of, long, rmdir, unlink  # noqa: E402 - after the assertion

_MISSING = {2, 3}
_NOT_EMPTY = 145
_LISTED = 16
_RESCANS = 20  # of a folder that does not become empty: a busy writer ends in a message and not in a loop


def delete(parent: Folder, name: str, watch: OnEvent = ignore) -> Outcome:
    """Delete the folder `name` in `parent`; its absence is success."""
    removal = _Removal(watch)
    removal.run(parent.path_of(name))
    return removal.outcome()


def empty(folder: Folder, watch: OnEvent = ignore) -> Outcome:
    """Delete everything in `folder` and keep the folder itself."""
    removal = _Removal(watch)
    removal.run(folder.path, keep_root=True)
    return removal.outcome()


class _Removal:
    """A walk without recursion: each folder is emptied before it is removed."""

    def __init__(self, watch: OnEvent) -> None:
        self._watch = watch
        self._patience = Patience()
        self._started = time.time()
        self._removed = 0
        self._rescans: Counter[str] = Counter()
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
                if self._is_refilled(place):
                    waiting += self._emptying(place)
                elif place != path or not keep_root:
                    self._rmdir(place)
                continue
            waiting += self._emptying(place)

    def _emptying(self, folder: str) -> list[tuple[str, bool]]:
        """Delete what is in the folder; return the rest of the work, the last first."""
        return [(folder, True), *((below, False) for below in self._scan(folder))]

    def _is_refilled(self, folder: str) -> bool:
        """Return whether a folder that was just emptied is worth another round."""
        self._watch("rmdir", os.path.basename(folder))
        self._rescans[folder] += 1
        return self._rescans[folder] <= _RESCANS and not self._holds_what_stays(folder) and bool(self._names(folder))

    def _holds_what_stays(self, folder: str) -> bool:
        return any(stayed.path.startswith(folder + os.sep) for stayed in self._stayed)

    def _names(self, folder: str) -> list[str]:
        """Return the names in a folder; none if it has just been deleted."""
        with suppress(OSError):
            return os.listdir(long(folder))
        return []

    def _scan(self, folder: str) -> list[str]:
        """Delete what is in the folder except folders, and return the folders."""
        folders = []
        try:
            entries = self._patience.act(lambda: os.listdir(long(folder)))
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
                self._remove(path, partial(unlink, long(path)))
                self._watch("entry", name)
        return folders

    def _is_folder(self, path: str) -> bool:
        try:
            return kind_of(os.lstat(long(path))) is FileKind.FOLDER
        except OSError:
            return False

    def _rmdir(self, path: str) -> None:
        if not self._holds_what_stays(path):
            self._remove(path, lambda: rmdir(long(path)))

    def _report_new(self, folder: str, error: OSError) -> bool:
        """Report what appeared in a folder meanwhile; return whether anything did."""
        names = self._names(folder) if error.winerror == _NOT_EMPTY else []
        for name in names:
            what = OSError(error.errno, "it appeared while the folder was being emptied", folder, error.winerror)
            self._report(os.path.join(folder, name), what)
        return bool(names)

    def _remove(self, path: str, call: Callable[[], None]) -> None:
        try:
            self._patience.act(call)
            self._removed += 1
        except OSError as error:
            if not self._is_gone(path, error) and not self._report_new(path, error):
                self._report(path, error)

    def _is_gone(self, path: str, error: OSError) -> bool:
        """Return whether another process was quicker, whatever error that made here."""
        try:
            os.lstat(long(path))
        except FileNotFoundError:
            return True
        except OSError:
            return error.winerror in _MISSING
        return False

    def _report(self, path: str, error: OSError) -> None:
        if len(self._stayed) == _LISTED:
            self._more += 1
            return
        newer = False
        with suppress(OSError):
            newer = os.lstat(long(path)).st_mtime > self._started
        self._stayed.append(Stayed(path, error, newer))
