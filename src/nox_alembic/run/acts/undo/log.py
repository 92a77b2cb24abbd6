"""The undo log with what is really there, on disk and in the server."""

import contextlib
from dataclasses import replace
from pathlib import Path

from nox_alembic.core.copies.siblings import leftovers
from nox_alembic.core.copies.undo import WHOLE, FileChange, UndoEntry, UndoLog
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import DatabaseAddress, Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home import undo_log
from nox_alembic.run.ports import Dropping, Server


@frozen(kw_only=True)
class LiveUndoLog:
    """The undo entries of one environment, by the undo log at `path`.

    The newest `limit` of each kind stay.
    """

    engine: Engine
    server: Server
    dropping: Dropping
    environment: str
    path: Path
    limit: int

    def probe(self, facts: Facts) -> Facts:
        """Return the facts with the undo entries and the server that would use them."""
        address = facts.engine.address if facts.current is not None else None
        kept = self.kept(address)
        version = self.server.version(address) if address and any(one.kind in WHOLE for one in kept.live) else ""
        return replace(facts, undo=kept, server_version=version)

    def kept(self, address: DatabaseAddress | None) -> UndoLog:
        """Return the undo log.

        Without an `address`, or an answer there, the databases in the server count as
        there.
        """
        found = undo_log.read(self.path)
        kinds = {one.kind for one in found.entries}
        databases = self.dropping.names(address) if address and "database" in kinds else None
        return found.having(self.there() if kinds & WHOLE else (), databases)

    def push(self, entry: UndoEntry, *, bringing: UndoEntry | None = None) -> None:
        """Note an entry that is about to be kept, and the one that takes its place.

        A run that is killed afterwards has kept it, or has changed nothing.
        """
        pushed = self.kept(self.address()).pushed(entry, bringing=bringing)
        # A swap of databases is done or not; a killed move leaves something in doubt.
        undo_log.write(self.path, pushed.undoing(bringing) if bringing and bringing.kind in WHOLE else pushed)

    def begin(self, entry: UndoEntry | None) -> None:
        """Note which entry is about to be brought back; None if none is any more."""
        undo_log.write(self.path, undo_log.read(self.path).undoing(entry))

    def exchange(self, old: UndoEntry, new: UndoEntry) -> None:
        """Note that the old entry is back in place, and the new one is kept instead."""
        undo_log.write(self.path, self.kept(self.address()).without(old).pushed(new))

    def note_file(self, verb: str, change: FileChange) -> None:
        """Note which file the verb is about to write."""
        undo_log.write(self.path, undo_log.read(self.path).changing(verb, change))

    def thin_out(self, address: DatabaseAddress) -> None:
        """Drop what verbs that failed one after another have kept in between."""
        self._settle(self.kept(address).thinned(self.limit), address)

    def note_made(self, *, made: bool = True) -> None:
        """Note whether the data in place, as a whole, is finished."""
        found = undo_log.read(self.path)
        if (noted := found.marked_made(made=made)) != found:
            undo_log.write(self.path, noted)

    def let_go(self) -> None:
        """Drop the databases that are no longer kept, however the running verb ends."""
        if address := self._address_of_databases():
            self._settle(self.kept(address).under_way(self.limit), address)

    def close(self, *, files_only: bool = False, uncovers: bool = False) -> None:
        """Note that the verb has ended, and drop databases that are no longer kept."""
        address = self._address_of_databases()
        self._settle(self.kept(address).closed(self.limit, files_only=files_only, uncovers=uncovers), address)

    def address(self) -> DatabaseAddress | None:
        """Return the address of the server, None while it does not run."""
        with contextlib.suppress(PreconditionError):
            return self.engine.address() if self.engine.is_alive("database") else None
        return None

    def _address_of_databases(self) -> DatabaseAddress | None:
        """Return the address of the server.

        None while it does not run, or if it keeps nothing.
        """
        had_databases = any(one.kind == "database" for one in undo_log.read(self.path).entries)
        return self.address() if had_databases else None

    def write(self, known: UndoLog) -> None:
        """Write the undo log."""
        undo_log.write(self.path, known)

    def there(self) -> tuple[str, ...]:
        """Return the names of folders or volumes that keep data, or can be deleted."""
        if self.engine.volumes:
            return self.engine.volumes.kept()
        from nox_alembic.edges import wiper  # noqa: PLC0415 - most verbs do not need it

        path = Path(self.engine.location.path)
        return wiper.list_trash(path.parent, path.name)

    def _settle(self, settled: UndoLog, address: DatabaseAddress | None) -> None:
        """Write the log, then drop: what a killed run leaves, the next run drops."""
        undo_log.write(self.path, settled)
        if address is not None:
            kept = [one.kept for one in settled.entries]
            if gone := leftovers(self.dropping.marked(address), self.environment, kept):
                self.dropping.drop_soon(address, gone)
