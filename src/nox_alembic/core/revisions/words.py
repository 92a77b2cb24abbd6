"""The words for revisions, as Alembic has them, looked up in a history.

A word is an id or the beginning of one, a label, `head`, `base` or `current`; `LABEL@`
before it means a branch, and `+N` or `-N` behind it counts from there.
"""

import re
from collections.abc import Iterable, Sequence

from nox_alembic.core.errors import FindingError, UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History

BASE = "base"
_RELATIVE = re.compile(r"(.*?)([+-]\d+)")


@frozen
class Words:
    """Looks words up; `current` is where the database is.

    `forked` is raised for a `head` that has no meaning: that is for people to decide.
    """

    history: History
    current: tuple[str, ...]
    forked: FindingError | None = None

    def id(self, word: str) -> str:
        """Return the id that a word means, or `base`.

        Raises UsageError (NA401, NA402), and `forked`.
        """
        if word in self.history.revisions:
            return word
        if ":" in word:
            message = f'"{word}" is a range of revisions, and one revision is meant'
            raise UsageError("NA402", message, hint="`nox -s migrate -- --sql REV:REV` prints the SQL of a range")
        branch, at, place = word.rpartition("@")
        within = self.branch(branch) if at else None
        if place in self.history.revisions and (within is None or place in within):
            return place
        if relative := _RELATIVE.fullmatch(place):
            start = self._place(relative[1], within, word)
            return self._walk(start, int(relative[2]), within, word)
        return self._place(place, within, word)

    def branch(self, name: str) -> frozenset[str]:
        """Return the revisions of a branch: of a label, or above and below an id."""
        labelled = frozenset(key for key, labels in self.history.labels.items() if name in labels)
        if labelled:
            return labelled | self.history.with_ancestors(labelled, down_only=True)
        key = self.history.resolve(name)
        below = self.history.with_ancestors([key], down_only=True)
        return below | {one for one in self.history.revisions if key in self._below(one)}

    def tip(self, name: str) -> str:
        """Return the applied revision of a branch that nothing applied follows.

        Raises UsageError (NA402, NA409) where there is none, or more than one.
        """
        within = self.branch(name)
        tips = self._tips(within)
        if not tips:
            message = f'no revision of the branch "{name}" is applied'
            raise UsageError("NA409", message, hint=f"`nox -s migrate -- {name}@head` applies it")
        return self._only(tips, f"{name}@")

    def _below(self, key: str) -> frozenset[str]:
        return self.history.with_ancestors([key], down_only=True)

    def _place(self, place: str, within: frozenset[str] | None, word: str) -> str:
        if place == BASE:
            return BASE
        if place in {"", "current"}:
            tips = self._tips(within)
            return self._only(tips, word) if tips else BASE
        if place in {"head", "heads"}:
            heads = [head for head in self.history.heads if within is None or head in within]
            if within is None and len(heads) > 1 and self.forked:
                raise self.forked
            return self._only(heads, word) if heads else BASE
        key = self.history.resolve(place)
        if within is not None and key not in within:
            message = f'the revision {self.history.describe(key)} is not on the branch of "{word}"'
            raise UsageError("NA401", message, hint="`nox -s history` shows the branches")
        return key

    def _walk(self, start: str, steps: int, within: frozenset[str] | None, word: str) -> str:
        place = start
        for _ in range(abs(steps)):
            beside = self._above(place, within) if steps > 0 else self._parents(place, within)
            if not beside and steps > 0:
                message = f'there are not so many revisions above {self.history.describe(start)}: "{word}"'
                raise UsageError("NA401", message, hint="`nox -s history` shows them")
            place = self._only(beside, word) if beside else BASE
        return place

    def _above(self, place: str, within: frozenset[str] | None) -> Sequence[str]:
        down = () if place == BASE else (place,)
        found = [
            key
            for key in self.history.order
            if (place in self.history.revisions[key].down if down else not self.history.revisions[key].down)
        ]
        return [key for key in found if within is None or key in within]

    def _parents(self, place: str, within: frozenset[str] | None) -> Sequence[str]:
        known = self.history.revisions.get(place)
        return [key for key in (known.down if known else ()) if within is None or key in within]

    def _tips(self, within: frozenset[str] | None) -> Sequence[str]:
        if within is None:
            return self.current
        applied = self.history.with_ancestors(self.current) & within
        followed = {parent for key in applied for parent in self.history.revisions[key].down}
        return [key for key in self.history.order if key in applied - followed]

    def _only(self, keys: Sequence[str], word: str) -> str:
        if len(keys) == 1:
            return keys[0]
        named = " and ".join(map(self.history.describe, keys))
        message = f'"{word}" is ambiguous: it may be {named}'
        raise UsageError("NA402", message, hint=self._choice(keys))

    def _choice(self, keys: Iterable[str]) -> str:
        labels = dict.fromkeys(label for key in keys for label in sorted(self.history.labels.get(key, ())))
        named = f", such as {' or '.join(f'`{label}@`' for label in labels)} before it" if labels else ""
        return f"name the revision, or its branch{named}"
