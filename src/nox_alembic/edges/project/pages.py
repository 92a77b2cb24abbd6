"""Writes pages where a user wants them."""

from pathlib import Path

from nox_alembic.core.errors import FailedError


def write(path: Path, text: str) -> None:
    """Write a page in UTF-8, and replace an existing page.

    Raises FailedError (NA420) when that is not possible.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        message = f"the page cannot be written to {path}: {error.strerror}"
        raise FailedError("NA420", message, hint="name a file in a folder that you may write to") from None
