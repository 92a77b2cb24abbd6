"""Copies of the database that `undo` brings back, and the files that verbs have changed with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nox_alembic.core.copies.siblings import Mark, before_name, new_name
from nox_alembic.core.copies.space import why_not_kept
from nox_alembic.core.copies.undo import FileChange, UndoEntry
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.paths import from_root
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps import KeepDatabase, NoteUndone, OpenUndo, SwapBack, SwapDatabases
from nox_alembic.core.verbs.undoable import way_back_lost
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home import undo_log
from nox_alembic.edges.postgres import server, siblings, space
from nox_alembic.edges.system import clock
from nox_alembic.report import Reporter
from nox_alembic.run.acts.undo_log import LiveUndoLog


@frozen(kw_only=True)
class UndoDatabases:
    """What is kept of one database and of files; `timeout` in seconds is how long a migration is waited for."""

    engine: Engine
    entries: LiveUndoLog
    root: Path
    limit: int
    timeout: float
    report: Reporter

    def keep(self, step: KeepDatabase, history: History, consent: Callable[[str], None]) -> bool:
        """Copy the database, if there is something to lose; return whether it did. Where it cannot, it asks."""
        address = self.engine.address()
        with server.migration_lock(address, self.timeout, self.report.note):
            current = server.revisions(address) or ()
        if _is_reached(step.target, current, history):
            return False
        seen = space.look(address, self.engine.location)
        if step.files is None and not (current or seen.has_tables):
            return False
        if why := why_not_kept(self.limit, seen):
            consent(way_back_lost(step.verb, why))
            return False
        kept, mark = self._named(address, step.verb, current)
        entry = undo_log.new_entry(step.verb, "database", kept, current, seen.size)
        self.entries.push(replace(entry, files=step.files or ()))
        siblings.keep(address, kept, mark, self.engine.client)
        self.entries.thin_out(address)
        self.report.fields["kept_database"] = kept
        return True

    def open(self, step: OpenUndo) -> None:
        """Note which files are about to be changed."""
        entry = undo_log.new_entry(step.verb, "files", "", step.revisions)
        self.entries.push(replace(entry, files=step.files))

    def note_file(self, verb: str, path: Path, before: bytes | None, after: bytes) -> None:
        """Note a file that is known only now."""
        self.entries.note_file(verb, FileChange(from_root(self.root, path).as_posix(), before, after))

    def swap_back(self, step: SwapBack) -> None:
        """Put a kept database back, and keep the real one instead."""
        self._swap("undo", step.entry.kept, step.revisions, files=_reversed(step.entry))

    def swap(self, step: SwapDatabases) -> None:
        """Put the new database into the place of the real one, and keep that, unless it is too large."""
        kept = self._swap(step.verb, new_name(self.engine.address().name), step.revisions, keeps=step.keeps)
        if step.keeps:
            self.report.note(f'the old database is kept in the server as "{kept}"')

    def note_undone(self, step: NoteUndone) -> None:
        """Note that the files are what they were."""
        entry = undo_log.new_entry("undo", "files", "", step.revisions)
        self.entries.exchange(step.entry, replace(entry, files=_reversed(step.entry)))

    def _swap(
        self,
        verb: str,
        incoming: str,
        revisions: Sequence[str],
        *,
        files: tuple[FileChange, ...] = (),
        keeps: bool = True,
    ) -> str:
        """Give the incoming database the real one's name, and return the name under which that is kept."""
        address = self.engine.address()
        kept, mark = self._named(address, verb, revisions)
        if keeps:
            size = space.look(address, self.engine.location).size
            entry = undo_log.new_entry(verb, "database", kept, revisions, size)
            self.entries.push(replace(entry, files=files))
        siblings.swap(address, incoming, kept, mark)
        if keeps:
            self.report.fields["kept_database"] = kept
        return kept

    def _named(self, address: DatabaseAddress, verb: str, revisions: Sequence[str]) -> tuple[str, Mark]:
        now = clock.now_exactly()
        mark = Mark(role="before", of=address.name, environment=self.entries.environment, verb=verb, at=now,
                    revisions=tuple(revisions))  # fmt: skip
        return before_name(address.name, now), mark


def _reversed(entry: UndoEntry) -> tuple[FileChange, ...]:
    return tuple(change.reverse for change in entry.files)


def _is_reached(target: str, current: Sequence[str], history: History) -> bool:
    """Return whether a migration has nothing left to do; one that cannot begin says so itself."""
    if not target:
        return False
    return bool(history.unknown(current)) or not history.pending(current, history.targets(target))
