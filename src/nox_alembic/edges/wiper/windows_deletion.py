"""Deletion on Windows: by path, since there are no folder descriptors; never through a reparse point.

What is deleted is looked at again, by its reparse tag, right before it is walked.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from nox_alembic.edges.wiper.kinds import Kind
from nox_alembic.edges.wiper.values import Outcome, Stayed, Watch, ignore

assert sys.platform == "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only

from nox_alembic.edges.wiper.windows import Folder  # noqa: E402 - after the assertion
from nox_alembic.edges.wiper.windows_calls import Patience, kind_of, long, rmdir, unlink  # noqa: E402 - after the assertion

_MISSING = {2, 3}
_NOT_EMPTY = 145
_LISTED = 16


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


class _Removal:
    """One walk, without recursion: each folder is emptied before it is removed."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._patience = Patience()
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
            return kind_of(os.lstat(long(path))) is Kind.FOLDER
        except OSError:
            return False

    def _rmdir(self, path: str) -> None:
        self._watch("rmdir", os.path.basename(path))
        if any(stayed.path.startswith(path + os.sep) for stayed in self._stayed):
            return
        self._remove(path, lambda: rmdir(long(path)))

    def _report_new(self, folder: str, error: OSError) -> bool:
        """Report what appeared in a folder while it was being emptied; say whether there was anything."""
        names: list[str] = []
        with suppress(OSError):
            names = os.listdir(long(folder)) if error.winerror == _NOT_EMPTY else []
        for name in names:
            what = OSError(error.errno, "it appeared while the folder was being emptied", folder, error.winerror)
            self._report(os.path.join(folder, name), what)
        return bool(names)

    def _remove(self, path: str, call: Callable[[], None]) -> None:
        try:
            self._patience.act(call)
            self._removed += 1
        except OSError as error:
            gone = error.winerror in _MISSING or not os.path.lexists(long(path))  # another process deletes, too
            if not gone and not self._report_new(path, error):
                self._report(path, error)

    def _report(self, path: str, error: OSError) -> None:
        if len(self._stayed) == _LISTED:
            self._more += 1
            return
        newer = False
        with suppress(OSError):
            newer = os.lstat(long(path)).st_mtime > self._started
        self._stayed.append(Stayed(path, error, newer))
