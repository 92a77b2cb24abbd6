"""Gives the real edges to the acts, one for each family of steps, and runs plans."""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home import revision_copies
from nox_alembic.run.environment import Environment

if TYPE_CHECKING:
    from nox_alembic.core.facts import DataLocation
    from nox_alembic.core.steps import Plan
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
    from nox_alembic.run.acts.throwaway import Throwaway
    from nox_alembic.run.acts.undo.databases import UndoDatabases
    from nox_alembic.run.acts.undo.folders import UndoFolders
    from nox_alembic.run.acts.undo.log import LiveUndoLog
    from nox_alembic.run.alembic import WiredAlembic
    from nox_alembic.run.ports import Person


def run(at: Environment, plan: "Plan", history: History, person: "Person") -> bool:
    """Run the plan; return whether the verb has to look and plan once more.

    `history` is the one that the plan was made on. `person` answers questions on the
    way.
    """
    from nox_alembic.run.runner import Runner  # noqa: PLC0415 - where there is something to run

    return Runner(WiredActs(at, history, person), at.report).run(plan)


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
            migrations=self._alembic.here,
            apart=self._alembic.apart,
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
            apart=self._alembic.apart,
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
            migrations=self._alembic.here,
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
            migrations=self._alembic.here,
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
            engine=at.engine, log=self.undo_log, protect=at.protected, prove=self._alembic.prove, report=at.report
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
            prove=self._alembic.prove,
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

    @property
    def _alembic(self) -> "WiredAlembic":
        from nox_alembic.run.alembic import WiredAlembic  # noqa: PLC0415 - where Alembic is needed

        return WiredAlembic(self.at, self.past)

    def _run_beside(self, engine: Engine, plan: "Plan") -> None:
        """Run a plan in another server of ours."""
        run(replace(self.at, engine=engine, beside=True), plan, self.past, self.person)
