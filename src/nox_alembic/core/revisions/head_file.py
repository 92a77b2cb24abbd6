"""The head file: it has the head's id, so that two branches collide in git.

Both branches add a revision, and so both change the file.
"""

from collections.abc import Iterable
from pathlib import PurePath

from nox_alembic.core.frozen import frozen

NAME = "head"


@frozen(kw_only=True)
class HeadFile:
    """Where the head file is, and its content."""

    path: PurePath
    content: bytes | None = None  # None while there is no file

    @property
    def text(self) -> str | None:
        """The content as text, None while there is no file."""
        return None if self.content is None else self.content.decode("utf-8", "replace")


def text_of(heads: Iterable[str]) -> str:
    """Return the right text of the head file: an id a line, sorted."""
    return "".join(f"{head}\n" for head in sorted(heads))


def problem(text: str | None, heads: Iterable[str]) -> str:
    """Return what is wrong with the head file in one sentence, "" when nothing is.

    `text` is None in a project without a head file.
    """
    if text is None:
        return ""
    said, wanted = [line.strip() for line in text.splitlines() if line.strip()], sorted(heads)
    if any(line.startswith(_MARKERS) for line in said):
        return "the head file has git's conflict markers: two branches have added a revision"
    if said == wanted:
        return ""
    verb = "head is" if len(wanted) == 1 else "heads are"
    return f"the head file says {_listed(said)}, and the {verb} {_listed(wanted)}"


_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


def _listed(ids: list[str]) -> str:
    return " and ".join(ids) or "nothing"
