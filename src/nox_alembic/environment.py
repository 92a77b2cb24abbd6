"""One environment of one project with the real edges: opened, looked at, locked, and changed by plans."""

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from nox_alembic.core.config import Config
from nox_alembic.core.facts import Facts
from nox_alembic.core.history import History
from nox_alembic.core.steps import Plan
from nox_alembic.edges import (
    aftermath,
    applied,
    backend,
    database,
    kept,
    locks,
    migrations,
    probe,
    process,
    revisions,
    sessions,
    settings,
)
from nox_alembic.edges.engines import Engine, Invocation
from nox_alembic.edges.engines.selection import Place, open_engine
from nox_alembic.edges.folders import Folders, folders_of
from nox_alembic.report import Reporter
from nox_alembic.runner import Runner
from nox_alembic.safekeeping import Safekeeping
from nox_alembic.supervision import Supervised
from nox_alembic.tools import Tools


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What a verb works on; `configuration` is the project's Alembic configuration, None when it has none.

    `copies` is where revision files are kept, None for a throw-away environment; `typed` is the environment's name
    where `--env` gave it, for the commands that errors suggest.
    """

    root: Path
    config: Config
    configuration: Path | None
    compose_files: tuple[str, ...]
    folders: Folders
    engine: Engine
    report: Reporter
    copies: Path | None
    typed: str = ""

    @classmethod
    def open(
        cls, project: Path | None, name: str | None, report: Reporter, *, throwaway: bool = False
    ) -> "Environment":
        """Find the project and its engine; nothing is started. Raises NoxAlembicError when either is not to be had."""
        root = settings.find_root(project or Path.cwd())
        config = settings.read_config(root, name)
        files = _compose_files(root, config)
        folders = folders_of(root, os.environ)
        word = f"test-{os.getpid()}-{secrets.token_hex(2)}" if throwaway else ""
        place = Place(config=config, compose_files=files, folders=folders, environ=os.environ, throwaway=word)
        engine, reason = open_engine(place)
        report.opened(config.environment, engine.name, reason)
        configuration = root / config.alembic if config.alembic else settings.alembic_configuration(root)
        return cls(
            root=root,
            config=config,
            configuration=configuration,
            compose_files=files,
            folders=folders,
            engine=engine,
            report=report,
            copies=None if throwaway else folders.data / kept.FOLDER,
            typed=name or "",
        )

    def look(self) -> Facts:
        """Return the facts; changes nothing."""
        seen = probe.look(self.engine, self.configuration, self._protected(), self.alembic, copies=self.copies)
        return replace(seen, undo=self.safe.kept())

    @property
    def safe(self) -> Safekeeping:
        """What sets data aside, and knows what was kept."""
        return Safekeeping(
            engine=self.engine,
            journal=self.folders.state / self.config.environment / "undo.json",
            protect=self._protected(),
            generations=self.config.undo_keep,
        )

    def lock(self, verb: str) -> AbstractContextManager[None]:
        """Hold the environment for one verb; a migration waits for another one, all else refuses at once."""
        seconds = self.config.timeout if verb == "migrate" else 0
        return locks.environment_lock(
            self.folders.state, self.config.environment, verb, seconds=seconds, on_wait=self.report.note
        )

    def run(self, plan: Plan, history: History) -> None:
        """Do what the plan says; `history` is the one that it was made on."""
        tools = Tools(
            config=self.config,
            engine=self.engine,
            history=history,
            configuration=self.configuration,
            database=database,
            backend=backend,
            migrations=lambda: self._supervised(history),
            records=applied,
            keep=lambda file: kept.keep(self.copies, file),
            reread=lambda: probe.read_history(self.configuration, self.alembic),
            write_revision=revisions.write,
            safe=self.safe,
            command=self._command,
        )
        Runner(tools, self.report).run(plan)

    def alembic(self) -> migrations.Alembic:
        """Return Alembic where `alembic-in` wants it."""
        inside = self.engine.inside_backend() if self.config.alembic_in == "backend" else None
        if inside is None:
            return migrations.in_process()
        python = inside.invocation
        return migrations.in_backend(python.words, python.environ, path_of=inside.path_of, address_of=inside.address_of)

    def hand_over(self, run: Invocation, *, text: str | None, dry_run: bool) -> int:
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

    def _supervised(self, history: History) -> Supervised:
        return Supervised(
            migrations=self.alembic(),
            surroundings=_Surroundings(),
            config=self.config,
            history=history,
            report=self.report,
            engine=self.engine.name,
            environment=self.typed,
        )

    def _command(self, words: Sequence[str], variables: Mapping[str, str], quiet: bool) -> int:
        """Run a command of the project; `quiet` keeps its output away from stdout, where data goes."""
        environ = {**os.environ, **self.config.variables, **variables}
        return process.stream(
            words, cwd=self.root, env=environ, stdout=sys.stderr if quiet or self.report.json else None
        )

    def _protected(self) -> Sequence[Path]:
        return (self.root, self.root / ".git", *(self.root / name for name in self.compose_files))


def _compose_files(root: Path, config: Config) -> tuple[str, ...]:
    if config.compose_files or config.engine == "embedded":
        return config.compose_files
    return settings.require_compose_files(root) if config.engine == "compose" else settings.find_compose_files(root)


class _Surroundings:
    """What is asked around a migration."""

    revisions = staticmethod(database.revisions)
    has_lock_timeout = staticmethod(sessions.has_lock_timeout)
    watch = staticmethod(sessions.watch)
    look = staticmethod(aftermath.look)
