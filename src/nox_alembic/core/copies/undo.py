"""The undo entries of an environment, and which of them `undo` takes back."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, replace
from itertools import takewhile
from typing import Literal

from nox_alembic.core.errors import FindingError, UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.sizes import shown_size

EntryKind = Literal["folder", "volume", "database", "files"]
# Fields of an entry for nobody else; most of the time they are empty.
INTERNAL = frozenset({"made", "undoing", "spares", "spared", "within"})
# These hold the whole server, and so everything that was kept inside it until then.
WHOLE: frozenset[EntryKind] = frozenset({"folder", "volume"})
# Verbs that put other data into the place of all data. Each other verb has copied it.
_TAKE_AWAY = {"reset", "undo"}
_NOUNS: dict[EntryKind, str] = {"folder": "data", "volume": "data", "database": "database", "files": "files"}


@frozen
class FileChange:
    """A file that a verb has changed.

    It has the path from the project on, with slashes, and the contents; None is no
    file.
    """

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def reverse(self) -> "FileChange":
        """The change that takes this one back."""
        return FileChange(self.path, self.after, self.before)


@frozen(kw_only=True)
class UndoEntry:
    """A state that was kept when `verb` took it away at `at` (ISO 8601, UTC).

    `kept` is its name: of the folder beside the data folder, of the volume, of the
    database, "" for files alone.

    `open` while the verb has not come to its end. What lies in its place then is only
    half made, until it is `made`: migrated and seeded, and only the backend is to
    start. What the next verb keeps of that is `half_made`.

    `hidden` is an entry that lies inside a folder or volume that is kept itself, of the
    name `within`. `size` is in bytes. `files` are those of the project that the verb
    has changed, too. `server` is the major version that can use it, "" if it could not
    be read. `doubtful` while nobody has seen how a move between volumes ended.
    `undoing` while an `undo` brings it back: a killed one may have done a part of that.
    `spares` is the id of the entry that is still behind what this `undo` brings back,
    which is half made: it is `spared` until another verb has ended well.
    """

    id: str
    verb: str
    at: str
    kind: EntryKind
    kept: str
    revisions: tuple[str, ...] | None = None
    open: bool = True
    size: int | None = None
    half_made: bool = False
    hidden: bool = False
    files: tuple[FileChange, ...] = ()
    server: str = ""
    doubtful: bool = False
    made: bool = False
    undoing: bool = False
    spares: str = ""
    spared: bool = False
    within: str = ""

    @property
    def undone(self) -> tuple[FileChange, ...]:
        """What `undo` does to the files."""
        return tuple(change.reverse for change in self.files)

    @property
    def is_copy(self) -> bool:
        """Whether the verb changed the state in place.

        If not, what is in place while the entry is open is half made.
        """
        return self.kind == "database" or (self.kind in WHOLE and self.verb not in _TAKE_AWAY)

    @property
    def shown(self) -> str:
        """The entry as lists show it."""
        names = ", ".join(change.path for change in self.files)
        if self.kind == "files":
            return f"{self.id}: the files before `{self.verb}` of {self.at}: {names or 'none was changed'}"
        where = "an unknown revision" if self.revisions is None else ", ".join(self.revisions) or "no revision"
        size = "" if self.size is None else f", {shown_size(self.size)}"
        size += ", as a run that did not end left it" if self.half_made else ""
        files = f", and of the files {names}" if names else ""
        return f"{self.id}: the {_NOUNS[self.kind]} before `{self.verb}` of {self.at}, at {where}{size}{files}"

    @property
    def as_json(self) -> dict[str, object]:
        """The fields that `--json` promises; for files, only the paths."""
        fields = {key: value for key, value in asdict(self).items() if key not in INTERNAL}
        return {**fields, "files": [change.path for change in self.files]}


@frozen
class UndoLog:
    """The entries of one environment, the oldest first."""

    entries: tuple[UndoEntry, ...] = ()

    @property
    def live(self) -> tuple[UndoEntry, ...]:
        """The entries that can be brought back now."""
        return tuple(one for one in self.entries if not one.hidden)

    @property
    def newest(self) -> UndoEntry | None:
        """The entry that `undo` takes back."""
        return self.live[-1] if self.live else None

    @property
    def is_open(self) -> bool:
        """Whether a verb has not ended that changed the database, or took the data."""
        return any(one.open and one.kind != "files" for one in self.live)

    @property
    def is_half_made(self) -> bool:
        """Whether the whole data in place is unfinished, and so not worth keeping."""
        verb = self.unended()
        return verb is not None and not verb.made

    def unended(self, *, copies: bool = False) -> UndoEntry | None:
        """Return the entry of the unended verb that began what lies in place, if any.

        That verb put other data into its place, or with `copies` changed what it had
        copied. After an `undo` that did not end, what lies there is what it put back: a
        whole state.
        """
        found = (one for one in reversed(self.live) if one.open and one.kind != "files" and one.is_copy == copies)
        newest = next(found, None)
        return newest if newest and newest.verb != "undo" else None

    def whole_before(self, entry: UndoEntry) -> UndoEntry | None:
        """Return the whole state from which verbs made an entry that is half made.

        None if it is not there.
        """
        if not entry.half_made:
            return None
        before = takewhile(lambda one: one.id != entry.id, self.live)
        return next((one for one in reversed(tuple(before)) if one.kind != "files" and not one.half_made), None)

    @property
    def is_doubtful(self) -> bool:
        """Whether a run was killed while it moved the data of a volume."""
        return any(one.doubtful for one in self.entries)

    def having(self, kept: Collection[str], databases: Collection[str] | None = ()) -> "UndoLog":
        """Return the entries that are really there.

        A verb that was killed before it took anything away has kept nothing. `kept` are
        the folders and volumes, `databases` those in the server, None while it does not
        answer. A database that was set aside with one of the folders comes back with
        it: it is hidden, and not forgotten. What an `undo` spares is spared when its
        swap was done.
        """
        found = tuple(self._seen(set(kept), databases))
        spared = _spared(found)
        return UndoLog(tuple(replace(one, spared=True) if one.id in spared else one for one in found))

    def _seen(self, kept: set[str], databases: Collection[str] | None) -> Iterator[UndoEntry]:
        for number, one in enumerate(self.entries):
            if (one.kind == "files" and one.files) or (one.kind in WHOLE and one.kept in kept):
                yield one
            elif one.kind == "database":
                gone = one.hidden if databases is None else one.kept not in databases
                within = one.within or (self._copied_after(number, kept) if gone else "")
                # While nobody can ask, it is where it was set aside if that is there.
                hidden = within in kept if databases is None else gone
                if databases is None or not hidden or within in kept:
                    yield replace(one, hidden=hidden, within=within)

    def _copied_after(self, number: int, kept: set[str]) -> str:
        """Return the next of what is kept of the whole server, "" for none.

        A copy of the server has the databases that were dropped in it afterwards, and
        logs of earlier versions do not say where a hidden database lies.
        """
        later = (one.kept for one in self.entries[number:] if one.kind in WHOLE)
        return next((name for name in later if name in kept), "")

    def pushed(self, entry: UndoEntry, *, bringing: UndoEntry | None = None) -> "UndoLog":
        """Return the undo log with one more entry.

        The entry is half made if it holds what a cut-off verb has left. `bringing` is
        the one that takes its place.
        """
        left = self.unended() or (self.unended(copies=True) if entry.is_copy else None)
        half_made = entry.kind != "files" and left is not None
        # A verb that keeps something new gives up an `undo` that could not be finished.
        before = self if entry.verb == "undo" else self.undoing(None)
        if entry.kind in WHOLE and not entry.is_copy:
            before = UndoLog(_moved_into(before.entries, entry.kept))
        whole = self.whole_before(bringing) if bringing else None
        return UndoLog((*before.entries, replace(entry, half_made=half_made, spares=whole.id if whole else "")))

    @property
    def begun(self) -> UndoEntry | None:
        """The entry that an `undo` brings back now, or did when it was killed."""
        return next((one for one in self.entries if one.undoing), None)

    def undoing(self, entry: UndoEntry | None) -> "UndoLog":
        """Return it with a note that this entry is being brought back, or none."""
        return UndoLog(tuple(replace(one, undoing=entry is not None and one.id == entry.id) for one in self.entries))

    def marked_made(self, *, made: bool = True) -> "UndoLog":
        """Return it with a note whether the data now in place is whole.

        The newest verb that took the whole data away has put it there.
        """
        newest = self.unended()
        return UndoLog(tuple(replace(one, made=made) if one is newest else one for one in self.entries))

    def changing(self, verb: str, change: FileChange) -> "UndoLog":
        """Return it with one more file in the newest entry, if open and the verb's."""
        if self.newest is None or not self.newest.open or self.newest.verb != verb:
            return self
        grown = replace(self.newest, files=(*self.newest.files, change))
        return UndoLog(tuple(grown if one.id == grown.id else one for one in self.entries))

    def thinned(self, limit: int) -> "UndoLog":
        """Return it with only the newest `limit` of the half made copies.

        They add up while verbs fail.
        """
        half_made = [one.id for one in self.live if one.half_made and one.open]
        gone = set(half_made[: max(0, len(half_made) - limit)])
        return UndoLog(tuple(one for one in self.entries if one.id not in gone))

    def under_way(self, limit: int) -> "UndoLog":
        """Return what stays while a verb is at work.

        That is what stays at its end, and what the verbs that did not end have taken.
        """
        return UndoLog(self._staying(limit, spared=lambda one: one.spared or (one.open and not one.half_made)))

    def closed(self, limit: int, *, files_only: bool = False, uncovers: bool = False) -> "UndoLog":
        """Return it with the verb at its end, and the newest `limit` of each kind.

        The last whole copy stays in any case, so that no failing verb takes its place,
        and so does what the first verb that has not ended took away. `files_only`: the
        verb has changed nothing else, and an earlier verb is not at its end by that.
        An `undo` spares what is behind a half made state that it brings back.
        `uncovers`: the verb has brought back data with all the databases in it, and
        with these the verbs that have not ended there.
        """
        spared = _spared(self.entries)

        def as_it_was(one: UndoEntry) -> bool:
            apart = (files_only and one.kind != "files") or (uncovers and one.kind == "database")
            return apart or one.hidden

        first = next((one for one in self.live if one.open and one.kind != "files" and not one.half_made), None)
        stay = self._staying(limit, spared=lambda one: one is first or one.id in spared or as_it_was(one))
        ended = (one if as_it_was(one) else _at_its_end(one) for one in stay)
        return UndoLog(tuple(replace(one, spared=True) if one.id in spared else one for one in ended))

    def _staying(self, limit: int, spared: Callable[[UndoEntry], bool]) -> tuple[UndoEntry, ...]:
        """Return the newest `limit` of each kind, and what is `spared`.

        Of half made data as a whole only the newest stays, and takes no place of
        another. What is hidden stays as long as the data that it lies in.
        """
        left: dict[EntryKind, int] = {}
        whole = next((one for one in reversed(self.live) if one.is_copy and not one.half_made), None)
        newest = next((one for one in reversed(self.entries) if one.kind in WHOLE), None)
        stay: list[UndoEntry] = []
        for one in reversed(self.entries):
            if one.hidden:
                stays = any(holder.kept == one.within for holder in stay)
            elif one.half_made and one.kind in WHOLE:
                stays = one is newest or spared(one)
            else:
                left[one.kind] = left.get(one.kind, limit) - 1
                stays = left[one.kind] >= 0 or one is whole or spared(one)
            if stays:
                stay.append(one)
        return tuple(reversed(stay))

    def settled(self, entry: UndoEntry, server: str) -> "UndoLog":
        """Return it without a doubt about the entry, for that `server` version."""
        known = (replace(one, doubtful=False, server=server) if one.id == entry.id else one for one in self.entries)
        return UndoLog(tuple(known))

    def without(self, entry: UndoEntry) -> "UndoLog":
        """Return it without one entry."""
        return UndoLog(tuple(one for one in self.entries if one.id != entry.id))

    def chosen(self, word: str) -> UndoEntry:
        """Return the entry of that id, or the newest for "".

        Raises FindingError or UsageError.
        """
        if self.newest is None:
            raise FindingError("NA631", "there is nothing to undo in this environment", hint="`nox -s status` shows it")
        if not word:
            return self.newest
        found = [one for one in self.entries if one.id == word]
        if not found:
            message = f'there is no kept data "{word}"'
            known = "; ".join(one.shown for one in reversed(self.live))
            raise UsageError("NA632", message, hint=f"there is {known}")
        if found[0].hidden:
            holder = next((one for one in self.entries if one.kept == found[0].within), self.newest)
            message = f'the database "{found[0].kept}" is not in the server that runs now'
            hint = f"it went with the data before `{holder.verb}` of {holder.at}: `nox -s undo -- {holder.id}` first"
            raise FindingError("NA634", message, hint=hint)
        return found[0]


def _moved_into(entries: Collection[UndoEntry], kept: str) -> tuple[UndoEntry, ...]:
    """Return entries whose databases are `within` what is kept.

    Those that lie in another one stay.
    """
    others = {one.kept for one in entries if one.kind in WHOLE}
    here = {one.id for one in entries if one.kind == "database" and not (one.hidden and one.within in others)}
    return tuple(replace(one, within=kept) if one.id in here else one for one in entries)


def _spared(entries: Collection[UndoEntry]) -> frozenset[str]:
    """Return the entries that an `undo` spares which is at work, or was killed."""
    return frozenset(one.spares for one in entries if one.open and one.spares)


def _at_its_end(entry: UndoEntry) -> UndoEntry:
    return replace(entry, open=False, made=False, undoing=False, spares="", spared=False)
