"""The head file: the head's id in a file of its own, so that two branches that both add a revision collide in git."""

from collections.abc import Iterable
from pathlib import PurePath

from nox_alembic.core.frozen import frozen

NAME = "head"


@frozen(kw_only=True)
class HeadFile:
    """Where the head file is, and what is in it; `content` is None while there is none."""

    path: PurePath
    content: bytes | None = None

    @property
    def text(self) -> str | None:
        """The content as text, None while there is none."""
        return None if self.content is None else self.content.decode("utf-8", "replace")


def text_of(heads: Iterable[str]) -> str:
    """Return what the head file has to say: one id a line, sorted."""
    return "".join(f"{head}\n" for head in sorted(heads))


def problem(text: str | None, heads: Iterable[str]) -> str:
    """Return what is wrong with the head file in one sentence, "" when nothing is; None is a project without one."""
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
