"""What a revision changes that all databases of the server share.

These are its roles, tablespaces, subscriptions and settings. A copy of the database in
the same server does not have a state of these of its own, and may itself be in the way.
"""

import re

from nox_alembic.core.effects import SHARED, Way
from nox_alembic.core.frozen import frozen

# Of thousands of files few have any of these words; only those are read whole.
_HINTS = re.compile(
    rb"(create|alter|drop|on)\b[\s\"']+(role|user|group|tablespace|database|subscription|system|owned|parameter)\b"
    rb"|\b(grant|revoke|reassign)\b",
    re.IGNORECASE,
)


@frozen
class Shared:
    """Return what upgrade and downgrade change that is shared, "" for nothing.

    It reads as in "creates the role app".
    """

    upgrade: str = ""
    downgrade: str = ""

    def by(self, way: Way) -> str:
        """Return what one of the ways changes."""
        return self.upgrade if way == "upgrade" else self.downgrade


def shared_changes(content: bytes) -> Shared:
    """Return what a revision file changes that is shared, as far as its text tells."""
    if not _HINTS.search(content):
        return Shared()
    from nox_alembic.core.effects.script import read_effects  # noqa: PLC0415 - for few files

    try:
        text = content.decode("utf-8")
        found = [read_effects(text, way).found for way in ("upgrade", "downgrade")]
    except (SyntaxError, ValueError):
        return Shared()
    return Shared(*(" and ".join(dict.fromkeys(one.done for one in way if one.kind in SHARED)) for way in found))
