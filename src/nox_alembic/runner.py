"""Walks a plan: one case a step, each of which calls one edge; stops at the first failure."""

import concurrent.futures
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from nox_alembic.checking import Checking
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.history import History
from nox_alembic.core.lost import Lost
from nox_alembic.core.recipes.targets import shown_path
from nox_alembic.core.steps import (
    AcceptFiles,
    ApplyRevision,
    AwaitBackend,
    AwaitDatabase,
    AwaitEdit,
    CheckSnapshot,
    ClearLeftovers,
    CloseUndo,
    CompareModels,
    DeleteSnapshots,
    Discard,
    DiscardData,
    Down,
    Downgrade,
    DowngradeLost,
    DropIndex,
    DropShadow,
    Foreground,
    KeepFiles,
    Kill,
    LintSql,
    LoadSnapshot,
    MakeFolder,
    MakeShadow,
    Migrate,
    NoteRebase,
    Plan,
    PrintUpgradeSql,
    ProveOwnership,
    ProvideImages,
    PutBack,
    Rehearse,
    ReplaceFile,
    RunTests,
    SaveSnapshot,
    Seed,
    SetDataAside,
    SnapshotStep,
    Stamp,
    StartDatabase,
    StartServices,
    StopBackend,
    SwapDatabases,
    Sweep,
    WriteMerge,
    WriteRevision,
)
from nox_alembic.recording import Recording
from nox_alembic.rehearsal import Rehearsal
from nox_alembic.report import Reporter
from nox_alembic.tools import Tools

DONE = "done"
NOT_NEEDED = "not needed"
# Of one name, so that the next run replaces what a killed one has left.
SHADOW = "nox_alembic_shadow"


