"""Where two branches change the same, though git would merge their files without a word."""

import itertools
from collections.abc import Iterator, Sequence

from nox_alembic.core.effects import Act, Touch, Touched
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import Revision


@frozen(kw_only=True)
class Reading:
    """A revision of one branch with what it changes; `whose` is its author and branch, as messages tell it."""

    revision: Revision
    touched: Touched
    whose: str = ""

    @property
    def shown(self) -> str:
        """The revision as messages name it."""
        message = f" ({self.revision.message})" if self.revision.message else ""
        return f"{self.revision.id}{message}{f' {self.whose}' if self.whose else ''}"


@frozen
class Conflict:
    """Two revisions that change the same; a `certain` one fails or loses something, the others may be meant so."""

    certain: bool
    ours: Reading
    theirs: Reading
    sentence: str


def conflicts(ours: Sequence[Reading], theirs: Sequence[Reading]) -> Iterator[Conflict]:
    """Yield each conflict of a pair of revisions; the same table is told only where nothing certain is told of it."""
    for our in ours:
        for their in theirs:
            yield from _of_pair(our, their)


def _of_pair(our: Reading, their: Reading) -> Iterator[Conflict]:
    certain = [(a, b) for a, b in itertools.product(our.touched.touches, their.touched.touches) if _collide(a, b)]
    for sentence in dict.fromkeys(f"{our.shown} {_does(a)}, and {their.shown} {_does(b, a)}" for a, b in certain):
        yield Conflict(True, our, their, sentence)
    told = {touch.table for pair in certain for touch in pair}
    for table in sorted(_changed_tables(our.touched) & _changed_tables(their.touched) - told):
        yield Conflict(False, our, their, f"{our.shown} and {their.shown} both change the table {table}")


def _collide(a: Touch, b: Touch) -> bool:
    """Return whether one of the two cannot be done, or is lost, where both are."""
    acts = {a.act, b.act}
    if a.kind == "table" or b.kind == "table":
        gone = any(touch.kind == "table" and touch.act in _GONE for touch in (a, b))
        return bool(a.table) and a.table == b.table and (gone or (a.kind == b.kind and acts == {"create"}))
    if (a.kind, a.name) != (b.kind, b.name):
        return False
    return bool(acts & _GONE) if "use" in acts else True


def _changed_tables(touched: Touched) -> set[str]:
    return {touch.table for touch in touched.touches if touch.table and touch.act != "use"}


def _does(touch: Touch, as_well: Touch | None = None) -> str:
    same = as_well is not None and (touch.kind, touch.name) == (as_well.kind, as_well.name)
    kind = "" if touch.kind == "other" else f"{touch.kind} "
    return f"{_VERBS[touch.act]} {'it' if same else f'the {kind}{touch.name}'} (line {touch.line})"


_GONE: set[Act] = {"drop", "rename"}
_VERBS: dict[Act, str] = {
    "create": "creates", "alter": "changes", "rename": "renames", "drop": "drops", "use": "needs",
    "rows": "writes rows of",
}  # fmt: skip
