"""Log files that another process writes: the end of one, and following several."""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from nox_alembic.edges.system.files import make_folder

POLL_SECONDS = 0.2
CHUNK = 64 * 1024


def rotate(log: Path) -> None:
    """Let the next run begin with an empty log.

    The log before it is kept as `name.previous.log`.
    """
    make_folder(log.parent)
    # Windows: a log that is being read cannot be renamed. It is then added to.
    with suppress(FileNotFoundError, PermissionError):
        log.replace(log.with_suffix(f".previous{log.suffix}"))


def tail(log: Path, lines: int | None) -> str:
    """Return the last lines (None: all), empty when there is no log."""
    try:
        content = log.read_bytes() if lines is None else _last_bytes(log, lines)
    except FileNotFoundError:
        return ""
    found = content.decode("utf-8", "replace").splitlines()
    return "\n".join(found if lines is None else found[max(len(found) - lines, 0) :])


def stream(
    logs: Mapping[str, Path],
    *,
    follow: bool,
    lines: int | None,
    out: TextIO | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Print the last `lines` of each log, each line after its log's prefix.

    With `follow` it goes on until Ctrl-C.
    """
    out = out or sys.stdout
    sources = [_Source(prefix, path, _size(path)) for prefix, path in logs.items()]
    for source in sources:
        for line in tail(source.path, lines).splitlines():
            out.write(f"{source.prefix}{line}\n")
    out.flush()
    with suppress(KeyboardInterrupt):
        while follow:
            sleep(POLL_SECONDS)
            for source in sources:
                out.writelines(source.new_lines())
            out.flush()


@dataclass
class _Source:
    """A log and how far it was printed.

    It is opened each time: an open file could not be rotated on Windows.
    """

    prefix: str
    path: Path
    offset: int
    rest: bytes = field(default=b"")

    def new_lines(self) -> list[str]:
        if (size := _size(self.path)) < self.offset:  # another run has begun
            self.offset, self.rest = 0, b""
        if size == self.offset:
            return []
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            file.seek(self.offset)
            content = file.read()
            self.offset += len(content)
            *complete, self.rest = (self.rest + content).split(b"\n")
            return [f"{self.prefix}{line.decode('utf-8', 'replace').rstrip()}\n" for line in complete]
        return []


def _last_bytes(log: Path, lines: int) -> bytes:
    """Read chunks from the end until there are enough lines."""
    content = b""
    with log.open("rb") as file:
        position = file.seek(0, 2)
        while position > 0 and content.count(b"\n") <= lines:
            step = min(CHUNK, position)
            position -= step
            file.seek(position)
            content = file.read(step) + content
    return content


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
