"""What destructive verbs have kept, as generations, and which of them `undo` takes back."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from nox_alembic.core.errors import FindingError, UsageError


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One state of the data that was kept when `verb` took it away at `at` (ISO 8601, UTC).

    `kept` is its name: of the folder beside the data folder, of the volume, of the database. `open` while the verb
    that took it away has not come to its end: what lies in its place then is only half made.
    """

    id: str
    verb: str
    at: str
    kind: Literal["folder", "volume", "database"]
    kept: str
    revisions: tuple[str, ...] | None = None
    open: bool = True

    @property
    def shown(self) -> str:
        """The generation as lists show it."""
        where = "an unknown revision" if self.revisions is None else ", ".join(self.revisions) or "no revision"
        return f"{self.id}: the data before `{self.verb}` of {self.at}, at {where}"


@dataclass(frozen=True)
class Journal:
    """The generations of one environment, the oldest first."""

    generations: tuple[Generation, ...] = ()

    @property
    def newest(self) -> Generation | None:
        """The one that `undo` takes back."""
        return self.generations[-1] if self.generations else None

    @property
    def is_open(self) -> bool:
        """Whether the last destructive verb has not come to its end."""
        return self.newest is not None and self.newest.open

    def having(self, kept: Collection[str]) -> "Journal":
        """Return what is really there: a verb that was killed before it took anything away has kept nothing."""
        return Journal(tuple(one for one in self.generations if one.kept in kept))

    def pushed(self, generation: Generation) -> "Journal":
        """Return the journal with one more generation."""
        return Journal((*self.generations, generation))

    def closed(self, limit: int) -> "Journal":
        """Return it with the verb at its end, and with the newest `limit` generations alone."""
        done = tuple(replace(one, open=False) for one in self.generations)
        return Journal(done[len(done) - limit :] if len(done) > limit else done)

    def without(self, generation: Generation) -> "Journal":
        """Return it without one generation."""
        return Journal(tuple(one for one in self.generations if one.id != generation.id))

    def chosen(self, word: str) -> Generation:
        """Return the generation of that id, or the newest for ""; raises FindingError or UsageError."""
        if self.newest is None:
            raise FindingError("NA631", "there is nothing to undo in this environment", hint="`nox -s status` shows it")
        if not word:
            return self.newest
        found = [one for one in self.generations if one.id == word]
        if not found:
            message = f'there is no kept data "{word}"'
            known = "; ".join(one.shown for one in reversed(self.generations))
            raise UsageError("NA632", message, hint=f"there is {known}")
        return found[0]
