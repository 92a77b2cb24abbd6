"""The revision graph: frozen values, and what verbs ask of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property

from nox_alembic.core.effects import Way
from nox_alembic.core.effects.shared import Shared
from nox_alembic.core.errors import FailedError, FindingError, UsageError
from nox_alembic.core.frozen import frozen

NO_FILE = "no file on this branch"
# How many revisions a message lists.
SHOWN = 5


@frozen(kw_only=True)
class Revision:
    """A revision file."""

    id: str
    down: tuple[str, ...] = ()  # two ids for a merge, none for a first revision
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    message: str = ""
    path: str = ""
    # What it changes beyond the database, as far as its text tells.
    shared: Shared = field(default_factory=Shared)

    @property
    def parents(self) -> tuple[str, ...]:
        """The revisions that must be applied before this revision."""
        return self.down + self.depends_on


@frozen
class History:
    """All revisions of the project, by id."""

    revisions: Mapping[str, Revision] = field(default_factory=dict)

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> "History":
        """Return the history of the revisions.

        Raises FailedError (NA407) on a duplicate id, a parent that does not exist, or a
        cycle.
        """
        found: dict[str, Revision] = {}
        for revision in revisions:
            if revision.id in found:
                raise _broken(f"{found[revision.id].path} and {revision.path} both have the revision id {revision.id}")
            found[revision.id] = revision
        for revision in found.values():
            for parent in revision.parents:
                if parent not in found:
                    raise _broken(f"{revision.path} follows the revision {parent}, which has no file")
        history = cls(found)
        history.order  # noqa: B018 - evaluated here, so that a cycle is found now
        return history

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The ids that no other revision follows, sorted."""
        followed = {parent for revision in self.revisions.values() for parent in revision.down}
        return tuple(sorted(self.revisions.keys() - followed))

    @cached_property
    def tips(self) -> tuple[str, ...]:
        """The heads on which no other revision depends, sorted.

        Only these are in the database when all is applied.
        """
        needed = {parent for revision in self.revisions.values() for parent in revision.parents}
        return tuple(sorted(self.revisions.keys() - needed))

    @cached_property
    def labels(self) -> Mapping[str, frozenset[str]]:
        """The labels of the branch of each revision.

        As in Alembic, a label holds for all that follows, and down to where the branch
        begins.
        """
        found: dict[str, set[str]] = {key: set(revision.labels) for key, revision in self.revisions.items()}
        if not any(found.values()):
            return {}
        for key in self.order:
            found[key].update(*(found[parent] for parent in self.revisions[key].down))
        children = Counter(parent for revision in self.revisions.values() for parent in revision.down)
        for key in reversed(self.order):
            down = self.revisions[key].down
            if len(down) == 1 and children[down[0]] == 1:
                found[down[0]] |= found[key]
        return {key: frozenset(labels) for key, labels in found.items() if labels}

    @cached_property
    def is_forked(self) -> bool:
        """Whether there are several heads that are not meant to be.

        They are meant to be where each has a label of its own.
        """
        labels = [self.labels.get(head, frozenset()) for head in self.heads]
        count = Counter(label for one in labels for label in one)
        return len(self.heads) > 1 and not all(any(count[label] == 1 for label in one) for one in labels)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All ids, parents before children. A chain of thousands must not recurse."""
        waiting = {revision.id: len(set(revision.parents)) for revision in self.revisions.values()}
        children: dict[str, list[str]] = {key: [] for key in self.revisions}
        for revision in self.revisions.values():
            for parent in set(revision.parents):
                children[parent].append(revision.id)
        ready = sorted((key for key, count in waiting.items() if count == 0), reverse=True)
        ordered: list[str] = []
        while ready:
            key = ready.pop()
            ordered.append(key)
            for child in sorted(children[key], reverse=True):
                waiting[child] -= 1
                if waiting[child] == 0:
                    ready.append(child)
        if len(ordered) < len(self.revisions):
            raise _broken(f"the revisions {', '.join(sorted(self.revisions.keys() - set(ordered)))} form a cycle")
        return tuple(ordered)

    def with_ancestors(self, ids: Iterable[str], *, down_only: bool = False) -> frozenset[str]:
        """Return the known revisions among `ids`, and everything below them.

        `down_only` leaves out what they only depend on.
        """
        found: set[str] = set()
        waiting = [key for key in ids if key in self.revisions]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting.extend(self.revisions[key].down if down_only else self.revisions[key].parents)
        return frozenset(found)

    def taken_back(self, target: str, current: Iterable[str]) -> tuple[str, ...]:
        """Return what a downgrade from `current` to `target` runs, newest first.

        `target` is an id or `base`; `ID@` before it means only the branch of that id.
        As in Alembic, the downgrade takes back what stands on the target, and not what
        stands beside it.
        """
        branch, _, place = target.rpartition("@")
        within = self.with_ancestors([branch], down_only=True) if branch else self.revisions.keys()
        applied = self.with_ancestors(current)
        going: set[str] = set()
        for key in self.order:
            revision = self.revisions[key]
            on_target = key in within and (place in revision.down or (place == "base" and not revision.down))
            if key in applied and (on_target or going.intersection(revision.parents)):
                going.add(key)
        return tuple(key for key in reversed(self.order) if key in going)

    def below(self, key: str) -> str:
        """Return what a downgrade goes to that takes back the revision.

        It leaves what stands beside it, on the same revision or on none.
        """
        down = self.revisions[key].down
        place = down[0] if down else "base"
        beside = [one for one in self.revisions.values() if (place in one.down if down else not one.down)]
        return f"{key}@{place}" if len(beside) > 1 else place

    def pending(self, current: Iterable[str], target: Iterable[str]) -> tuple[str, ...]:
        """Return what an upgrade from `current` to `target` would run, in order."""
        missing = self.with_ancestors(target) - self.with_ancestors(current)
        return tuple(key for key in self.order if key in missing)

    def targets(self, word: str) -> tuple[str, ...]:
        """Return the ids that the target of an upgrade means: an id or `heads`."""
        return self.tips if word == "heads" else (word,)

    def shared(self, keys: Iterable[str], way: Way = "upgrade") -> Mapping[str, str]:
        """Return, by id, what these revisions change that all databases share.

        They are all databases of the server.
        """
        found = {key: self.revisions[key].shared.by(way) for key in keys if key in self.revisions}
        return {key: changes for key, changes in found.items() if changes}

    def unknown(self, current: Iterable[str]) -> tuple[str, ...]:
        """Return those of the ids that have no file here."""
        return tuple(key for key in current if key not in self.revisions)

    def refuse_unknown(self, current: Iterable[str]) -> None:
        """Raise FindingError (NA404) when the database is at an orphan revision."""
        if unknown := self.unknown(current):
            message = f"the database is at {named_without_file(unknown)}"
            hint = "`nox -s migrate` looks for it on other branches, `nox -s reset` makes a fresh database"
            raise FindingError("NA404", message, hint=hint)

    def resolve(self, word: str) -> str:
        """Return the id for an id, a unique beginning of an id, or a branch label.

        Raises UsageError when there is none (NA401, with the nearest) or more than one
        (NA402).
        """
        if word in self.revisions:
            return word
        labelled = [revision.id for revision in self.revisions.values() if word in revision.labels]
        matches = labelled or [key for key in self.revisions if word and key.startswith(word)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            message = f'the revision "{word}" is ambiguous: {", ".join(self._described(matches))}'
            raise UsageError("NA402", message, hint="type more of its characters")
        raise self._unknown_revision(word)

    def describe(self, key: str) -> str:
        """Return the id with its message, as lists show it."""
        message = self.revisions[key].message if key in self.revisions else ""
        return f"{key} ({message})" if message else key

    def _described(self, keys: Iterable[str]) -> list[str]:
        return [self.describe(key) for key in keys]

    def _unknown_revision(self, word: str) -> UsageError:
        import difflib  # noqa: PLC0415 - for mistakes only

        close = difflib.get_close_matches(word, list(self.revisions), n=3, cutoff=0.4)
        words = word.lower().replace("-", " ").replace("_", " ")
        by_message = [key for key, revision in self.revisions.items() if word and words in revision.message.lower()]
        nearest = list(dict.fromkeys([*close, *by_message]))[:3] or list(self.order[-3:])
        hint = (
            f"the nearest are: {', '.join(self._described(nearest))}" if nearest else "the project has no revisions yet"
        )
        return UsageError("NA401", f'there is no revision "{word}" in this project', hint=hint)


def named_without_file(ids: Sequence[str]) -> str:
    """Return ids as the end of a sentence: they have no file on this branch."""
    return f"{', '.join(ids)}, which {'has' if len(ids) == 1 else 'have'} {NO_FILE}"


def few(ids: Sequence[str]) -> str:
    """Return the first of some revisions, and how many more there are.

    So messages stay readable with hundreds of them.
    """
    rest = len(ids) - SHOWN
    return ", ".join(ids[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _broken(message: str) -> FailedError:
    return FailedError(
        "NA407", f"the revision files do not form a history: {message}", hint="correct the revision files"
    )
