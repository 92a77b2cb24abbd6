"""One environment of one project with the real edges: looked at, locked, and changed by plans.

What only some verbs need is imported by them: `status`, and a `migrate` with nothing to do, are over in a moment.
"""

import contextlib
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nox_alembic.core.config import Config
from nox_alembic.core.errors import NoxAlembicError, UsageError
from nox_alembic.core.facts import DataLocation, EngineFacts, Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.authors import Authors
from nox_alembic.core.revisions.graph import History
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.engines.selection import Place, open_engine, unique_word
from nox_alembic.edges.engines.workshops import workshop_of
from nox_alembic.edges.home import revision_copies
from nox_alembic.edges.home.folders import Folders
from nox_alembic.edges.probe import facts as probe
from nox_alembic.edges.project import files
from nox_alembic.edges.system import process
from nox_alembic.report import Reporter

if TYPE_CHECKING:
    from nox_alembic.core.consent import Inventory
    from nox_alembic.core.copies.spares import Needs
    from nox_alembic.core.findings.branches import Branches
    from nox_alembic.core.steps import Plan
    from nox_alembic.edges.alembic.client import Alembic
    from nox_alembic.run.acts.snapshots import Snapshotting
    from nox_alembic.run.acts.spares import SpareMaker
    from nox_alembic.run.acts.undo_databases import UndoDatabases
    from nox_alembic.run.acts.undo_folders import UndoFolders
    from nox_alembic.run.acts.undo_log import LiveUndoLog
    from nox_alembic.run.ports import Person


