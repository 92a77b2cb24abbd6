"""The names of what was set aside: `.db.wipe-20261124T093000Z-4711-1a2b3c4d` beside `db`."""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from nox_alembic.core.frozen import frozen
from nox_alembic.edges.wiper.host import FileKind, Folder

Clock = Callable[[], datetime]

_PATTERN = re.compile(
    r"\.(?P<of>[^/\\]+)\.wipe-(?P<utc>[0-9]{8}T[0-9]{6}Z)-(?P<pid>[0-9]+)-(?P<nonce>[0-9a-f]{8})", re.DOTALL
)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@frozen
class Trash:
    """A trash name, taken apart. Unique, since an interrupted run leaves one behind (npm/cli#8721)."""

    of: str
    utc: str
    pid: int
    nonce: str

    @classmethod
    def new(cls, of: str, *, pid: int, clock: Clock = utc_now) -> Self:
        """Make a name that no other run makes."""
        return cls(of, f"{clock().astimezone(UTC):%Y%m%dT%H%M%SZ}", pid, secrets.token_hex(4))

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Return None for every name that `new` cannot have made."""
        if not (match := _PATTERN.fullmatch(name)):
            return None
        trash = cls(match["of"], match["utc"], int(match["pid"]), match["nonce"])
        return trash if trash.name == name else None

    @property
    def name(self) -> str:
        """The name on the disk."""
        return f".{self.of}.wipe-{self.utc}-{self.pid}-{self.nonce}"


def newest_first(parent: Folder, of: str | None = None) -> list[Trash]:
    """List the trash in `parent`, of one folder or of all: directories only, never links."""
    found = [trash for name in parent.names() if (trash := Trash.parse(name)) and of in {None, trash.of}]
    found = [trash for trash in found if parent.kind(trash.name) is FileKind.FOLDER]
    return sorted(found, key=lambda trash: (trash.utc, _set_aside_at(parent, trash)), reverse=True)


def _set_aside_at(parent: Folder, trash: Trash) -> int:
    """Tell two of the same second apart: a rename sets the time of change."""
    try:
        return parent.stat(trash.name).st_ctime_ns
    except FileNotFoundError:  # another run deletes at the same time
        return 0
