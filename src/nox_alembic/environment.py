"""One environment of one project with the real edges: opened, looked at, locked, and changed by plans."""

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from nox_alembic.core.authors import Authors
from nox_alembic.core.config import Config
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import DataLocation, Facts
from nox_alembic.core.history import History
from nox_alembic.core.steps import Plan
from nox_alembic.core.timeline import Timeline
from nox_alembic.edges import backend, database, locks, migrations, probe, process, revisions, settings, wiper
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.engines.selection import Place, open_engine
from nox_alembic.edges.folders import Folders, folders_of
from nox_alembic.report import Reporter
from nox_alembic.runner import Runner
from nox_alembic.tools import Tools


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What a verb works on; `configuration` is the project's Alembic configuration, None when it has none."""

    root: Path
    config: Config
    configuration: Path | None
    compose_files: tuple[str, ...]
    folders: Folders
    engine: Engine
    report: Reporter

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
        return cls(
            root=root,
            config=config,
            configuration=_alembic_configuration(root, config),
            compose_files=files,
            folders=folders,
            engine=engine,
            report=report,
        )

    def look(self, *, whole: bool = True) -> Facts:
        """Return the facts; changes nothing. Without `whole` it is not asked whether the data may be wiped."""
        return probe.look(
            self.engine, self.configuration, self._protected(), self.alembic, cache=self.folders.cache, whole=whole
        )

    def authors(self, history: History) -> Authors:
        """Return who added the revision files."""
        return probe.authors(self.root, history, self.folders.cache)

    def lock(self, verb: str) -> AbstractContextManager[None]:
        """Hold the environment for one verb."""
        return locks.environment_lock(self.folders.state, self.config.environment, verb)

    def run(self, plan: Plan, history: History) -> None:
        """Do what the plan says; `history` is the one that it was made on."""
        tools = Tools(
            config=self.config,
            engine=self.engine,
            history=history,
            configuration=self.configuration,
            database=database,
            backend=backend,
            migrations=self.alembic,
            reread=lambda: probe.read_history(self.configuration, self.alembic, self.folders.cache),
            write_revision=revisions.write,
            set_aside=self._set_aside,
            sweep=self._sweep,
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

    def _set_aside(self, location: DataLocation) -> Sequence[str]:
        done = wiper.set_aside(
            Path(location.path),
            keep_root=self.engine.name == "compose" and sys.platform in _DOCKER_DESKTOP,
            remover=self.engine.remover(),
            **probe.gates_of(self.engine, location, self._protected(), ahead_of=None),
        )
        kept = [f"the old data is in {done.trash} until the next reset"] if done.trash else []
        lost = ["the old data could not be moved, and was deleted"] if done.in_place else []
        return [*kept, *lost, *(f"the data behind {link.path} stays in {link.target}" for link in done.links)]

    def _sweep(self, location: DataLocation) -> Sequence[str]:
        path = Path(location.path)
        done = wiper.sweep(path.parent, path.name, keep=1, remover=self.engine.remover())
        return [self._leftover(left) for left in done.left]

    def _leftover(self, left: wiper.Leftover) -> str:
        """Return the wiper's message, and with it the containers that may be what keeps writing."""
        users = self.engine.users_of(left.path, foreign_only=False) if left.newer else ()
        return "\n".join([str(left), *(f"in use by {user}" for user in users)])

    def _command(self, words: Sequence[str], variables: Mapping[str, str], quiet: bool) -> int:
        """Run a command of the project; `quiet` keeps its output away from stdout, where data goes."""
        environ = {**os.environ, **self.config.variables, **variables}
        return process.stream(
            words, cwd=self.root, env=environ, stdout=sys.stderr if quiet or self.report.json else None
        )

    def _protected(self) -> Sequence[Path]:
        return (self.root, self.root / ".git", *(self.root / name for name in self.compose_files))


def look_at_history(project: Path | None, name: str | None, report: Reporter) -> Timeline:
    """Return the history, with what an engine and git have to say of it; neither of them is needed."""
    current = None
    try:
        current = probe.current(Environment.open(project, name, report).engine)
    except PreconditionError as error:
        report.note(f"without a database: {error.message}")
    root = settings.find_root(project or Path.cwd())
    config, folders = settings.read_config(root, name), folders_of(root, os.environ)
    configuration = _alembic_configuration(root, config)
    history = probe.read_history(configuration, migrations.in_process, folders.cache)
    authors = probe.authors(root, history, folders.cache)
    return Timeline(project=root.name, history=history, current=current, authors=authors)


# Docker Desktop knows a bind mount by its inode: there the folder itself stays, and what is in it is moved.
_DOCKER_DESKTOP = {"darwin", "win32"}


def _alembic_configuration(root: Path, config: Config) -> Path | None:
    return root / config.alembic if config.alembic else settings.alembic_configuration(root)


def _compose_files(root: Path, config: Config) -> tuple[str, ...]:
    if config.compose_files or config.engine == "embedded":
        return config.compose_files
    return settings.require_compose_files(root) if config.engine == "compose" else settings.find_compose_files(root)
