"""A copy of all the data of the server for `undo`, made while it is stopped."""

from dataclasses import replace
from pathlib import Path

from nox_alembic.core.copies.undo import EntryKind
from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.undo import KeepServer
from nox_alembic.edges import wiper
from nox_alembic.edges.engines import Engine, SparePlace, Workshop
from nox_alembic.edges.home import undo_log
from nox_alembic.edges.system.waiting import wait_until
from nox_alembic.run.acts.undo.log import LiveUndoLog


@frozen(kw_only=True)
class ServerCopy:
    """The data of one environment's server, copied beside it.

    `patience` in seconds is how long it waits for transactions to end.
    """

    engine: Engine
    log: LiveUndoLog
    workshop: Workshop
    patience: float = 10

    def keep(self, step: KeepServer) -> None:
        """Copy the data and note it for `undo`; the server runs again in any case.

        It drops other databases of ours that would keep a role from being dropped: they
        are in the copy. Raises FailedError (NA635) when a client is at work, or the
        data cannot be copied.
        """
        address = self.engine.address()
        self._await_quiet(step)
        major = self.log.server.version(address).partition(".")[0]
        try:
            self.engine.stop_database()
            kind, kept = self._copied(step)
            entry = undo_log.new_entry(step.verb, kind, kept, step.revisions)
            self.log.push(replace(entry, files=step.files, server=major))
        finally:
            self._start(step.seconds)
        address = self.engine.address()
        self.log.dropping.drop(address, self.log.dropping.holding_roles(address))

    def _copied(self, step: KeepServer) -> tuple[EntryKind, str]:
        """Return the kind of the copy, and its name."""
        volumes, location = self.engine.volumes, step.location
        try:
            if volumes is not None:
                name = volumes.new_name()
                volumes.make_kept(name, step.verb)
                self._copy(location.volume, name)
                return "volume", name
            path = Path(location.path)
            name = wiper.new_trash_name(path.name)
            path.with_name(name).mkdir(0o755)  # at most, whatever the umask; the copy gives it the rights of the data
            self._copy(path, path.with_name(name))
        except (OSError, FailedError) as error:
            detail = error.message if isinstance(error, FailedError) else str(error)
            raise _not_copied(f"the data in {location.shown} cannot be copied", detail) from None
        return "folder", name

    def _copy(self, source: SparePlace, target: SparePlace) -> None:
        self.workshop.copy(source, target)

    def _start(self, seconds: float) -> None:
        engine = self.engine
        engine.start_database()
        self.log.server.await_ready(
            engine.address, lambda: engine.is_alive("database"), lambda: engine.log_tail("database"), seconds
        )

    def _await_quiet(self, step: KeepServer) -> None:
        """Wait until no client is at work: a stop of the server would interrupt it."""
        found: list[str] = []

        def ask() -> bool | None:
            found[:] = self.log.server.at_work(self.engine.address())
            return None if found else True

        if wait_until(ask, self.patience) is None:
            message = f"`{step.verb}` has to stop the server for a moment, and somebody is at work in it"
            raise _not_copied(message, "\n".join(found), hint="end that, or wait, and run it again")


def _not_copied(message: str, detail: str, hint: str = "") -> FailedError:
    cure = hint or "make room if the disk is full; `undo-limit = 0` in pyproject.toml keeps nothing"
    return FailedError("NA635", f"{message}; the database is as it was", hint=cure, detail=detail)