@dataclass(frozen=True)
class Runner:
    """Runs plans with its tools and reports each step as it goes."""

    tools: Tools
    report: Reporter

    def run(self, plan: Plan) -> None:
        """Run all steps, then `lastly` whatever happened; raises the first NoxAlembicError."""
        total = len(plan.steps) + len(plan.lastly)
        with concurrent.futures.ThreadPoolExecutor(max_workers=1) as background:
            sweeps: list[concurrent.futures.Future[Sequence[str]]] = []
            try:
                for number, step in enumerate(plan.steps, 1):
                    if isinstance(step, Sweep):
                        sweeps.append(background.submit(self.tools.safe.sweep, step.location))
                        self.report.in_background(number, total, step.title)
                    else:
                        self._run_step(number, total, step)
            finally:
                for number, step in enumerate(plan.lastly, len(plan.steps) + 1):
                    self._run_step(number, total, step)
                self._collect(sweeps)

    def _run_step(self, number: int, total: int, step: Foreground) -> None:
        with self.report.step(number, total, step.title, speaks=isinstance(step, _SPEAKING)) as result:
            result.outcome = self._do(step)

    def _collect(self, sweeps: Iterable["concurrent.futures.Future[Sequence[str]]"]) -> None:
        for sweep in sweeps:
            for line in sweep.result():
                self.report.warn(line)

    def _do(self, step: Foreground) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915 - one case a step
        engine = self.tools.engine
        match step:
            case ProvideImages(images):
                engine.provide_images(images)
            case ProveOwnership():
                engine.prove_ownership()
            case Kill():
                engine.kill()
            case Down():
                engine.down()
            case SetDataAside():
                self._set_aside(step)
            case PutBack():
                self.tools.safe.put_back(step)
            case CloseUndo():
                self.tools.safe.close()
            case DiscardData():
                engine.discard_data()
            case MakeFolder(location):
                self._make_folder(Path(location.path))
            case StartDatabase():
                engine.start_database()
            case AwaitDatabase(seconds):
                self._await_database(seconds)
            case Migrate():
                return self._migrate(step, self.tools.reread() if step.reread else self.tools.history)
            case PrintUpgradeSql(start, target):
                self.report.data(self.tools.migrations().upgrade_sql(self._configuration(), start, target))
            case MakeShadow():
                self._make_shadow()
            case DropShadow():
                self.tools.database.drop(engine.address(), SHADOW)
            case WriteRevision():
                return self._write_revision(step)
            case ApplyRevision():
                return self._apply(step)
            case Downgrade():
                self._downgrade(step)
            case DowngradeLost():
                return self._downgrade_lost(step)
            case KeepFiles():
                self._keep_files()
            case NoteRebase(name):
                self.tools.database.write_note(engine.address(), "rebase", name)
            case ReplaceFile(path, before, after):
                self.tools.replace_file(Path(path), before, after)
                self.report.written(shown_path(self.tools.config, Path(path)))
            case WriteMerge():
                self._write_merge(step)
            case Rehearse():
                self._rehearse(step)
            case AwaitEdit():
                self._await_edit(step)
            case CompareModels() | LintSql() | Stamp() | AcceptFiles() | DropIndex():
                return Checking(self.tools, self.report, self._configuration(), SHADOW).do(step)
            case StopBackend():
                engine.stop_backend()
            case (
                SaveSnapshot()
                | CheckSnapshot()
                | LoadSnapshot()
                | SwapDatabases()
                | DeleteSnapshots()
                | ClearLeftovers()
            ):
                self._snapshot(step)
            case Seed(command):
                return self._seed(command)
            case StartServices(services):
                engine.start_services(services)
            case AwaitBackend(seconds):
                self._await_backend(seconds)
            case RunTests(command):
                self._test(command)
            case Discard():
                engine.discard()
            case _:
                assert_never(step)
        return DONE

    def _snapshot(self, step: SnapshotStep) -> None:
        snapshots = self.tools.snapshots()
        match step:
            case SaveSnapshot(name):
                snapshots.save(name)
            case CheckSnapshot(snapshot):
                snapshots.check(snapshot)
            case LoadSnapshot(snapshot):
                snapshots.load(snapshot)
            case SwapDatabases():
                snapshots.swap(step)
            case DeleteSnapshots(names):
                snapshots.delete(names)
            case ClearLeftovers():
                snapshots.clear()
            case _:
                assert_never(step)

    def _make_folder(self, folder: Path) -> None:
        """Make it ours before a daemon makes it root's; where the parent is root's already, the daemon has to."""
        with contextlib.suppress(PermissionError):
            folder.mkdir(parents=True, exist_ok=True)

    def _set_aside(self, step: SetDataAside) -> None:
        for line in self.tools.safe.set_aside(step):
            self.report.note(line)

    def _await_database(self, seconds: float) -> None:
        engine = self.tools.engine
        self.tools.database.await_ready(
            engine.address, lambda: engine.is_alive("database"), lambda: engine.log_tail("database"), seconds
        )

    def _await_backend(self, seconds: float) -> None:
        engine = self.tools.engine
        self.tools.backend.await_healthy(
            engine.backend_url,
            engine.backend_health,
            lambda: engine.is_alive("backend"),
            lambda: engine.log_tail("backend"),
            seconds,
        )

    def _make_shadow(self) -> None:
        shadow = self.tools.database.make_empty(self.tools.engine.address(), SHADOW)
        self.tools.migrations().upgrade(self._configuration(), shadow, "heads", lambda _: None)

    def _write_revision(self, step: WriteRevision) -> str:
        address = None if step.empty else replace(self.tools.engine.address(), name=SHADOW)
        configuration = self._configuration()
        draft = self.tools.migrations().draft(configuration, address, step.message, autogenerate=not step.empty)
        for file in draft.files:
            self.tools.write_revision(configuration.parent / file.path, file.text)
        head = self.tools.write_head(self.tools.reread().heads) if draft.files else None
        self.report.drafted(draft, step.message, shown_path(self.tools.config, head) if head else "")
        return DONE if draft.files else "no changes, no file"

    def _migrate(self, step: Migrate, history: History) -> str:
        """Upgrade under the lock, with a second look at what is applied: another run may have been quicker."""
        address = self.tools.engine.address()
        targets = history.heads if step.target == "heads" else (step.target,)
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            current = self.tools.database.revisions(address) or ()
            history.refuse_unknown(current)
            pending = history.pending(current, targets)
            if not pending:
                self._recording(history).settle(address, current)
                return NOT_NEEDED
            if step.seed_later and not current:
                self.tools.database.write_note(address, "seed", "pending")
            self._recording(history).intend(address, pending)
            self.tools.migrations().upgrade(self._configuration(), address, step.target, self.report.revision)
            reached = self._verified(address, history, expected=history.with_ancestors(targets))
            self._recording(history).settle(address, reached)
        return DONE

    def _downgrade(self, step: Downgrade) -> None:
        address, history = self.tools.engine.address(), self.tools.history
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            self.tools.migrations().downgrade(self._configuration(), address, step.target, self.report.revision)
            current = self.tools.database.revisions(address) or ()
            applied = history.with_ancestors(current)
            if left := [key for key in step.undone if key in applied]:
                raise self._not_there(f"{', '.join(left)} still applied after the downgrade")
            self._recording(history).settle(address, current)

    def _rehearse(self, step: Rehearse) -> None:
        seen = Rehearsal(self.tools, self._configuration(), step, self.report.revision).run()
        self.report.rehearsed(lost=seen.lost, changed=seen.changed, behind=seen.behind, unknown=seen.unknown)
        if seen.lost:
            self.tools.person.consent("; ".join(seen.lost))

    def _await_edit(self, step: AwaitEdit) -> None:
        if not self.tools.person.edit(Path(step.path)):
            self.report.warn(f"{step.path} has not changed: it is applied again as it was")
        if step.revision not in self.tools.reread().revisions:
            message = f"the revision {step.revision}, up to which the database is to go again, is in no file any more"
            raise FailedError("NA439", message, hint="`nox -s migrate` goes up to the head that there is now")

    def _downgrade_lost(self, step: DowngradeLost) -> str:
        """Take back what is not on this branch, by the files that were found of it."""
        address, history = self.tools.engine.address(), self.tools.history
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            if not history.unknown(self.tools.database.revisions(address) or ()):
                return NOT_NEEDED
            for target in step.lost.targets:
                self._downgrade_branch(address, target, step.lost)
            current = self.tools.database.revisions(address) or ()
            if left := history.unknown(current):
                raise self._not_there(f"{', '.join(left)} still applied after the downgrade")
            self._recording(history).settle(address, current)
        return DONE

    def _downgrade_branch(self, address: DatabaseAddress, target: str, lost: Lost) -> None:
        last = [""]

        def on_revision(name: str) -> None:
            last[0] = name.partition(" ")[0]
            self.report.revision(name)

        try:
            self.tools.migrations().downgrade(self._configuration(), address, target, on_revision, lost.files)
        except FailedError as error:
            place = ", ".join(self.tools.database.revisions(address) or ()) or "base"
            message = f"{error.message.rstrip('.')}; the database is now at {place}"
            raise FailedError("NA440", message, hint=lost.repair(last[0]), detail=error.detail) from error

    def _keep_files(self) -> None:
        address = self.tools.engine.address()
        with self.tools.database.migration_lock(address, self.tools.config.timeout, self.report.note):
            self._recording(self.tools.history).settle(address, self.tools.database.revisions(address) or ())

    def _recording(self, history: History) -> Recording:
        return Recording(self.tools, history, self.report)

    def _write_merge(self, step: WriteMerge) -> None:
        configuration = self._configuration()
        file = self.tools.migrations().merge(configuration, step.id, step.heads, step.message)
        self.tools.write_revision(configuration.parent / file.path, file.text)
        self.report.written(shown_path(self.tools.config, configuration.parent / file.path))

    def _apply(self, step: ApplyRevision) -> str:
        """Upgrade on the new history; what fails here leaves the changed files, so the error has the way back."""
        try:
            return self._migrate(Migrate("heads"), self.tools.reread())
        except FailedError as error:
            hint = f"{error.hint}; {step.way_back}" if step.way_back else error.hint
            raise FailedError(error.id, error.message, hint=hint, detail=error.detail) from error

    def _verified(self, address: DatabaseAddress, history: History, *, expected: frozenset[str]) -> Sequence[str]:
        current = self.tools.database.revisions(address) or ()
        if missing := expected - history.with_ancestors(current):
            raise self._not_there(f"{', '.join(sorted(missing))} not applied after the upgrade")
        return current

    def _not_there(self, what: str) -> FailedError:
        message = f"the migration ended without an error, and yet the database has {what}"
        return FailedError("NA406", message, hint="look at `run_migrations_online` in env.py: does it commit?")

    def _seed(self, command: Sequence[str]) -> str:
        address = self.tools.engine.address()
        if self.tools.database.read_note(address, "seed") != "pending":
            return NOT_NEEDED
        code = self.tools.command(command, {"DATABASE_URL": address.url}, True)
        if code:
            message = f"the seed command `{' '.join(command)}` ended with {code}"
            raise FailedError("NA503", message, hint="correct it and run `nox -s dev`, which tries it again")
        self.tools.database.write_note(address, "seed", "done")
        return DONE

    def _test(self, command: Sequence[str]) -> None:
        code = self.tools.command(command, {"DATABASE_URL": self.tools.engine.address().url}, False)
        if code:
            raise FailedError("NA504", f"the test command ended with {code}", hint="see its output above")

    def _configuration(self) -> Path:
        if self.tools.configuration is None:
            message = f"there is no Alembic configuration in {self.tools.config.root}"
            raise FailedError("NA007", message, hint="add an alembic.ini, or `alembic init alembic` makes one")
        return self.tools.configuration


# These print while they run, so that their result needs a line of its own.
_SPEAKING = (
    Migrate, Downgrade, DowngradeLost, Rehearse, AwaitEdit, PrintUpgradeSql, WriteRevision, ApplyRevision, Seed,
    RunTests, SaveSnapshot, CheckSnapshot, LoadSnapshot,
)  # fmt: skip
