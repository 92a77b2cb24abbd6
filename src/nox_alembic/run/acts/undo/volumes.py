"""Sets the named volume's data aside, puts it back and sweeps it.

The undo log has the entry before its data is touched.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from nox_alembic.core.copies.undo import UndoEntry, UndoLog
from nox_alembic.core.copies.volume_swap import Outcome, not_removed
from nox_alembic.core.errors import FailedError, NoxAlembicError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.undo import PutBack, SetDataAside, UseSpare
from nox_alembic.edges.engines import Volumes
from nox_alembic.edges.home import undo_log


@frozen(kw_only=True)
class UndoVolumes:
    """The database's volume.

    `read` and `write` are those of the undo log with what is really there.
    """

    volumes: Volumes
    read: Callable[[], UndoLog]
    write: Callable[[UndoLog], None]

    def set_aside(self, step: SetDataAside) -> Sequence[str]:
        """Give the volume fresh content, keep its old content, and return messages."""
        name = self.volumes.new_name()
        entry = self._swap(step.verb, name, step.revisions, source=name)
        return self._kept(entry, name, is_kept=step.is_kept)

    def use_spare(self, step: UseSpare, *, make: Callable[[], None]) -> Sequence[str]:
        """Put a spare in place, keep the volume's old content, and return messages."""
        if self.volumes.probe() is None:
            make()
        name = self.volumes.new_name()
        aside = step.aside or SetDataAside(step.location, keeps=False)
        entry = self._swap(aside.verb, name, aside.revisions, source=step.spare.name)
        return self._kept(entry, name, is_kept=aside.is_kept)

    def put_back(self, step: PutBack, *, make: Callable[[], None]) -> None:
        """Put the data of an undo entry back, and keep the volume's content.

        `make` makes a volume if there is none.
        """
        if self.volumes.probe() is None:
            make()
        name = self.volumes.new_name()
        if self._swap("undo", name, step.revisions, source=step.entry.kept, bringing=step.entry) is None:
            self._remove(name)
            self.write(_without(self.read(), name))

    def settle(self) -> None:
        """Finish or take back what a killed run has left in doubt."""
        for entry in self.read().entries:
            if entry.doubtful and entry.kind == "volume":
                self._settle(entry)

    def sweep(self, keep: Collection[str]) -> Sequence[str]:
        """Remove the volumes that are not to `keep`; return messages on leftovers."""
        said = []
        for name in self.volumes.kept():
            if name not in keep:
                try:
                    self.volumes.remove(name)
                except OSError as error:
                    said.append(not_removed(name, error))
        return said

    def _kept(self, entry: UndoEntry | None, name: str, *, is_kept: bool) -> Sequence[str]:
        """Report that the entry is kept, or take it out of the undo log.

        A volume that is not in the undo log is swept.
        """
        if is_kept and entry is not None:
            return ("the old data is kept: `nox -s undo` brings it back",)
        # Its replacement has yet to be made.
        self.write(_without(self.read(), name).marked_made(made=False))
        return ()

    def _swap(
        self,
        verb: str,
        name: str,
        revisions: Sequence[str] | None,
        *,
        source: str,
        bringing: UndoEntry | None = None,
    ) -> UndoEntry | None:
        """Return the entry with the volume's old content, None if it had none."""
        files = bringing.undone if bringing else ()
        entry = replace(undo_log.new_entry(verb, "volume", name, revisions), doubtful=True, files=files)
        self.write(self.read().pushed(entry, bringing=bringing))
        try:
            moved = self.volumes.swap(name, source=source, verb=verb)
        except NoxAlembicError:
            with suppress(NoxAlembicError):  # the next run settles it then
                self.settle()
            raise
        self._taken(entry, source, moved.server)
        return entry if moved.outcome is Outcome.KEPT else None

    def _settle(self, entry: UndoEntry) -> None:
        source = self.volumes.source_of(entry.kept)
        moved = self.volumes.settle(entry.kept)
        before = self.read().without(entry)
        if moved.outcome is Outcome.KEPT:
            self._taken(entry, source, moved.server)
            if entry.verb != "undo" and before.is_half_made:
                self.write(before)  # it was not to be kept, and is swept
        else:
            self.write(self.read().without(entry))
            self._remove(entry.kept)

    def _taken(self, entry: UndoEntry, source: str, server: str) -> None:
        """Remove the empty volume, and note in the undo log that there is no doubt."""
        if source != entry.kept:
            self._remove(source)
        self.write(self.read().settled(entry, server))

    def _remove(self, name: str) -> None:
        """Remove a volume without data; raises FailedError (NA674) when it stays."""
        try:
            self.volumes.remove(name)
        except OSError as error:
            message = f"the volume {name}, which is empty by now, cannot be removed: {error}"
            hint = "remove the container that mounts it, and run the same command again"
            raise FailedError("NA674", message, hint=hint) from None


def _without(found: UndoLog, name: str) -> UndoLog:
    return found.having({one.kept for one in found.entries} - {name})
