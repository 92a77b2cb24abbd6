r"""Windows: single calls, with a lot of patience.

The paths begin with `\\?\`, so that no name is special.
"""

import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from nox_alembic.edges.wiper.kinds import FileKind

assert sys.platform == "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only

Answer = TypeVar("Answer")

ACCESS_DENIED = 5
# Scanners, indexers and editors hold files for moments: access denied, sharing and lock
# violation, not empty for a pending deletion, delete pending, mapped into memory.
_PASSING = {ACCESS_DENIED, 32, 33, 145, 303, 1224}
_PATIENCE_SECONDS = 5.0  # for all retries of one deletion together
_FIRST_PAUSE = 0.01


class Patience:
    """The time that all retries of one deletion may take together."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._end = clock() + _PATIENCE_SECONDS

    def act(self, call: Callable[[], Answer]) -> Answer:
        """Call until it succeeds, fails for good, or the time is up.

        The pauses grow by half.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return call()
            except OSError as error:
                if error.winerror not in _PASSING or self._clock() >= self._end:
                    raise
            self._sleep(pause)
            pause *= 1.5


def unlink(path: str) -> None:
    """Delete a file or a link.

    READONLY is cleared only where it was in the way, and never through a link.
    """
    status = os.lstat(path)
    if kind_of(status) is FileKind.LINK and status.st_file_attributes & stat.FILE_ATTRIBUTE_DIRECTORY:
        os.rmdir(path)  # a junction, or a link to a folder: removed itself
        return
    _despite_readonly(path, os.unlink)


def rmdir(path: str) -> None:
    """Delete an empty folder."""
    _despite_readonly(path, os.rmdir)


def _clear_readonly(path: str, status: os.stat_result) -> bool:
    if kind_of(status) is FileKind.LINK or not status.st_file_attributes & stat.FILE_ATTRIBUTE_READONLY:
        return False
    os.chmod(path, stat.S_IWRITE)
    return True


def _despite_readonly(path: str, call: Callable[[str], None]) -> None:
    """Delete a path, and clear READONLY only where it was in the way.

    If that did not help, READONLY is put back: hard links, other names of the same
    file, share the attribute.
    """
    try:
        call(path)
    except OSError as error:
        if error.winerror != ACCESS_DENIED or not _clear_readonly(path, os.lstat(path)):
            raise
        try:
            call(path)
        except OSError:
            with suppress(OSError):
                os.chmod(path, stat.S_IREAD)
            raise


def kind_of(status: os.stat_result) -> FileKind:
    """Return what it is.

    Any reparse tag leads elsewhere: a junction's, a link's, that of a file in a cloud
    drive.
    """
    if status.st_reparse_tag:
        return FileKind.LINK
    return FileKind.FOLDER if stat.S_ISDIR(status.st_mode) else FileKind.OTHER


def long(path: str) -> str:
    r"""Return the path as Windows takes it letter by letter.

    It is absolute, with `\\?\` before it.
    """
    if path.startswith("\\\\?\\"):
        return path
    # Not os.path.abspath: it strips dots and spaces from the end of a name, which makes
    # it another name.
    full = path.replace("/", "\\") if os.path.isabs(path) else os.path.join(os.getcwd(), path.replace("/", "\\"))
    return f"\\\\?\\UNC\\{full[2:]}" if full.startswith("\\\\") else f"\\\\?\\{full}"
