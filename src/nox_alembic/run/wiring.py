"""The real edges as the tools of a run: imported only where there is something to run."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps import Plan
from nox_alembic.edges.alembic import client
from nox_alembic.edges.engines import Engine, health
from nox_alembic.edges.home import revision_copies
from nox_alembic.edges.postgres import (
    after_failure,
    blockers,
    catalogue,
    cluster,
    fingerprints,
    inspection,
    rehearsal_copy,
    repairs,
    server,
    siblings,
)
from nox_alembic.edges.project import files, head_file, revisions, squawk
from nox_alembic.edges.system import process
from nox_alembic.run.acts.supervision import Supervised
from nox_alembic.run.environment import Environment
from nox_alembic.run.ports import Person, Tools


@frozen
class Wiring:
    """An environment and the history that its plan was made on."""

    environment: Environment
    history: History

    def tools(self, person: Person) -> Tools:
        """Return what a run uses; `person` is asked on the way."""
        at = self.environment
        return Tools(
            config=at.config,
            engine=at.engine,
            history=self.history,
            configuration=at.configuration,
            database=server,
            backend=health,
            migrations=lambda: self._supervised(at.alembic()),
            fingerprints=fingerprints,
            keep=lambda file: revision_copies.keep(at.copies, file),
            rehearsing=self._rehearsing,
            clones=rehearsal_copy,
            catalogue=catalogue.read,
            person=person,
            reread=at.history,
            inspection=inspection,
            repairs=repairs,
            clusters=cluster,
            aside=siblings,
            linter=squawk,
            write_revision=revisions.write,
            safe=at.safe,
            keeping=lambda: at.keeping,
            snapshots=lambda: at.snapshots,
            spares=lambda: at.sparing,
            beside=partial(self._beside, person),
            command=self._command,
            replace_file=files.replace,
            write_head=self._write_head,
        )

    def _beside(self, person: Person, engine: Engine, mark: str, plan: Plan) -> None:
        """Run a plan in another server of ours."""
        replace(self.environment, engine=engine, mark=mark).run(plan, self.history, person)

    @contextlib.contextmanager
    def _rehearsing(self) -> Iterator[Supervised]:
        """Yield Alembic in a process of its own, for a database beside the real one."""
        inside = self.environment.config.alembic_in == "backend"
        here = contextlib.nullcontext(self.environment.alembic()) if inside else client.in_own_process()
        with here as alembic:
            yield self._supervised(alembic)

    def _is_real(self, address: DatabaseAddress) -> bool:
        """Return whether it is the environment's own database, and not one of ours beside it or in another server."""
        at = self.environment
        own = at.engine.address()
        is_own = (address.host, address.port, address.name) == (own.host, own.port, own.name)
        return is_own and not at.mark and not at.place.throwaway

    def _supervised(self, alembic: client.Alembic) -> Supervised:
        return Supervised(
            migrations=replace(alembic, is_real=self._is_real, tell=self.environment.report.note_once),
            surroundings=_Surroundings(),
            config=self.environment.config,
            history=self.history,
            report=self.environment.report,
            engine=self.environment.engine.name,
            own=self.environment.engine.address,
            environment=self.environment.typed,
        )

    def _write_head(self, heads: Sequence[str]) -> Path | None:
        """Return the head file, None where Alembic's folder is inside a package and there is no place for one."""
        configuration = self.environment.configuration
        folder = revisions.script_folder(configuration) if configuration else None
        return head_file.write(folder, heads) if folder else None

    def _command(self, words: Sequence[str], variables: Mapping[str, str], quiet: bool) -> int:
        """Run a command of the project; `quiet` keeps its output away from stdout, where data goes."""
        at = self.environment
        environ = {**os.environ, **at.config.variables, **variables}
        return process.stream(words, cwd=at.root, env=environ, stdout=sys.stderr if quiet or at.report.json else None)


class _Surroundings:
    """What is asked around a migration."""

    revisions = staticmethod(server.revisions)
    has_lock_timeout = staticmethod(blockers.has_lock_timeout)
    watch = staticmethod(blockers.watch)
    invalid_indexes = staticmethod(inspection.invalid_indexes)
    look = staticmethod(after_failure.look)
