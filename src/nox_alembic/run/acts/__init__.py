"""The acts, one for each family of steps, which get the real edges here."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.placeholders import filled
from nox_alembic.core.revisions.graph import History
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home import revision_copies
from nox_alembic.run.environment import Environment

if TYPE_CHECKING:
    from nox_alembic.core.facts import DatabaseAddress, DataLocation
    from nox_alembic.core.steps import Plan
    from nox_alembic.edges.alembic.client import Alembic
    from nox_alembic.run.acts.checks import Checks
    from nox_alembic.run.acts.fingerprints import Fingerprinting
    from nox_alembic.run.acts.leftovers import Leftovers
    from nox_alembic.run.acts.lifecycle import Lifecycle
    from nox_alembic.run.acts.migration import Migration
    from nox_alembic.run.acts.rehearsal import Rehearsal
    from nox_alembic.run.acts.revisions import Revisions
    from nox_alembic.run.acts.seeding import Seeding
    from nox_alembic.run.acts.snapshots import Snapshots
    from nox_alembic.run.acts.spare_databases import SpareDatabases
    from nox_alembic.run.acts.spares import SpareMaker
    from nox_alembic.run.acts.supervision import Supervised
    from nox_alembic.run.acts.throwaway import Throwaway
    from nox_alembic.run.acts.undo.databases import UndoDatabases
    from nox_alembic.run.acts.undo.folders import UndoFolders
    from nox_alembic.run.acts.undo.log import LiveUndoLog
    from nox_alembic.run.ports import Person


def run(at: Environment, plan: "Plan", history: History, person: "Person") -> bool:
    """Run the plan; return whether the verb has to look and plan once more.

    `history` is the one that the plan was made on. `person` answers questions on the
    way.
    """
    from nox_alembic.run.runner import Runner  # noqa: PLC0415 - where there is something to run

    return Runner(WiredActs(at, history, person), at.report).run(plan)


def sweep_leftovers(at: Environment) -> None:
    """Remove what killed verbs have left, and say so.

    The verb before it has ended well, so an error here is no failure.
    """
    with contextlib.suppress(NoxAlembicError):
        for one in WiredActs(at, History()).leftovers.sweep():
            at.report.note(f"removed what a run that did not end has left: {one.shown}")


def prepare_spare(at: Environment, *, wait: bool) -> None:
    """Make, in a process of its own, what the next reset can use.

    With `wait`, return when that has ended. The verb before it has ended well, so an
    error here is a warning and no failure.
    """
    spares = WiredActs(at, History()).spares
    if spares.refusal:
        return
    log = at.folders.log / at.config.environment / "spare.log"
    which = ("--project", str(at.root), "--env", at.config.environment, "--engine", at.engine.name)
    options = (*which, "--background")
    try:
        failure = spares.prepare(options, log, cwd=at.root, wait=wait)
    except (OSError, NoxAlembicError) as error:
        failure = str(error)
    if failure:
        at.report.warn(f"no spare was made for the next reset: {failure}; see {log}")


@frozen
class WiredActs:
    """The act of each family, on the real edges.

    Each is imported and made when its first step comes.
    """

    at: Environment
    past: History
    asked: "Person | None" = None

    @property
    def person(self) -> "Person":
        """The user who answers questions on the way."""
        assert self.asked is not None  # noqa: S101 - what runs a plan has given one
        return self.asked

    @property
    def undo_log(self) -> "LiveUndoLog":
        """The undo log, with the entries that are really there."""
        from nox_alembic.edges.postgres import dropping, server  # noqa: PLC0415 - which most verbs do not need
        from nox_alembic.run.acts.undo.log import LiveUndoLog  # noqa: PLC0415 - which most verbs do not need

        return LiveUndoLog(
            engine=self.at.engine,
            server=server,
            dropping=dropping,
            environment=self.at.config.environment,
            path=self.at.undo_log,
            limit=self.at.config.undo_keep,
        )

    @property
    def lifecycle(self) -> "Lifecycle":
        """The act that starts and ends the environment."""
        from nox_alembic.edges.engines import health  # noqa: PLC0415 - where there is something to run
        from nox_alembic.edges.postgres import server  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.lifecycle import Lifecycle  # noqa: PLC0415 - where there is something to run

        at = self.at
        return Lifecycle(
            engine=at.engine,
            server=server,
            backend=health,
            seeding=self._seeding,
            command=at.command,
            report=at.report,
        )

    @property
    def migration(self) -> "Migration":
        """The act that moves the database along its history."""
        from nox_alembic.edges.postgres import cluster, server  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.migration import Migration  # noqa: PLC0415 - where there is something to run

        at = self.at
        return Migration(
            configuration=at.require_configuration(),
            history=self.past,
            reread=at.history,
            address=at.engine.address,
            server=server,
            cluster=cluster,
            migrations=self._migrations,
            apart=self._apart,
            fingerprinting=self._fingerprinting,
            timeout=at.config.timeout,
            report=at.report,
        )

    @property
    def rehearsal(self) -> "Rehearsal":
        """The act that rehearses a way on a copy."""
        from nox_alembic.edges.postgres import catalogue, dropping, server, siblings  # noqa: PLC0415 - for `reapply` alone
        from nox_alembic.run.acts.rehearsal import Rehearsal  # noqa: PLC0415 - for `reapply` alone

        at = self.at
        return Rehearsal(
            configuration=at.require_configuration(),
            engine=at.engine,
            origin=at.origin,
            history=self.past,
            reread=at.history,
            server=server,
            siblings=siblings,
            dropping=dropping,
            catalogue=catalogue.read,
            apart=self._apart,
            environment=at.config.environment,
            person=self.person,
            report=at.report,
        )

    @property
    def revisions(self) -> "Revisions":
        """The act that writes files of the project."""
        from nox_alembic.edges.postgres import dropping, server, siblings  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.revisions import Files, Revisions  # noqa: PLC0415 - few verbs write files

        at = self.at
        return Revisions(
            config=at.config,
            configuration=at.require_configuration(),
            reread=at.history,
            address=at.engine.address,
            server=server,
            siblings=siblings,
            dropping=dropping,
            migrations=self._migrations,
            files=Files(at.require_configuration()),
            note_file=self.undo_databases.note_file,
            report=at.report,
        )

    @property
    def checks(self) -> "Checks":
        """The act that compares, lints and repairs."""
        from nox_alembic.edges.postgres import inspection, repairs, server  # noqa: PLC0415 - for `check` and `repair`
        from nox_alembic.edges.project import squawk  # noqa: PLC0415 - for `check` alone
        from nox_alembic.run.acts.checks import Checks  # noqa: PLC0415 - for `check` and `repair`

        at = self.at
        return Checks(
            configuration=at.require_configuration(),
            root=at.root,
            history=self.past,
            address=at.engine.address,
            server=server,
            migrations=self._migrations,
            inspection=inspection,
            repairs=repairs,
            linter=squawk,
            fingerprinting=self._fingerprinting,
            timeout=at.config.timeout,
            report=at.report,
        )

    @property
    def undo_data(self) -> "UndoFolders":
        """The act that sets data aside."""
        from nox_alembic.run.acts.undo.folders import UndoFolders  # noqa: PLC0415 - the wiper, for few verbs

        at = self.at
        return UndoFolders(
            engine=at.engine, log=self.undo_log, protect=at.protected, prove=self._prove, report=at.report
        )

    def sweep(self, location: "DataLocation") -> Sequence[str]:
        """Delete what was set aside and is not kept; return what could not go."""
        return self.undo_data.sweep(location)

    @property
    def leftovers(self) -> "Leftovers":
        """The leftovers of killed verbs."""
        from nox_alembic.run.acts.leftovers import Leftovers  # noqa: PLC0415 - where something has changed

        return Leftovers(engine=self.at.engine, log=self.undo_log, spares_are_made=lambda: bool(self.spares.maker))

    @property
    def undo_databases(self) -> "UndoDatabases":
        """The act that keeps copies of the database, and files."""
        from nox_alembic.edges.postgres import server, siblings, space  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.undo.databases import UndoDatabases  # noqa: PLC0415 - where something changes

        at = self.at
        return UndoDatabases(
            engine=at.engine,
            log=self.undo_log,
            server=server,
            siblings=siblings,
            room=space.probe,
            prove=self._prove,
            history=self.past,
            root=at.clone,
            limit=at.config.undo_limit,
            timeout=at.config.timeout,
            person=self.person,
            report=at.report,
        )

    @property
    def snapshots(self) -> "Snapshots":
        """The act that saves and restores snapshots."""
        from nox_alembic.edges.postgres import dropping, restoring, server, siblings  # noqa: PLC0415 - for few verbs
        from nox_alembic.run.acts.snapshots import Snapshots  # noqa: PLC0415 - zstd, for few verbs

        at = self.at
        return Snapshots(
            engine=at.engine,
            server=server,
            siblings=siblings,
            dropping=dropping,
            restoring=restoring,
            folder=at.folders.data / "snapshots" / at.config.environment,
            root=at.root,
            environment=at.config.environment,
            timeout=at.config.timeout,
            report=at.report,
        )

    @property
    def spares(self) -> "SpareMaker":
        """The act that makes spares and knows them."""
        from nox_alembic.edges.engines.workshops import workshop_of  # noqa: PLC0415 - for few verbs
        from nox_alembic.edges.postgres import server  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.spares import SpareMaker  # noqa: PLC0415 - for few verbs

        at = self.at
        return SpareMaker(
            engine=at.engine,
            workshop=workshop_of(at.engine),
            config=at.config,
            configuration=at.configuration,
            sidecar=at.state / "spares.json",
            environ=os.environ,
            reread=at.history,
            server=server,
            beside=self._run_beside,
            lock=at.spare_lock,
            lock_holder=at.spare_holder,
            report=at.report,
        )

    @property
    def spare_databases(self) -> "SpareDatabases":
        """The act that makes databases beside the real one."""
        from nox_alembic.edges.postgres import dropping, server, siblings  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.spare_databases import SpareDatabases  # noqa: PLC0415 - for `--fast`

        at = self.at
        return SpareDatabases(
            engine=at.engine,
            server=server,
            siblings=siblings,
            dropping=dropping,
            seeding=self._seeding,
            migration=self.migration,
            environment=at.config.environment,
            report=at.report,
        )

    @property
    def throwaway(self) -> "Throwaway":
        """The act that does steps on a server of its own."""
        from nox_alembic.run.acts.throwaway import Throwaway  # noqa: PLC0415 - where what is shared is changed

        there = self.at.thrown_away()
        return Throwaway(
            config=there.config, engine=there.engine, run=lambda plan: run(there, plan, self.past, self.person)
        )

    @property
    def _fingerprinting(self) -> "Fingerprinting":
        from nox_alembic.edges.postgres import fingerprints, server  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.fingerprints import Fingerprinting  # noqa: PLC0415 - where there is something to run

        copy = partial(revision_copies.keep, self.at.copies)
        return Fingerprinting(table=fingerprints, server=server, copy=copy, history=self.past, report=self.at.report)

    @property
    def _seeding(self) -> "Seeding":
        from nox_alembic.edges.postgres import counters, server  # noqa: PLC0415 - where there is something to run
        from nox_alembic.run.acts.seeding import Seeding  # noqa: PLC0415 - where there is something to run

        at = self.at
        return Seeding(
            command=at.command,
            server=server,
            counters=counters,
            config=at.config,
            lost=self._note_lost_seed,
            report=at.report,
        )

    def _note_lost_seed(self) -> None:
        self.spares.note_lost_seed()

    def _prove(self) -> None:
        from nox_alembic.run.acts.proof import ConnectionProof  # noqa: PLC0415 - where something is kept

        at = self.at
        ConnectionProof(
            configuration=at.require_configuration(),
            settings=(at.engine.name, at.config.alembic_in, dict(at.config.alembic_variables)),
            address=at.engine.address,
            migrations=self._migrations,
            state=at.state,
        ).make()

    def _migrations(self) -> "Supervised":
        return self._supervised(self.at.alembic())

    @contextlib.contextmanager
    def _apart(self) -> "Iterator[Supervised]":
        """Yield Alembic in a process of its own, for a database beside the real one."""
        from nox_alembic.edges.alembic import client  # noqa: PLC0415 - where Alembic is needed

        inside = self.at.config.alembic_in == "backend"
        here = contextlib.nullcontext(self.at.alembic()) if inside else client.in_own_process()
        with here as alembic:
            yield self._supervised(alembic)

    def _is_real(self, address: "DatabaseAddress") -> bool:
        """Return whether the address is that of the environment's own database.

        A database of ours beside it, or in another server, is not.
        """
        own = self.at.engine.address()
        is_own = (address.host, address.port, address.name) == (own.host, own.port, own.name)
        return is_own and not self.at.beside and not self.at.place.throwaway

    def _supervised(self, alembic: "Alembic") -> "Supervised":
        from nox_alembic.edges.postgres import after_failure, blockers, inspection, server, version_table  # noqa: PLC0415 - as above
        from nox_alembic.run.acts.supervision import Supervised  # noqa: PLC0415 - where Alembic is needed

        at = self.at
        return Supervised(
            migrations=replace(
                alembic,
                variables=partial(filled, at.config.alembic_variables),
                is_real=self._is_real,
                tell=at.report.note_once,
                keep_tables=version_table.keep,
            ),
            revisions=server.revisions,
            blockers=blockers,
            invalid_indexes=inspection.invalid_indexes,
            after_failure=after_failure.probe,
            config=at.config,
            history=self.past,
            report=at.report,
            engine=at.engine.name,
            own=at.engine.address,
            environment=at.typed,
        )

    def _run_beside(self, engine: Engine, plan: "Plan") -> None:
        """Run a plan in another server of ours."""
        run(replace(self.at, engine=engine, beside=True), plan, self.past, self.person)
