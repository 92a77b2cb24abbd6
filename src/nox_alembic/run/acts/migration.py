"""Moves the database along its history: under the lock, with a second look before and after, and a record of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History, few
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.steps import ApplyRevision, Downgrade, DowngradeOrphans, Migrate
from nox_alembic.report import Reporter
from nox_alembic.run.acts.fingerprints import Fingerprinting
from nox_alembic.run.ports import Migrations, Tools

DONE = "done"
NOT_NEEDED = "not needed"


@frozen
class Movement:
    """A database and the Alembic configuration that its revisions come from; `beside` is another than the real one."""

    tools: Tools
    report: Reporter
    configuration: Path
    beside: DatabaseAddress | None = None

    @property
    def address(self) -> DatabaseAddress:
        """Where the database is."""
        return self.beside or self.tools.engine.address()

    def upgrade(self, step: Migrate, history: History) -> str:
        """Upgrade under the lock, with a second look at what is applied: another run may have been quicker."""
        return self._upgrade(step, history, self.tools.migrations)

    def _upgrade(self, step: Migrate, history: History, migrations: Callable[[], Migrations]) -> str:
        address = self.address
        targets = history.targets(step.target)
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            current = self.tools.database.revisions(address) or ()
            history.refuse_unknown(current)
            pending = history.pending(current, targets)
            if not pending:
                self._fingerprinting(history).settle(address, current)
                return NOT_NEEDED
            if step.seed_later and not current:
                self.tools.database.write_note(address, "seed", "pending")
            plain = None if current else self.tools.clusters.begin(address)
            self._fingerprinting(history).intend(address, pending)
            migrations().upgrade(self.configuration, address, step.target, self.report.revision)
            reached = self._verified(address, history, expected=history.with_ancestors(targets))
            self._fingerprinting(history).settle(address, reached)
            if plain is not None:
                self.tools.clusters.record(address, plain=plain)
        return DONE

    def apply(self, step: ApplyRevision) -> str:
        """Upgrade on the new history; what fails here leaves the changed files, so the error has the way back.

        In a process of its own: what the project has imported by now may have kept the address of the shadow database.
        """
        try:
            with self.tools.rehearsing() as alembic:
                return self._upgrade(Migrate("heads"), self.tools.reread(), lambda: alembic)
        except FailedError as error:
            hint = f"{error.hint}; {step.way_back}" if step.way_back else error.hint
            raise FailedError(error.id, error.message, hint=hint, detail=error.detail) from error

    def downgrade(self, step: Downgrade) -> None:
        """Go back under the lock, and look whether it was done."""
        address, history = self.tools.engine.address(), self.tools.history
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            self.tools.migrations().downgrade(self.configuration, address, step.target, self.report.revision)
            current = self.tools.database.revisions(address) or ()
            applied = history.with_ancestors(current)
            if left := [key for key in step.undone if key in applied]:
                raise self._not_there(f"{few(left)} still applied after the downgrade")
            self._fingerprinting(history).settle(address, current)

    def downgrade_orphans(self, step: DowngradeOrphans) -> str:
        """Take back what is not on this branch, by the files that were found of it."""
        address, history = self.tools.engine.address(), self.tools.history
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            if not history.unknown(self.tools.database.revisions(address) or ()):
                return NOT_NEEDED
            for target in step.orphans.targets:
                self._downgrade_branch(address, target, step.orphans)
            current = self.tools.database.revisions(address) or ()
            if left := history.unknown(current):
                raise self._not_there(f"{few(left)} still applied after the downgrade")
            self._fingerprinting(history).settle(address, current)
        return DONE

    def _downgrade_branch(self, address: DatabaseAddress, target: str, orphans: Orphans) -> None:
        last = [""]

        def on_revision(name: str) -> None:
            last[0] = name.partition(" ")[0]
            self.report.revision(name)

        try:
            self.tools.migrations().downgrade(self.configuration, address, target, on_revision, orphans.files)
        except FailedError as error:
            place = ", ".join(self.tools.database.revisions(address) or ()) or "base"
            message = f"{error.message.rstrip('.')}; the database is now at {place}"
            raise FailedError("NA440", message, hint=orphans.repair(last[0]), detail=error.detail) from error

    def copy_revision_files(self) -> None:
        """Keep copies of the files that are applied now."""
        address = self.tools.engine.address()
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            self._fingerprinting(self.tools.history).settle(address, self.tools.database.revisions(address) or ())

    def _fingerprinting(self, history: History) -> Fingerprinting:
        return Fingerprinting(self.tools, history, self.report)

    def _verified(self, address: DatabaseAddress, history: History, *, expected: frozenset[str]) -> Sequence[str]:
        current = self.tools.database.revisions(address) or ()
        if missing := expected - history.with_ancestors(current):
            raise self._not_there(f"{few(sorted(missing))} not applied after the upgrade")
        return current

    def _not_there(self, what: str) -> FailedError:
        message = f"the migration ended without an error, and yet the database has {what}"
        return FailedError("NA406", message, hint="look at `run_migrations_online` in env.py: does it commit?")
