"""Where two branches change the same object, though git merges their files silently."""

import itertools
from collections.abc import Iterator, Sequence

from nox_alembic.core.effects import Effect, Effects, Operation
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import Revision


@frozen(kw_only=True)
class Reading:
    """A revision of one branch, with its effects."""

    revision: Revision
    effects: Effects
    whose: str = ""  # author and branch, as messages show them

    @property
    def shown(self) -> str:
        """The revision as messages name it."""
        message = f" ({self.revision.message})" if self.revision.message else ""
        return f"{self.revision.id}{message}{f' {self.whose}' if self.whose else ''}"


@frozen
class Conflict:
    """Two revisions that change the same object."""

    certain: bool  # one of them fails or loses something; otherwise both may be intended
    ours: Reading
    theirs: Reading
    sentence: str


def conflicts(ours: Sequence[Reading], theirs: Sequence[Reading]) -> Iterator[Conflict]:
    """Yield each conflict of a pair of revisions.

    That both change a table is a conflict only if no certain conflict concerns the
    table.
    """
    for our in ours:
        for their in theirs:
            yield from _of_pair(our, their)


def _of_pair(our: Reading, their: Reading) -> Iterator[Conflict]:
    certain = [(a, b) for a, b in itertools.product(our.effects.found, their.effects.found) if _collide(a, b)]
    for sentence in dict.fromkeys(f"{our.shown} {_does(a)}, and {their.shown} {_does(b, a)}" for a, b in certain):
        yield Conflict(True, our, their, sentence)
    reported = {effect.table for pair in certain for effect in pair}
    for table in sorted(_changed_tables(our.effects) & _changed_tables(their.effects) - reported):
        yield Conflict(False, our, their, f"{our.shown} and {their.shown} both change the table {table}")


def _collide(a: Effect, b: Effect) -> bool:
    """Return whether one of the two effects fails, or is lost, where both happen."""
    acts = {a.operation, b.operation}
    if a.kind == "table" or b.kind == "table":
        gone = any(effect.kind == "table" and effect.operation in _GONE for effect in (a, b))
        return bool(a.table) and a.table == b.table and (gone or (a.kind == b.kind and acts == {"create"}))
    if (a.kind, a.name) != (b.kind, b.name):
        return False
    return bool(acts & _GONE) if "use" in acts else True


def _changed_tables(effects: Effects) -> set[str]:
    return {effect.table for effect in effects.found if effect.table and effect.operation != "use"}


def _does(effect: Effect, as_well: Effect | None = None) -> str:
    same = as_well is not None and (effect.kind, effect.name) == (as_well.kind, as_well.name)
    verb, _, _ = effect.done.partition(" the ")
    return f"{f'{verb} it' if same else effect.done} (line {effect.line})"


_GONE: set[Operation] = {"drop", "rename"}
