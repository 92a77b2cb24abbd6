"""What the two streams can show: characters, escaped text of others, and the log."""

import logging
import sys

from nox_alembic.tables import shown


def can_show(characters: str) -> bool:
    """Return whether stdout can show these characters."""
    try:
        characters.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


class Printable(logging.Formatter):
    """Shows a record by its message, escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return shown(super().format(record))


def show_log(*, verbose: bool) -> None:
    """Print warnings of any library on stderr, with `verbose` also our whole log."""
    handler = logging.StreamHandler()
    handler.setFormatter(Printable())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("nox_alembic").setLevel(logging.DEBUG if verbose else logging.WARNING)


def use_utf8() -> None:
    """Make both streams accept any character: a Windows console's code page may not."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
