"""Every word on the screen: progress and errors on stderr, data on stdout.

With `--json` stdout has one JSON object instead.
"""

import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from nox_alembic import tables
from nox_alembic.core.commands import with_environment
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.facts import Facts
from nox_alembic.screen import can_show
from nox_alembic.tables import shown, style

if TYPE_CHECKING:
    from nox_alembic.core.consent import Inventory
    from nox_alembic.core.copies.snapshots import Shelf
    from nox_alembic.core.copies.spares import Spares
    from nox_alembic.core.copies.undo import UndoLog
    from nox_alembic.core.failures.failure import Failure
    from nox_alembic.core.findings.checks import Check
    from nox_alembic.core.findings.status import Status
    from nox_alembic.core.revisions.changes import Draft
    from nox_alembic.core.revisions.graph import History
    from nox_alembic.core.revisions.timeline import Timeline
    from nox_alembic.core.steps import Plan

WIDTH = 72
FAILED = "FAILED"
OPEN = ""


@dataclass
class StepResult:
    """How a step went."""

    title: str
    seconds: float = 0.0  # of wall time
    outcome: str = OPEN

    def as_json(self) -> dict[str, object]:
        """Return the fields that `--json` promises."""
        return {"title": self.title, "seconds": round(self.seconds, 3), "outcome": self.outcome}


