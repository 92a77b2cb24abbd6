"""Keeps copies of the database for `undo`, and the files that verbs change with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from nox_alembic.core.copies.siblings import Mark, name_of
from nox_alembic.core.copies.space import Room, why_not_kept
from nox_alembic.core.copies.undo import FileChange, UndoEntry
from nox_alembic.core.facts import DatabaseAddress, DataLocation
from nox_alembic.core.frozen import frozen
from nox_alembic.core.paths import from_root
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps.undo import (
    BeginUndo,
    KeepDatabase,
    NoteUndone,
    OpenUndo,
    SwapBack,
    SwapDatabases,
    UndoDatabaseStep,
)
from nox_alembic.core.verbs.undoable import way_back_lost
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home import undo_log
from nox_alembic.report import Reporter
from nox_alembic.run.acts.siblings import new_mark
from nox_alembic.run.acts.undo.log import LiveUndoLog
from nox_alembic.run.ports import DONE, NOT_NEEDED, Person, Server, Siblings


@frozen(kw_only=True)
class UndoDatabases:
    """The act that keeps one database, and files of the project.

    `prove` refuses where Alembic would be refused, before anything is copied for it.
    `limit` is the `undo-limit` in bytes; `timeout` in seconds is how long it waits for
    a migration.
    """

    engine: Engine
    log: LiveUndoLog
    server: Server
    siblings: Siblings
    room: Callable[[DatabaseAddress, DataLocation], Room]
    prove: Callable[[], None]
    history: History
    root: Path
    limit: int
    timeout: float
    person: Person
    report: Reporter

    def do(self, step: UndoDatabaseStep) -> str:
        """Do the step and return how it went."""
        match step:
            case KeepDatabase():
                return DONE if self._keep(step) else NOT_NEEDED
            case OpenUndo():
                self._open(step)
            case SwapDatabases():
                self._swap_in(step)
            case BeginUndo():
                self.log.begin(step.entry)
            case SwapBack():
                self._swap("undo", step.entry.kept, step.revisions, bringing=step.entry)
            case NoteUndone():
                self._note_undone(step)
            case _:
                assert_never(step)
        return DONE

    def note_file(self, verb: str, path: Path, before: bytes | None, after: bytes) -> None:
        """Note a file that the verb knows only now."""
        self.log.note_file(verb, FileChange(from_root(self.root, path).as_posix(), before, after))

    def _keep(self, step: KeepDatabase) -> bool:
        """Copy the database, if it has something to lose; return whether it did.

        It asks when it cannot copy.
        """
        address = self.engine.address()
        with self.server.migration_lock(address, self.timeout, self.report.note):
            current = self.server.revisions(address) or ()
        if _is_reached(step.target, current, self.history):
            return False
        seen = self.room(address, self.engine.location)
        if step.files is None and not (current or seen.has_tables):
            return False
        self.prove()
        if why := why_not_kept(self.limit, seen):
            self.person.consent(way_back_lost(step.verb, why))
            return False
        mark = self._mark(address, step.verb, current)
        entry = undo_log.new_entry(step.verb, "database", mark.name, current, seen.size)
        self.log.push(replace(entry, files=step.files or ()))
        self.siblings.keep(address, mark, self.engine.client)
        self.log.thin_out(address)
        self.report.fields["kept_database"] = mark.name
        return True

    def _open(self, step: OpenUndo) -> None:
        """Note the files that are about to be changed."""
        entry = undo_log.new_entry(step.verb, "files", "", step.revisions)
        self.log.push(replace(entry, files=step.files))

    def _swap_in(self, step: SwapDatabases) -> None:
        """Put the new database in the real one's place; keep that if not too large."""
        incoming = name_of(self.engine.address().name, "new")
        kept = self._swap(step.verb, incoming, step.revisions, keeps=step.keeps)
        if step.keeps:
            self.report.note(f'the old database is kept in the server as "{kept}"')

    def _note_undone(self, step: NoteUndone) -> None:
        """Note that the files are as they were."""
        entry = undo_log.new_entry("undo", "files", "", step.revisions)
        self.log.exchange(step.entry, replace(entry, files=step.entry.undone))

    def _swap(
        self,
        verb: str,
        incoming: str,
        revisions: Sequence[str],
        *,
        bringing: UndoEntry | None = None,
        keeps: bool = True,
    ) -> str:
        """Give the incoming database the real one's name; return the kept one's."""
        address = self.engine.address()
        mark = self._mark(address, verb, revisions)
        if keeps:
            size = self.room(address, self.engine.location).size
            entry = undo_log.new_entry(verb, "database", mark.name, revisions, size)
            self.log.push(replace(entry, files=bringing.undone if bringing else ()), bringing=bringing)
        self.siblings.swap(address, incoming, mark)
        self.log.note_made()  # also after a reset that has left the data as a whole half made
        if keeps:
            self.report.fields["kept_database"] = mark.name
        return mark.name

    def _mark(self, address: DatabaseAddress, verb: str, revisions: Sequence[str]) -> Mark:
        return new_mark(address, "undo", self.log.environment, verb, revisions)


def _is_reached(target: str, current: Sequence[str], history: History) -> bool:
    """Return whether a migration has nothing left to do.

    A migration that cannot begin says so itself.
    """
    if not target:
        return False
    return bool(history.unknown(current)) or not history.pending(current, history.targets(target))
