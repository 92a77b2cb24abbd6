"""Sets data aside, puts it back and sweeps it, with the wiper.

The undo log has the entry before its data is touched.
"""

import contextlib
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from nox_alembic.core.copies.undo import WHOLE, FileChange, UndoEntry, UndoLog
from nox_alembic.core.errors import FailedError, NoxAlembicError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.undo import (
    CloseUndo,
    ConfirmNew,
    KeepServer,
    LetGo,
    NoteMade,
    PutBack,
    SetDataAside,
    Settle,
    Sweep,
    UndoDataStep,
    UseSpare,
)
from nox_alembic.edges import wiper
from nox_alembic.edges.engines import Engine, Workshop
from nox_alembic.edges.engines.workshops import workshop_of
from nox_alembic.edges.home import undo_log
from nox_alembic.edges.probe import facts
from nox_alembic.edges.wiper.values import Gates
from nox_alembic.report import Reporter
from nox_alembic.run.acts.spare_places import places_of
from nox_alembic.run.acts.undo.log import LiveUndoLog
from nox_alembic.run.acts.undo.server import ServerCopy
from nox_alembic.run.acts.undo.volumes import UndoVolumes
from nox_alembic.run.ports import DONE


@frozen(kw_only=True)
class UndoFolders:
    """The act of the data as a whole, in a folder.

    `prove` is that of `UndoDatabases`. `UndoVolumes` moves the data of a named volume.
    """

    engine: Engine
    log: LiveUndoLog
    protect: Sequence[Path]
    prove: Callable[[], None]
    report: Reporter
    workshop: Callable[[Engine], Workshop] = workshop_of

    def do(self, step: UndoDataStep) -> str:  # noqa: C901 - one case a step
        """Do the step and return how it went."""
        said: Sequence[str] = ()
        match step:
            case SetDataAside():
                said = self._set_aside(step)
            case UseSpare():
                said = self._use_spare(step)
            case PutBack():
                self._put_back(step)
            case KeepServer():
                self._keep_server(step)
            case Settle():
                self._settle()
            case ConfirmNew(cluster):
                self._confirm_new(cluster)
            case NoteMade():
                self.log.note_made()
            case LetGo():
                self.log.let_go()
            case CloseUndo():
                self._close(step)
            case _:
                assert_never(step)
        for line in said:
            self.report.note(line)
        return DONE

    def _set_aside(self, step: SetDataAside) -> Sequence[str]:
        """Set the data aside, and return messages about it."""
        if self._volumes:
            return self._volumes.set_aside(step)
        path = Path(step.location.path)
        aside = wiper.new_trash_name(path.name)
        self._note_aside(step, aside)
        done = wiper.set_aside(
            path, aside=aside, keep_root=self._keep_root, remover=self.engine.remover(), **self._gates(step.location)
        )
        kept = ["the old data is kept: `nox -s undo` brings it back"] if done.trash and step.is_kept else []
        lost = ["the old data could not be moved, and was deleted"] if done.in_place else []
        return [*kept, *lost, *(f"the data behind {link.path} stays in {link.target}" for link in done.links)]

    def _put_back(self, step: PutBack) -> None:
        """Put the data of an undo entry back, and keep what was there as a new one."""
        if self._volumes:
            self._volumes.put_back(step, make=self.engine.make_database)
            return
        path = Path(step.location.path)
        aside = wiper.new_trash_name(path.name)
        self._note("undo", aside, step.revisions, step.entry.undone, bringing=step.entry)
        try:
            wiper.put_back(path, step.entry.kept, aside=aside, keep_root=self._keep_root, **self._gates(step.location))
        except NoxAlembicError:
            if not step.entry.files:  # these have come first; else all is as it was
                self.log.begin(None)
            raise

    def _keep_server(self, step: KeepServer) -> None:
        """Copy all the data; a partial copy is deleted again."""
        self.prove()
        try:
            ServerCopy(engine=self.engine, log=self.log, workshop=self.workshop(self.engine)).keep(step)
        except BaseException:
            self.sweep(step.location)
            raise

    def _confirm_new(self, cluster: str) -> None:
        """Raise FailedError (NA207) if the server still runs on the old data."""
        if self.log.server.cluster_of(self.engine.address()) != cluster:
            return
        self.log.note_made()  # it is what it was before, and the next verb keeps it
        message = f"the reset has changed nothing: the server still runs on the data that it had ({cluster})"
        hint = (
            f"its data is not in {self.engine.location.shown}: see what is mounted into its container, and its PGDATA"
        )
        raise FailedError("NA207", message, hint=hint)

    def _close(self, step: CloseUndo) -> None:
        """Close the undo log, and delete the data that has left it by that."""
        before = {one.kept for one in self._kept().entries if one.kind in WHOLE}
        self.log.close(files_only=step.files_only, uncovers=step.uncovers)
        if gone := before - {one.kept for one in self._kept().entries}:
            self._delete(self.engine.location, [name for name in self.log.there() if name not in gone])

    def _delete(self, location: DataLocation, keep: Collection[str]) -> Sequence[str]:
        """Delete what was set aside, but for the names to keep.

        Returns messages about leftovers.
        """
        if self._volumes:
            return self._volumes.sweep(keep)
        path = Path(location.path)
        done = wiper.sweep(path.parent, path.name, keep_names=keep, remover=self.engine.remover())
        return [self._leftover(left) for left in done.left]

    def _settle(self) -> None:
        """Finish or take back what a killed run has left in doubt."""
        if self._volumes:
            self._volumes.settle()

    def _use_spare(self, step: UseSpare) -> Sequence[str]:
        """Set the data aside and put a spare into its place; return messages about it.

        Raises FailedError (NA652) when the spare is gone; then nothing has changed.
        """
        if not places_of(self.engine, self.workshop(self.engine)).can_start(step.spare.name):
            message = f"the spare {step.spare.name} was replaced while this reset was being prepared"
            raise FailedError("NA652", message, hint="run it again, or `nox -s reset -- --cold`")
        if self._volumes:
            return self._volumes.use_spare(step, make=self.engine.make_database)
        path = Path(step.location.path)
        aside = wiper.new_trash_name(path.name)
        if step.aside:
            self._note_aside(step.aside, aside)
        kept = wiper.put_back(
            path, step.spare.name, aside=aside, keep_root=self._keep_root, **self._gates(step.location)
        )
        is_kept = kept and step.aside is not None and step.aside.is_kept
        return ["the old data is kept: `nox -s undo` brings it back"] if is_kept else []

    def passing(self, plan: Plan) -> Sequence[Path | str]:
        """Return the folders or volumes of earlier verbs that this plan deletes.

        It changes nothing.
        """
        if not any(isinstance(step, Sweep) for step in plan.steps):
            return ()
        kept = self._kept()
        for step in plan.steps:
            if isinstance(step, KeepServer) or (isinstance(step, SetDataAside) and step.is_kept):
                kept = kept.pushed(undo_log.new_entry(step.verb, "volume" if self._volumes else "folder", "", None))
        stay = [one.kept for one in kept.under_way(self.log.limit).entries]
        passing = [name for name in self.log.there() if name not in stay]
        return passing if self._volumes else [Path(self.engine.location.path).with_name(name) for name in passing]

    def sweep(self, location: DataLocation) -> Sequence[str]:
        """Delete what was set aside and is not kept.

        Returns messages about leftovers.
        """
        return self._delete(location, [one.kept for one in self._kept().under_way(self.log.limit).entries])

    @property
    def _volumes(self) -> UndoVolumes | None:
        """The act of the named volume, if the data is in one."""
        volumes = self.engine.volumes
        return UndoVolumes(volumes=volumes, read=self._kept, write=self.log.write) if volumes else None

    def _note_aside(self, step: SetDataAside, aside: str) -> None:
        """Note what is kept of the data, or that its replacement has yet to be made."""
        if step.is_kept:
            self._note(step.verb, aside, step.revisions)
        else:
            self.log.note_made(made=False)

    def _note(
        self,
        verb: str,
        aside: str,
        revisions: Sequence[str] | None,
        files: tuple[FileChange, ...] = (),
        *,
        bringing: UndoEntry | None = None,
    ) -> None:
        """Note what is about to be kept, and what takes its place.

        A run that is killed afterwards has kept it, or has changed nothing.
        """
        entry = undo_log.new_entry(verb, "folder", aside, revisions)
        self.log.push(replace(entry, server=self._major(), files=files), bringing=bringing)

    def _major(self) -> str:
        """Return the major version that made the data, "" if it cannot be read."""
        location = self.engine.location
        for folder in (Path(location.path), *(Path(location.path) / name for name in location.subpaths)):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                return (folder / "PG_VERSION").read_text(encoding="ascii").strip()
        return ""

    def _kept(self) -> UndoLog:
        """Return the undo log, of folders alone, so that no server has to be asked."""
        return self.log.kept(None)

    def _gates(self, location: DataLocation) -> Gates:
        return facts.gates_of(self.engine, location, self.protect, ahead_of=None)

    @property
    def _keep_root(self) -> bool:
        """Whether the data folder itself must stay.

        Docker Desktop knows a bind mount by its inode.
        """
        return self.engine.name == "compose" and sys.platform in {"darwin", "win32"}

    def _leftover(self, left: wiper.Leftover) -> str:
        """Return the wiper's message, with the containers that may keep writing."""
        users = self.engine.users_of(left.path, foreign_only=False) if left.newer else ()
        return "\n".join([str(left), *(f"in use by {user}" for user in users)])
