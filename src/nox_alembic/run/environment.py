"""The environment of a project with the real edges; the acts of plans change it.

An environment is locked and probed here. The functions import what only some verbs
need: so `status`, and a `migrate` with nothing to do, end quickly.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nox_alembic.core.config import Config
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.authors import Authors
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.verbs import VERBS
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.engines.selection import Place, open_engine, unique_word
from nox_alembic.edges.home import revision_copies
from nox_alembic.edges.home.folders import Folders
from nox_alembic.edges.postgres.connection import environment_of_command
from nox_alembic.edges.probe import facts as probe
from nox_alembic.edges.project import discovery
from nox_alembic.edges.project.discovery import Project
from nox_alembic.edges.system import process
from nox_alembic.edges.system.invocation import Invocation
from nox_alembic.report import Reporter

if TYPE_CHECKING:
    from nox_alembic.core.facts import DatabaseAddress
    from nox_alembic.edges.alembic.client import Alembic


@frozen(kw_only=True)
class Environment:
    """What a verb works on.

    `configuration` is Alembic's, None when the project has none. `typed` is the
    environment's name if `--env` gave it, for the commands that errors suggest.
    `beside` is set when the server is one of ours beside the real one, for a spare.
    `origin` is set for a throw-away environment: the engine of the environment that it
    replaces.
    """

    place: Place
    project: Project
    configuration: Configuration | None
    engine: Engine
    report: Reporter
    typed: str = ""
    beside: bool = False
    origin: Engine | None = None

    @property
    def config(self) -> Config:
        """Its settings."""
        return self.place.config

    @property
    def root(self) -> Path:
        """The project's folder."""
        return Path(self.config.root)

    @property
    def clone(self) -> Path:
        """The folder after which what is kept of it is called.

        Paths of the undo log count from it.
        """
        return Path(self.config.clone)

    @property
    def folders(self) -> Folders:
        """The folders of its files outside the project."""
        return self.place.folders

    @property
    def state(self) -> Path:
        """The folder of its state."""
        return self.folders.state / self.config.environment

    @property
    def undo_log(self) -> Path:
        """The undo log."""
        return self.state / "undo.json"

    @property
    def copies(self) -> Path | None:
        """The folder of the revision copies, None for a throw-away environment."""
        return None if self.place.throwaway else self.folders.data / revision_copies.FOLDER

    @property
    def protected(self) -> Sequence[Path]:
        """The paths that a wipe must never reach."""
        return (self.root, self.root / ".git", *(self.root / name for name in self.place.compose_files))

    def require_configuration(self) -> Configuration:
        """Return the Alembic configuration; raises FailedError (NA007) without one."""
        if self.configuration is None:
            raise discovery.missing(self.project)
        return self.configuration

    def history(self) -> History:
        """Return the revision graph."""
        return probe.read_history(self.configuration, self.alembic, self.folders.cache)

    def authors(self, history: History) -> Authors:
        """Return who added the revision files."""
        return probe.authors(self.root, history, self.folders.cache)

    def thrown_away(self) -> "Environment":
        """Return the same environment with an empty database of its own.

        The plan that starts the database has to discard it.
        """
        place = replace(self.place, throwaway=unique_word())
        return replace(self, place=place, engine=open_engine(place)[0], origin=self.engine)

    def lock(self, verb: str) -> AbstractContextManager[None]:
        """Hold the environment for one verb.

        A verb that waits for it waits as long as it would for the database.
        """
        from nox_alembic.edges.home import locks  # noqa: PLC0415 - filelock

        seconds = self.config.timeout if VERBS[verb].lock == "waits" else 0
        return locks.environment_lock(
            self.folders.state, self.config.environment, verb, seconds=seconds, on_wait=self.report.note
        )

    def spare_lock(self) -> AbstractContextManager[str]:
        """Hold the lock for making spares; yields another holder, "" for ourselves."""
        from nox_alembic.edges.home import locks  # noqa: PLC0415 - filelock

        return locks.spare_lock(self.folders.state, self.config.environment)

    def spare_holder(self) -> int:
        """Return the process that has the lock for making spares, 0 for none."""
        from nox_alembic.edges.home import locks  # noqa: PLC0415 - filelock

        return locks.spare_holder(self.folders.state, self.config.environment)

    def alembic(self) -> "Alembic":
        """Return Alembic where `alembic-in` wants it."""
        from nox_alembic.edges.alembic import workers  # noqa: PLC0415 - where Alembic is needed

        inside = self.engine.inside_backend() if self.config.alembic_in == "backend" else None
        if inside is None:
            return workers.in_process()
        python = inside.invocation
        return workers.in_backend(python.words, python.environ, path_of=inside.path_of, address_of=inside.address_of)

    def command(self, words: Sequence[str], address: "DatabaseAddress", quiet: bool) -> int:
        """Run a command of the project for a database.

        `quiet` keeps its output away from stdout, which is for data.
        """
        config = self.config
        environ = environment_of_command(address, os.environ, config.variables, config.alembic_variables)
        stdout = sys.stderr if quiet or self.report.json else None
        return process.stream(words, cwd=self.root, env=environ, stdout=stdout)

    def variables(self, address: "DatabaseAddress", backend: str | None) -> dict[str, str]:
        """Return the variables that lead other programs to this environment.

        Commands of the project get those of the database, too. `backend` is the address
        of the backend's health check.
        """
        from nox_alembic.core import exports  # noqa: PLC0415 - for `env` alone

        config = self.config
        own = environment_of_command(address, {}, config.variables, config.alembic_variables)
        return {**own, **exports.backend(backend), **self.engine.variables()}

    def hand_over(self, run: Invocation, *, text: str | None, dry_run: bool) -> int:
        """Run a program with the user's own streams; return its exit code.

        With `text`, that is its input. With `--json` its output becomes the field
        `output`. A dry run only prints the command.
        """
        if dry_run:
            self.report.command(run.words)
            return 0
        if not self.report.json:
            return process.hand_over(run.words, cwd=self.root, env=run.environ, text=text)
        done = process.run(run.words, cwd=self.root, env=run.environ, text=text)
        self.report.output(done.out, done.err)
        return done.code
