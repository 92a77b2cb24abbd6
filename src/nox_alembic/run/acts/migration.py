"""Moves the database along its history, under the lock.

It looks again before and after, and keeps a record.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History, few
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.steps.migration import (
    ApplyRevision,
    CopyRevisionFiles,
    Downgrade,
    DowngradeOrphans,
    Migrate,
    MigrationStep,
    PrintUpgradeSql,
)
from nox_alembic.report import Reporter
from nox_alembic.run.acts.fingerprints import Fingerprinting
from nox_alembic.run.ports import DONE, NOT_NEEDED, PLAN_AGAIN, Apart, Cluster, Migrations, Server


@frozen(kw_only=True)
class Migration:
    """The act that moves a database along its history; `address` names the database.

    `apart` is Alembic in a process of its own.
    """

    configuration: Configuration
    history: History
    reread: Callable[[], History]
    address: Callable[[], DatabaseAddress]
    server: Server
    cluster: Cluster
    migrations: Callable[[], Migrations]
    apart: Apart
    fingerprinting: Fingerprinting
    timeout: float
    report: Reporter

    def do(self, step: MigrationStep) -> str:
        """Do the step and return how it went."""
        match step:
            case Migrate():
                return self._upgrade(step, self.reread() if step.reread else self.history, self.migrations)
            case PrintUpgradeSql(start, target):
                self.report.data(self.migrations().upgrade_sql(self.configuration, start, target))
            case Downgrade():
                self._downgrade(step)
            case DowngradeOrphans():
                return self._downgrade_orphans(step)
            case CopyRevisionFiles():
                self._copy_revision_files()
            case ApplyRevision():
                return self._apply(step)
            case _:
                assert_never(step)
        return DONE

    def _upgrade(self, step: Migrate, history: History, migrations: Callable[[], Migrations]) -> str:
        """Upgrade under the lock.

        It looks again at what is applied: another run may have been quicker.
        """
        address = self.address()
        targets = history.targets(step.target)
        with self.server.migration_lock(address, self.timeout, self.report.note):
            current = self.server.revisions(address) or ()
            if step.unseen and history.unknown(current):
                return PLAN_AGAIN
            history.refuse_unknown(current)
            pending = history.pending(current, targets)
            if not pending:
                self._fingerprints(history).settle(address, current)
                return NOT_NEEDED
            if step.seed_later and not current:
                self.server.write_note(address, "seed", "pending")
            plain = None if current else self.cluster.begin(address)
            self._fingerprints(history).intend(address, pending)
            migrations().upgrade(self.configuration, address, step.target, self.report.revision)
            reached = self._verified(address, history, expected=history.with_ancestors(targets))
            self._fingerprints(history).settle(address, reached)
            if plain is not None:
                self.cluster.record(address, plain=plain)
        return DONE

    def _apply(self, step: ApplyRevision) -> str:
        """Upgrade on the new history.

        A failure leaves the changed files, so the error says how to get back. It runs
        in a process of its own: the project's imports in this process may have kept the
        address of the shadow database.
        """
        try:
            with self.apart() as alembic:
                return self._upgrade(Migrate("heads"), self.reread(), lambda: alembic)
        except FailedError as error:
            hint = f"{error.hint}; {step.way_back}" if step.way_back else error.hint
            raise FailedError(error.id, error.message, hint=hint, detail=error.detail) from error

    def _downgrade(self, step: Downgrade) -> None:
        """Downgrade under the lock, and check the result."""
        address, history = self.address(), self.history
        with self.server.migration_lock(address, self.timeout, self.report.note):
            self.migrations().downgrade(self.configuration, address, step.target, self.report.revision)
            current = self.server.revisions(address) or ()
            applied = history.with_ancestors(current)
            if left := [key for key in step.undone if key in applied]:
                raise self._not_there(f"{few(left)} still applied after the downgrade")
            self._fingerprints(history).settle(address, current)

    def _downgrade_orphans(self, step: DowngradeOrphans) -> str:
        """Take back the orphan revisions, by the files that were found for them."""
        address, history = self.address(), self.history
        with self.server.migration_lock(address, self.timeout, self.report.note):
            if not history.unknown(self.server.revisions(address) or ()):
                return NOT_NEEDED
            for target in step.orphans.targets:
                self._downgrade_branch(address, target, step.orphans)
            current = self.server.revisions(address) or ()
            if left := history.unknown(current):
                raise self._not_there(f"{few(left)} still applied after the downgrade")
            self._fingerprints(history).settle(address, current)
        return DONE

    def _downgrade_branch(self, address: DatabaseAddress, target: str, orphans: Orphans) -> None:
        last = [""]

        def on_revision(name: str) -> None:
            last[0] = name.partition(" ")[0]
            self.report.revision(name)

        try:
            self.migrations().downgrade(self.configuration, address, target, on_revision, orphans.files)
        except FailedError as error:
            place = ", ".join(self.server.revisions(address) or ()) or "base"
            message = f"{error.message.rstrip('.')}; the database is now at {place}"
            raise FailedError("NA440", message, hint=orphans.repair(last[0]), detail=error.detail) from error

    def _copy_revision_files(self) -> None:
        """Keep copies of the files that are applied now."""
        address = self.address()
        with self.server.migration_lock(address, self.timeout, self.report.note):
            self._fingerprints(self.history).settle(address, self.server.revisions(address) or ())

    def _fingerprints(self, history: History) -> Fingerprinting:
        return replace(self.fingerprinting, history=history)

    def _verified(self, address: DatabaseAddress, history: History, *, expected: frozenset[str]) -> Sequence[str]:
        current = self.server.revisions(address) or ()
        if missing := expected - history.with_ancestors(current):
            raise self._not_there(f"{few(sorted(missing))} not applied after the upgrade")
        return current

    def _not_there(self, what: str) -> FailedError:
        message = f"the migration ended without an error, and yet the database has {what}"
        return FailedError("NA406", message, hint="look at `run_migrations_online` in env.py: does it commit?")