@dataclass
class Reporter:
    """Reports a run of a verb while it happens, or at its end as JSON."""

    verb: str
    json: bool = False
    typed: str = ""  # the environment, if it was typed
    environment: str = ""
    engine: str = ""
    steps: list[StepResult] = field(default_factory=list)
    fields: dict[str, object] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    checks: "list[Check]" = field(default_factory=list)
    _held: list[str] = field(default_factory=list)
    _written: list[str] = field(default_factory=list)
    _noted: set[str] = field(default_factory=set)
    _mid_line: bool = False

    def opened(self, environment: str, engine: str, reason: str) -> None:
        """Say what the verb works on, and why."""
        self.environment, self.engine = environment, engine
        self._say(shown("environment ", style(environment, bold=True), f" on {engine} ({reason})"))

    def dry_run(self, plan: "Plan") -> None:
        """Print the steps of a run on stdout: they are the data of this verb."""
        self.fields["dry_run"] = True
        self.fields["plan"] = [step.title for step in (*plan.steps, *plan.lastly)]
        self.fields["destroys"] = plan.destroys
        if not self.json:
            for number, step in enumerate((*plan.steps, *plan.lastly), 1):
                self._say(f"{number}. {step.title}", err=False)
            if plan.destroys:
                self._say(f"what goes: {plan.destroys}", err=False)

    def inventory(self, plan: "Plan", inventory: "Inventory | None", approve: str) -> None:
        """Print what data goes, and the hash that approves just that, if any."""
        from nox_alembic.core.consent import asks_later  # noqa: PLC0415 - for --plan alone

        self.saw(inventory, approve)
        if not self.json:
            nothing = "what the rehearsal finds, which then asks" if asks_later(plan) else "nothing"
            for line in inventory.lines if inventory else (f"what goes: {nothing}",):
                self._say(f"  {line}" if inventory else line, err=False)
            if plan.destroys:
                way = f"--approve {approve}" if approve else "--yes, at your own risk"
                self._say(f"approve with: {way}", err=False)

    def saw(self, inventory: "Inventory | None", approve: str) -> None:
        """Keep for JSON what was seen before the user answered, and its hash."""
        self.fields["inventory"] = None if inventory is None else asdict(inventory)
        self.fields["approve"] = approve

    @contextlib.contextmanager
    def step(self, number: int, total: int, title: str, *, speaks: bool) -> Iterator[StepResult]:
        """Print the title before the work, and result and seconds after it.

        A step that `speaks` gets its result on a line of its own.
        """
        result = StepResult(title)
        self.steps.append(result)
        start = time.monotonic()
        name = shown(f"[{number}/{total}] {title}")
        self._say(name if speaks else shown(name, f" {'.' * max(3, WIDTH - len(name))} "), ends=speaks)
        self._mid_line = not speaks
        try:
            yield result
        finally:
            self._mid_line = False
            result.seconds = time.monotonic() - start
            result.outcome = result.outcome or FAILED
            self._result(result, indent=speaks)

    def in_background(self, number: int, total: int, title: str) -> None:
        """Say that a step goes on beside the next ones."""
        self.steps.append(StepResult(title, 0.0, "in the background"))
        self._say(f"[{number}/{total}] {title}, in the background")

    def revision(self, name: str) -> None:
        """Name the revision that is about to run."""
        self._say(style(f"      {name}", dim=True))

    def note(self, text: str) -> None:
        """Print something that is good to know, and keep it for JSON."""
        text = with_environment(text, self.typed)
        self._keep("notes", text)
        self._line(f"      {text}" if self.steps else text)

    def note_once(self, about: str, text: str) -> None:
        """Say something of one subject, unless something has been said of it."""
        if about not in self._noted:
            self._noted.add(about)
            self.note(text)

    def written(self, path: str) -> None:
        """Remember a file of the project that has to be committed.

        The verb ends with the command that commits it.
        """
        self._written.append(path)
        self.fields["written"] = self._written

    def warn(self, text: str) -> None:
        """Print something that needs a look, though the verb succeeds."""
        text = with_environment(text, self.typed)
        self._keep("warnings", text)
        self._line(shown(style("warning:", fg="yellow"), f" {text}"))

    @contextlib.contextmanager
    def flow(self, total: int | None) -> Iterator[Callable[[int], None]]:
        """Show a bar of the bytes that have passed, where a terminal can.

        Yields the function that takes the size of each piece.
        """
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console  # noqa: PLC0415 - for snapshots alone
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn  # noqa: PLC0415 - for snapshots alone

        columns = ("     ", BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=total)
            yield lambda count: progress.advance(task, count)

    def data(self, text: str) -> None:
        """Print the data of a verb, as it is: a program may read it."""
        if self.json:
            self.fields["output"] = text
        else:
            click.echo(shown(text) if sys.stdout.isatty() else text, nl=False, color=True)

    def variables(self, text: str, without_password: Mapping[str, str]) -> None:
        """Print the variables; JSON, which may be logged, has no password."""
        self.fields["variables"] = dict(without_password)
        if not self.json:
            self.data(text)

    def drafted(self, draft: "Draft", message: str, head_file: str) -> None:
        """List the changes of a new revision, and say which files to commit."""
        self.fields["changes"] = [asdict(change) for change in draft.changes]
        self.fields["files"] = [file.path for file in draft.files]
        if not self.json:
            for change in draft.changes:
                self._say(f"- {change.sentence}", err=False)
        if draft.files:
            names = [*(file.path for file in draft.files), *([head_file] if head_file else [])]
            paths = " ".join(map(shlex.quote, names))
            self.note(f"look at it, then commit it: git add {paths} && git commit -m {shlex.quote(message)}")

    def undo_entries(self, log: "UndoLog") -> None:
        """List the undo entries, the newest first."""
        newest_first = log.live[::-1]
        self.fields["kept"] = [entry.as_json for entry in newest_first]
        if not self.json:
            for one in newest_first:
                self._say(one.shown, err=False)

    def spares(self, spares: "Spares") -> None:
        """List the spares."""
        self.fields["spares"] = [{**asdict(spare), "needs": None} for spare in spares.found]
        self._lines(tables.spare_lines(spares))

    def rehearsed(self, *, lost: Sequence[str], changed: Sequence[str], behind: Sequence[str], unknown: str) -> None:
        """Print what a rehearsal has shown, before the user is asked."""
        self.fields["rehearsal"] = {"lost": list(lost), "changed": list(changed), "left_behind": list(behind)}
        lines = [
            *(style(f"the downgrade: {text}", fg="yellow") for text in behind),
            *(style(f"lost: {text}", fg="red") for text in lost),
            *(style(f"changed: {text}", fg="yellow") for text in changed),
            *([f"what the downgrade leaves behind is not known: {unknown}"] if unknown else []),
        ]
        for line in lines or ["everything comes back as it was"]:
            self._say(shown("      ", line))

    def command(self, words: Sequence[str]) -> None:
        """Print the command that a dry run does not run."""
        self.fields["dry_run"], self.fields["plan"] = True, [shlex.join(words)]
        if not self.json:
            self._say(shlex.join(words), err=False)

    def output(self, out: str, err: str) -> None:
        """Keep a program's output for JSON; people see its errors, too."""
        self.data(out)
        if err:
            self._say(err, ends=False)

    def failure(self, failure: "Failure") -> None:
        """Keep a failed migration for JSON; the error describes it to people."""
        self.fields["failure"] = failure.as_json()

    def snapshots(self, shelf: "Shelf", history: "History") -> None:
        """List the snapshots, the newest first, and where each is in the history."""
        from nox_alembic.core.copies.snapshots import state_of  # noqa: PLC0415 - for snapshots alone

        newest_first = shelf.snapshots[::-1]
        self.fields["snapshots"] = [{**found.as_json(), "state": state_of(found, history)} for found in newest_first]
        self.fields["damaged"] = [asdict(found) for found in shelf.damaged]
        for damaged in shelf.damaged:
            self.warn(f'the snapshot "{damaged.name}" is damaged: {damaged.cause}')
        if newest_first:
            self._lines(tables.snapshot_lines(newest_first, history))
        else:
            self.note("there is no snapshot: `nox -s snapshot -- save NAME` makes one")

    def status(self, facts: Facts, status: "Status", *, all_revisions: bool = False) -> None:
        """Print the state of the environment."""
        self.fields.update(status.as_json())
        self._lines(tables.status_lines(facts, status, all_revisions=all_revisions))

    def history(self, seen: "Timeline") -> None:
        """Print the revision graph."""
        self.fields.update(seen.as_json())
        self._lines(tables.history_lines(seen, boxes=can_show(tables.BOXES)))

    def page(self, path: Path) -> None:
        """Say where the page is."""
        self.fields["html"] = str(path)
        self.note(f"written to {path}")

    def checked(self, check: "Check") -> None:
        """Keep a check for `print_checks`: the line of a step may be open now."""
        self.checks.append(check)

    def print_checks(self, root: PurePath) -> None:
        """Print each check with its findings: they are the data of this verb.

        Paths are relative to `root`.
        """
        from nox_alembic.core.findings.checks import as_json, within  # noqa: PLC0415 - for check alone

        self.checks = list(within(self.checks, root))
        self.fields.update(as_json(self.checks))
        self._lines(tables.check_lines(self.checks))

    def finish(self, error: NoxAlembicError | None = None) -> None:
        """Print how it ended; with `--json` print the one object on stdout."""
        seconds = time.monotonic() - self.started
        if self.json:
            click.echo(json.dumps(self._document(error, seconds)))
        if error is not None:
            self._error(error)
        elif self.steps:
            self._say(style(f"{self.verb} done in {seconds:.1f} s", fg="green"))
            if self._written:
                self._say(f"commit what was written: git add {' '.join(map(shlex.quote, self._written))}")

    def _lines(self, lines: Iterable[str]) -> None:
        """Print lines of data."""
        for line in () if self.json else lines:
            self._say(with_environment(line, self.typed), err=False)

    def _say(self, line: str, *, err: bool = True, ends: bool = True) -> None:
        """Print a line, escaped but for our own colours, if a person wants them."""
        click.echo(shown(line), err=err, nl=ends, color=False if os.environ.get("NO_COLOR") else None)

    def _result(self, result: StepResult, *, indent: bool) -> None:
        outcome = style(result.outcome, fg="red" if result.outcome == FAILED else "green")
        self._say(shown("      " if indent else "", outcome, f" {result.seconds:.1f} s"))
        for line in self._held:
            self._say(line)
        self._held.clear()

    def _error(self, error: NoxAlembicError) -> None:
        self._say(shown(style(f"error {error.id}:", fg="red", bold=True), f" {error.message}"))
        for line in error.detail.splitlines():
            self._say(style(f"  {line}", dim=True))
        self._say(shown(style("hint:", bold=True), f" {with_environment(error.hint, self.typed)}"))

    def _line(self, line: str) -> None:
        """Print a line, after the result of a step whose own line is still open."""
        if self._mid_line:
            self._held.append(line)
        else:
            self._say(line)

    def _keep(self, key: str, text: str) -> None:
        kept = self.fields.setdefault(key, [])
        if isinstance(kept, list):
            kept.append(text)

    def _document(self, error: NoxAlembicError | None, seconds: float) -> dict[str, object]:
        document: dict[str, object] = {
            "ok": error is None,
            "verb": self.verb,
            "environment": self.environment,
            "engine": self.engine,
            "steps": [step.as_json() for step in self.steps],
            "seconds": round(seconds, 3),
            **self.fields,
        }
        if error is not None:
            document["error"] = {"id": error.id, "message": error.message,
                                 "hint": with_environment(error.hint, self.typed)}  # fmt: skip
        return document
