"""Deletion on Windows: by path, since there are no folder descriptors; never through a reparse point.

What is deleted is looked at again, by its reparse tag, right before it is walked.
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
_RESCANS = 20  # of one folder that did not become empty, so that a busy writer ends in a message and not in a loop


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
    """One walk, without recursion: each folder is emptied before it is removed."""

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
        """Delete what is in the folder, and return what is left to do about it, the last first."""
        return [(folder, True), *((below, False) for below in self._scan(folder))]

    def _is_refilled(self, folder: str) -> bool:
        """Say whether there is something new in a folder that has just been emptied, and it is worth another round."""
        self._watch("rmdir", os.path.basename(folder))
        self._rescans[folder] += 1
        return self._rescans[folder] <= _RESCANS and not self._holds_what_stays(folder) and bool(self._names(folder))

    def _holds_what_stays(self, folder: str) -> bool:
        return any(stayed.path.startswith(folder + os.sep) for stayed in self._stayed)

    def _names(self, folder: str) -> list[str]:
        """List a folder that may just be going away."""
        with suppress(OSError):
            return os.listdir(long(folder))
        return []

    def _scan(self, folder: str) -> list[str]:
        """Delete what is in the folder except folders, and return those."""
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
        """Report what appeared in a folder while it was being emptied; say whether there was anything."""
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
        """Say whether another process was quicker, whatever error that has made here."""
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
