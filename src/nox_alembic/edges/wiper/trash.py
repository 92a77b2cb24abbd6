"""The names of data that was set aside.

`.db.wipe-20261124T093000Z-4711-1a2b3c4d` lies beside `db`.
"""

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
    """Return the time in UTC."""
    return datetime.now(UTC)


@frozen
class Trash:
    """The name of data that was set aside, taken apart.

    It is unique, since an interrupted run leaves such a folder behind (npm/cli#8721).
    """

    of: str
    utc: str
    pid: int
    nonce: str

    @classmethod
    def new(cls, of: str, *, pid: int, clock: Clock = utc_now) -> Self:
        """Return a name that no other run makes."""
        return cls(of, f"{clock().astimezone(UTC):%Y%m%dT%H%M%SZ}", pid, secrets.token_hex(4))

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Return the name taken apart; None for a name that `new` cannot have made."""
        if not (match := _PATTERN.fullmatch(name)):
            return None
        trash = cls(match["of"], match["utc"], int(match["pid"]), match["nonce"])
        return trash if trash.name == name else None

    @property
    def name(self) -> str:
        """The name on the disk."""
        return f".{self.of}.wipe-{self.utc}-{self.pid}-{self.nonce}"


def newest_first(parent: Folder, of: str | None = None) -> list[Trash]:
    """Return what was set aside in `parent`, of one folder or of all, newest first.

    Only directories count, never links.
    """
    found = [trash for name in parent.names() if (trash := Trash.parse(name)) and of in {None, trash.of}]
    found = [trash for trash in found if parent.kind(trash.name) is FileKind.FOLDER]
    return sorted(found, key=lambda trash: (trash.utc, _set_aside_at(parent, trash)), reverse=True)


def _set_aside_at(parent: Folder, trash: Trash) -> int:
    """Return the time of change, which a rename sets.

    It orders two names of the same second.
    """
    try:
        return parent.stat(trash.name).st_ctime_ns
    except FileNotFoundError:  # another run deletes at the same time
        return 0