@frozen(kw_only=True)
class Environment:
    """What a verb works on; `configuration` is the project's Alembic configuration, None when it has none.

    `typed` is the environment's name where `--env` gave it, for the commands that errors suggest. `mark` is set where
    the database is one of ours beside the real one: Alembic then moves nothing that has not this word in it.
    """

    place: Place
    configuration: Path | None
    engine: Engine
    report: Reporter
    typed: str = ""
    mark: str = ""

    @property
    def config(self) -> Config:
        """Its settings."""
        return self.place.config

    @property
    def root(self) -> Path:
        """The project's folder."""
        return Path(self.config.root)

    @property
    def folders(self) -> Folders:
        """Where its files outside of the project are."""
        return self.place.folders

    @property
    def copies(self) -> Path | None:
        """Where revision files are kept, None for a throw-away environment."""
        return None if self.place.throwaway else self.folders.data / revision_copies.FOLDER

    @property
    def safe(self) -> "UndoFolders":
        """What sets data aside."""
        from nox_alembic.run.acts.undo_folders import UndoFolders  # noqa: PLC0415 - the wiper, which most verbs do not need

        return UndoFolders(engine=self.engine, entries=self.entries, protect=self._protected())

    @property
    def entries(self) -> "LiveUndoLog":
        """What knows what was kept."""
        from nox_alembic.run.acts.undo_log import LiveUndoLog  # noqa: PLC0415 - which most verbs do not need

        return LiveUndoLog(
            engine=self.engine,
            environment=self.config.environment,
            path=self.folders.state / self.config.environment / "undo.json",
            limit=self.config.undo_keep,
        )

    @property
    def keeping(self) -> "UndoDatabases":
        """What keeps copies of the database, and files."""
        from nox_alembic.run.acts.undo_databases import UndoDatabases  # noqa: PLC0415 - which most verbs do not need

        return UndoDatabases(
            engine=self.engine,
            entries=self.entries,
            root=self.root,
            limit=self.config.undo_limit,
            timeout=self.config.timeout,
            report=self.report,
        )

    def look(self, *, whole: bool = True) -> Facts:
        """Return the facts; changes nothing. Without `whole` nothing is asked of wipes and what they have kept."""
        seen = probe.look(
            self.engine,
            self.configuration,
            self._protected(),
            self.alembic,
            copies=self.copies,
            cache=self.folders.cache,
            whole=whole,
        )
        seen = replace(seen, content_of=lambda path: files.read(self.root / path))
        return self.entries.look(seen) if whole else seen

    @property
    def snapshots(self) -> "Snapshotting":
        """What saves and restores snapshots."""
        from nox_alembic.run.acts.snapshots import Snapshotting  # noqa: PLC0415 - zstd, which most verbs do not need

        return Snapshotting(
            engine=self.engine,
            folder=self.folders.data / "snapshots" / self.config.environment,
            root=self.root,
            environment=self.config.environment,
            timeout=self.config.timeout,
            report=self.report,
        )

    @property
    def sparing(self) -> "SpareMaker":
        """What makes spares and knows them."""
        from nox_alembic.run.acts.spares import SpareMaker  # noqa: PLC0415 - few verbs need it

        return SpareMaker(
            engine=self.engine,
            workshop=workshop_of(self.engine),
            config=self.config,
            configuration=self.configuration,
            sidecar=self.folders.state / self.config.environment / "spares.json",
            environ=os.environ,
            reread=self.history,
        )

    def look_at_spares(self, facts: Facts) -> Facts:
        """Return the facts with what there is of spares."""
        return replace(facts, spares=self.sparing.look(facts))

    def spare_lock(self) -> AbstractContextManager[str]:
        """Hold the lock of who makes spares; yields who has it already, "" when we do."""
        from nox_alembic.edges.home import locks  # noqa: PLC0415 - filelock

        return locks.spare_lock(self.folders.state, self.config.environment)

    def prepare_spare(self, *, wait: bool) -> None:
        """Have a process of its own make what the next reset can use; with `wait`, return when it has ended.

        The verb before it has ended well by now: whatever goes wrong here is told, and no failure.
        """
        sparing = self.sparing
        if sparing.refusal:
            return
        log = self.folders.log / self.config.environment / "spare.log"
        which = ("--project", str(self.root), "--env", self.config.environment, "--engine", self.engine.name)
        options = (*which, "--background")
        try:
            told = sparing.prepare(options, log, cwd=self.root, wait=wait)
        except (OSError, NoxAlembicError) as error:
            told = str(error)
        if told:
            self.report.warn(f"no spare was made for the next reset: {told}; see {log}")

    def history(self) -> History:
        """Return the revision graph."""
        return probe.read_history(self.configuration, self.alembic, self.folders.cache)

    def authors(self, history: History) -> Authors:
        """Return who added the revision files."""
        return probe.authors(self.root, history, self.folders.cache)

    def inventory(self, verb: str, facts: Facts, plan: "Plan") -> "tuple[Inventory, str]":
        """Return what the plan takes away, and the hash by which it is agreed to; changes nothing."""
        from nox_alembic.core.consent import hash_of  # noqa: PLC0415 - for who asks what goes

        found = probe.inventory(facts, plan, self.safe.passing(plan))
        approve = hash_of(verb, self.config, plan, found)
        self.report.saw(found, approve)
        return found, approve

    def look_at_files(self) -> Facts:
        """Return what is known without the engine."""
        nothing = EngineFacts(name=self.engine.name, location=DataLocation(kind="container"))
        return Facts(engine=nothing, history=self.history(), head_file=probe.read_head_file(self.configuration))

    def look_closely(self, facts: Facts, base: str = "") -> Facts:
        """Return the facts with the details that `check` and `repair` need; `base` is the branch that everybody has."""
        from nox_alembic.edges.probe import details  # noqa: PLC0415 - few verbs look closely

        return replace(facts, details=details.look(facts, self.configuration, base))

    def look_for_swap(self) -> Facts:
        """Return the facts with what the running server says of a swap; all of them where there will be none."""
        from nox_alembic.core.verbs.spare_databases import obstacle  # noqa: PLC0415 - for --fast alone

        facts = self.look_at_server(self.look(whole=False))
        return replace(self.look_at_spares(self.look()), swap_facts=facts.swap_facts) if obstacle(facts) else facts

    def look_at_server(self, facts: Facts) -> Facts:
        """Return the facts with what the running server says of a swap, and of spare databases."""
        from nox_alembic.core.copies.spare_databases import SwapFacts  # noqa: PLC0415 - few verbs ask
        from nox_alembic.edges.postgres import cluster, siblings  # noqa: PLC0415 - few verbs ask

        address = facts.engine.address if facts.current is not None else None
        seen = cluster.look(address) if address else None
        if address is None or seen is None:
            return facts
        may_create, record, known = seen
        needs = facts.spares.needs if facts.spares.needs.settings else self._needs(facts)
        spares = tuple(one for one in siblings.marked(address) if one.mark.role == "spare")
        swap_facts = SwapFacts(may_create=may_create, record=record, cluster=known, spares=spares, needs=needs)
        return replace(facts, swap_facts=swap_facts)

    def _needs(self, facts: Facts) -> "Needs | None":
        """Return what a spare made now would depend on, None where a file cannot be read."""
        with contextlib.suppress(OSError):
            return self.sparing.needs(facts.history)
        return None

    def look_at_merge(self, branch: str) -> "Branches":
        """Return the revision files on both sides of a merge with a branch, and after it."""
        from nox_alembic.edges.probe import details  # noqa: PLC0415 - few verbs look closely

        if self.configuration is None:
            message = f"there is no Alembic configuration in {self.root}"
            raise UsageError("NA007", message, hint="add an alembic.ini, or `alembic init alembic` makes one")
        return details.branches(self.configuration, branch)

    def thrown_away(self) -> "Environment":
        """Return the same with an empty database of its own, which the plan that starts it has to discard."""
        place = replace(self.place, throwaway=unique_word())
        return replace(self, place=place, engine=open_engine(place)[0])

    def lock(self, verb: str) -> AbstractContextManager[None]:
        """Hold the environment for one verb; a migration waits for another one, all else refuses at once."""
        from nox_alembic.edges.home import locks  # noqa: PLC0415 - filelock

        seconds = self.config.timeout if verb == "migrate" else 0
        return locks.environment_lock(
            self.folders.state, self.config.environment, verb, seconds=seconds, on_wait=self.report.note
        )

    def run(self, plan: "Plan", history: History, person: "Person") -> None:
        """Do what the plan says; `history` is the one that it was made on, `person` who is asked on the way."""
        from nox_alembic.run.runner import Runner  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.wiring import Wiring  # noqa: PLC0415 - where there is something to run

        Runner(Wiring(self, history).tools(person), self.report).run(plan)

    def alembic(self) -> "Alembic":
        """Return Alembic where `alembic-in` wants it."""
        from nox_alembic.edges.alembic import client  # noqa: PLC0415 - where Alembic is needed

        inside = self.engine.inside_backend() if self.config.alembic_in == "backend" else None
        if inside is None:
            return client.in_process()
        python = inside.invocation
        return client.in_backend(python.words, python.environ, path_of=inside.path_of, address_of=inside.address_of)

    def hand_over(self, run: process.Invocation, *, text: str | None, dry_run: bool) -> int:
        """Run a program with the user's own streams, or with `text` as its input; return its exit code.

        With `--json` what it prints becomes the field `output`; a dry run prints its words alone.
        """
        if dry_run:
            self.report.command(run.words)
            return 0
        if not self.report.json:
            return process.hand_over(run.words, cwd=self.root, env=run.environ, text=text)
        done = process.run(run.words, cwd=self.root, env=run.environ, text=text)
        self.report.output(done.out, done.err)
        return done.code

    def _protected(self) -> Sequence[Path]:
        return (self.root, self.root / ".git", *(self.root / name for name in self.place.compose_files))
