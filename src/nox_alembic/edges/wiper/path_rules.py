"""Gate 1: how a target may be written, before the disk is asked anything."""

import os
import re

from nox_alembic.core.errors import RefusedError

_SEPARATOR = re.compile(r"[\\/]")
_OF_THIS_SYSTEM = os.sep + (os.altsep or "")

# The rules are the same on every system, so that a configuration means the same to the
# whole team.
_REFUSALS = (
    (re.compile(r"^\s*$"), "it is empty"),
    (re.compile("\0"), "it contains a NUL character"),
    (re.compile(r"^~|\$|%\w+%"), "it contains a '~' or a variable that nothing has expanded"),
    (re.compile(r"[*?\[]"), "it contains a glob character"),
    (re.compile(r"^[\\/]{2}"), "it is a network path"),
    (re.compile(r"^[A-Za-z]:(?![\\/])"), "it is relative to a drive"),
)


def check(given: str) -> str:
    """Return `given` without a leading `./` and without trailing separators.

    Raises RefusedError when it is unclear.
    """
    for pattern, reason in _REFUSALS:
        if pattern.search(given):
            raise _refused(given, reason)
    # For rmtree and rm, "link/" is what the link leads to: the separator must go before
    # anything looks.
    text = given.rstrip(_OF_THIS_SYSTEM)
    while text[:1] == "." and text[1:2] in set(_OF_THIS_SYSTEM):
        text = text[1:].lstrip(_OF_THIS_SYSTEM)
    if not text or re.fullmatch("[A-Za-z]:", text):
        raise _refused(given, "it names the root of a file system or the folder itself")
    if {".", ".."} & set(_SEPARATOR.split(text)):
        raise _refused(given, "it contains '.' or '..'")
    return text


def shown(text: str) -> str:
    """Return a path for a message: as it is, unless that hides something.

    `repr` would escape its backslashes.
    """
    return f"'{text}'" if text.isprintable() else repr(text)


def _refused(given: str, reason: str) -> RefusedError:
    hint = "write the path of the database's folder in full, or relative to the Compose file, such as ./volumes/db"
    return RefusedError("NA301", f"refused to wipe {shown(given)}: {reason}", hint=hint)
