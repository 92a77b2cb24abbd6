"""Walks a plan: one case a step, each of which calls one edge; stops at the first failure."""

import concurrent.futures
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from nox_alembic.core import steps
from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.verbs.targets import shown_path
from nox_alembic.report import Reporter
from nox_alembic.run.acts.checks import Checking
from nox_alembic.run.acts.migration import DONE, NOT_NEEDED, Movement
from nox_alembic.run.acts.rehearsal import SHADOW, Rehearsal
from nox_alembic.run.acts.spare_databases import SpareDatabases, seed
from nox_alembic.run.ports import Tools

# What comes back by itself does so at the next request.
RECONNECT_SECONDS = 5


@frozen
class Runner:
    """Runs plans with its tools and reports each step as it goes."""

    tools: Tools
    report: Reporter

    def run(self, plan: steps.Plan) -> None:
        """Run all steps, then `lastly` whatever happened; raises the first NoxAlembicError."""
        total = len(plan.steps) + len(plan.lastly)
        with concurrent.futures.ThreadPoolExecutor(max_workers=1) as background:
            sweeps: list[concurrent.futures.Future[Sequence[str]]] = []
            try:
                for number, step in enumerate(plan.steps, 1):
                    if isinstance(step, steps.Sweep):
                        sweeps.append(background.submit(self.tools.safe.sweep, step.location))
                        self.report.in_background(number, total, step.title)
                    else:
                        self._run_step(number, total, step)
            finally:
                for number, step in enumerate(plan.lastly, len(plan.steps) + 1):
                    self._run_step(number, total, step)
                self._collect(sweeps)

    def _run_step(self, number: int, total: int, step: steps.Foreground) -> None:
        with self.report.step(number, total, step.title, speaks=isinstance(step, _SPEAKING)) as result:
            result.outcome = self._do(step)

    def _collect(self, sweeps: Iterable["concurrent.futures.Future[Sequence[str]]"]) -> None:
        for sweep in sweeps:
            for line in sweep.result():
                self.report.warn(line)

    def _do(self, step: steps.Foreground) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915 - one case a step
        engine = self.tools.engine
        match step:
            case steps.ProvideImages(images):
                engine.provide_images(images)
            case steps.ProveOwnership():
                engine.prove_ownership()
            case steps.Kill():
                engine.kill()
            case steps.Down():
                engine.down()
            case steps.SetDataAside():
                self._set_aside(step)
            case steps.PutBack():
                self.tools.safe.put_back(step)
            case steps.KeepDatabase():
                kept = self.tools.keeping().keep(step, self.tools.history, self.tools.person.consent)
                return DONE if kept else NOT_NEEDED
            case steps.OpenUndo():
                self.tools.keeping().open(step)
            case steps.SwapDatabases():
                self.tools.keeping().swap(step)
            case steps.SwapBack():
                self.tools.keeping().swap_back(step)
            case steps.NoteUndone():
                self.tools.keeping().note_undone(step)
            case steps.Settle():
                self.tools.safe.settle()
            case steps.CloseUndo():
                self.tools.safe.close()
            case steps.DiscardData():
                engine.discard_data()
            case steps.MakeFolder(location):
                self._make_folder(Path(location.path))
            case steps.StartDatabase():
                engine.start_database()
            case steps.AwaitDatabase(seconds):
                self._await_database(seconds)
            case steps.Migrate():
                return self._movement.upgrade(step, self.tools.reread() if step.reread else self.tools.history)
            case steps.PrintUpgradeSql(start, target):
                self.report.data(self.tools.migrations().upgrade_sql(self._configuration(), start, target))
            case steps.MakeShadow():
                self._make_shadow()
            case steps.DropShadow():
                self.tools.database.drop(engine.address(), SHADOW)
            case steps.WriteRevision():
                return self._write_revision(step)
            case steps.ApplyRevision():
                return self._movement.apply(step)
            case steps.Downgrade():
                self._movement.downgrade(step)
            case steps.DowngradeOrphans():
                return self._movement.downgrade_orphans(step)
            case steps.CopyRevisionFiles():
                self._movement.copy_revision_files()
            case steps.NoteRebase(name):
                self.tools.database.write_note(engine.address(), "rebase", name)
            case steps.ReplaceFile(path, before, after):
                self.tools.replace_file(Path(path), before, after)
                self.report.written(shown_path(self.tools.config, Path(path)))
            case steps.WriteMerge():
                self._write_merge(step)
            case steps.Rehearse():
                self._rehearse(step)
            case steps.AwaitEdit():
                self._await_edit(step)
            case steps.CompareModels() | steps.LintSql() | steps.Stamp() | steps.AcceptFiles() | steps.DropIndex():
                return Checking(self.tools, self.report, self._configuration(), SHADOW).do(step)
            case steps.StopBackend():
                engine.stop_backend()
            case steps.KillServices():
                engine.kill_services()
            case steps.MakeNew() | steps.MigrateNew() | steps.SeedNew() | steps.KeepSpare() | steps.DropSpares():
                return SpareDatabases(self.tools, self.report, self._configuration()).do(step)
            case (
                steps.SaveSnapshot()
                | steps.CheckSnapshot()
                | steps.LoadSnapshot()
                | steps.DeleteSnapshots()
                | steps.ClearLeftovers()
            ):
                self._snapshot(step)
            case (
                steps.UseSpare() | steps.ConfirmSpare() | steps.MarkDatabase() | steps.MakeSpare() | steps.ClearSpares()
            ):
                return self._spare(step)
            case steps.Seed(command):
                return self._seed(command)
            case steps.StartServices(services):
                engine.start_services(services)
            case steps.AwaitBackend(seconds):
                self._await_backend(seconds)
            case steps.AwaitReconnect():
                return self._await_reconnect(step)
            case steps.RunTests(command):
                self._test(command)
            case steps.Discard():
                engine.discard()
            case _:
                assert_never(step)
        return DONE

    def _snapshot(self, step: steps.SnapshotStep) -> None:
        snapshots = self.tools.snapshots()
        match step:
            case steps.SaveSnapshot(name):
                snapshots.save(name)
            case steps.CheckSnapshot(snapshot):
                snapshots.check(snapshot)
            case steps.LoadSnapshot(snapshot):
                snapshots.load(snapshot)
            case steps.DeleteSnapshots(names):
                snapshots.delete(names)
            case steps.ClearLeftovers():
                snapshots.clear()
            case _:
                assert_never(step)

    def _spare(self, step: steps.SpareStep) -> str:
        match step:
            case steps.UseSpare():
                for line in self.tools.safe.use_spare(step):
                    self.report.note(line)
            case steps.ConfirmSpare():
                self._confirm_spare(step)
            case steps.MarkDatabase(mark):
                self.tools.database.write_note(self.tools.engine.address(), "spare", mark)
            case steps.MakeSpare():
                return self.tools.spares().make(step, self.tools.beside)
            case steps.ClearSpares():
                for line in self.tools.spares().clear(step):
                    self.report.warn(line)
            case _:
                assert_never(step)
        return DONE

    def _confirm_spare(self, step: steps.ConfirmSpare) -> None:
        address = self.tools.engine.address()
        current = self.tools.database.revisions(address) or ()
        if set(current) != set(step.heads):
            at, wanted = ", ".join(current) or "no revision", ", ".join(step.heads) or "no revision"
            message = f"the database of the spare is at {at}, and not at {wanted} as it was when it was made"
            raise FailedError("NA653", message, hint="`nox -s reset -- --cold` begins with nothing")
        note = "pending" if step.pending else ""
        if step.pending is not None and self.tools.database.read_note(address, "seed") != note:
            self.tools.database.write_note(address, "seed", note)

    def _make_folder(self, folder: Path) -> None:
        """Make it ours before a daemon makes it root's; where the parent is root's already, the daemon has to."""
        with contextlib.suppress(PermissionError):
            folder.mkdir(parents=True, exist_ok=True)

    def _set_aside(self, step: steps.SetDataAside) -> None:
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

    def _await_reconnect(self, step: steps.AwaitReconnect) -> str:
        try:
            self._await_backend(RECONNECT_SECONDS)
        except FailedError as error:
            self.report.note(f"started again, since {error.message}")
        else:
            return DONE
        self.tools.engine.kill_services()
        self.tools.engine.start_services(step.services)
        self._await_backend(step.seconds)
        return "started again"

    def _make_shadow(self) -> None:
        shadow = self.tools.database.make_empty(self.tools.engine.address(), SHADOW)
        self.tools.migrations().upgrade(self._configuration(), shadow, "heads", lambda _: None)

    def _write_revision(self, step: steps.WriteRevision) -> str:
        address = None if step.empty else replace(self.tools.engine.address(), name=SHADOW)
        configuration = self._configuration()
        draft = self.tools.migrations().draft(configuration, address, step.message, autogenerate=not step.empty)
        for file in draft.files:
            self.tools.write_revision(configuration.parent / file.path, file.text)
        head = self.tools.write_head(self.tools.reread().heads) if draft.files else None
        self.report.drafted(draft, step.message, shown_path(self.tools.config, head) if head else "")
        return DONE if draft.files else "no changes, no file"

    def _rehearse(self, step: steps.Rehearse) -> None:
        seen = Rehearsal(self.tools, self._configuration(), step, self.report.revision).run()
        self.report.rehearsed(lost=seen.lost, changed=seen.changed, behind=seen.behind, unknown=seen.unknown)
        if seen.lost:
            self.tools.person.consent("; ".join(seen.lost))

    def _await_edit(self, step: steps.AwaitEdit) -> None:
        if not self.tools.person.edit(Path(step.path)):
            self.report.warn(f"{step.path} has not changed: it is applied again as it was")
        if step.revision not in self.tools.reread().revisions:
            message = f"the revision {step.revision}, up to which the database is to go again, is in no file any more"
            raise FailedError("NA439", message, hint="`nox -s migrate` goes up to the head that there is now")

    def _write_merge(self, step: steps.WriteMerge) -> None:
        configuration = self._configuration()
        file = self.tools.migrations().merge(configuration, step.id, step.heads, step.message)
        path = configuration.parent / file.path
        self.tools.keeping().note_file("merge", path, None, file.text.encode())
        self.tools.write_revision(path, file.text)
        self.report.written(shown_path(self.tools.config, path))

    def _seed(self, command: Sequence[str]) -> str:
        address = self.tools.engine.address()
        if self.tools.database.read_note(address, "seed") != "pending":
            return NOT_NEEDED
        if code := seed(self.tools, command, address):
            message = f"the seed command `{' '.join(command)}` ended with {code}"
            raise FailedError("NA503", message, hint="correct it and run `nox -s dev`, which tries it again")
        return DONE

    def _test(self, command: Sequence[str]) -> None:
        code = self.tools.command(command, self.tools.engine.address(), False)
        if code:
            raise FailedError("NA504", f"the test command ended with {code}", hint="see its output above")

    @property
    def _movement(self) -> Movement:
        return Movement(self.tools, self.report, self._configuration())

    def _configuration(self) -> Path:
        if self.tools.configuration is None:
            message = f"there is no Alembic configuration in {self.tools.config.root}"
            raise FailedError("NA007", message, hint="add an alembic.ini, or `alembic init alembic` makes one")
        return self.tools.configuration


# These print while they run, so that their result needs a line of its own.
_SPEAKING = (
    steps.Migrate, steps.Downgrade, steps.DowngradeOrphans, steps.Rehearse, steps.AwaitEdit, steps.PrintUpgradeSql,
    steps.WriteRevision, steps.ApplyRevision, steps.Seed, steps.MigrateNew, steps.SeedNew, steps.RunTests,
    steps.SaveSnapshot, steps.CheckSnapshot, steps.LoadSnapshot, steps.MakeSpare,
)  # fmt: skip
