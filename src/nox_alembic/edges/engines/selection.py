"""Opens the engine that an environment runs on, by the rule of `core.engines`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nox_alembic.core.config import Config
from nox_alembic.core.engines import Choice, ComposeFiles, EngineName, Wanted, choose, forgotten, unused
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home.folders import Folders
from nox_alembic.edges.system.files import has_content

if TYPE_CHECKING:
    from nox_alembic.edges.engines.embedded.engine import EmbeddedEngine

# Where nothing is lost when no daemon answers: it is asked for containers whose Compose
# file is gone.
GLANCE_SECONDS = 3


def _forget(_: EngineName) -> None:
    """Do not remember the engine."""


@frozen(kw_only=True)
class Place:
    """What an engine needs to know of the outside.

    `throwaway` is a unique word for an environment without a past. `last` is the engine
    that the environment ran on last, "" when it is not known; `started` is called when
    it has been started on one.
    """

    config: Config
    wanted: Wanted
    files: ComposeFiles
    folders: Folders
    environ: Mapping[str, str]
    last: str = ""
    started: Callable[[EngineName], None] = _forget
    throwaway: str = ""

    @property
    def compose_files(self) -> tuple[str, ...]:
        """The Compose files, as paths from the project's folder."""
        return self.files.names


def unique_word() -> str:
    """Return a word for a throw-away environment."""
    return f"test-{os.getpid()}-{os.urandom(2).hex()}"


def open_engine(place: Place, *, meanwhile: Callable[[], None] = lambda: None) -> tuple[Engine, Choice]:
    """Return the environment's engine and why it is that one.

    `meanwhile` is done while Compose reads its files, which takes a while. Raises
    PreconditionError where the engine is not there, or would be another one unasked.
    """
    docker = place.wanted.engine != "auto" or bool(place.last) or _is_docker_there(place)
    choice = choose(place.wanted, last=place.last, files=place.files, docker=docker, root=place.config.root)
    started = partial(_forget if place.throwaway else place.started, choice.engine)
    is_first = place.wanted.engine == "auto" and not (place.last or place.throwaway)
    if choice.engine == "compose":
        data = _embedded_data(place) if is_first else None
        return _compose(place, started, meanwhile), replace(choice, warning=unused(str(data))) if data else choice
    engine = _embedded(place, started)
    if is_first and not place.files.names and not has_content(engine.places.data):
        _refuse_forgotten_containers(place)
    return engine, choice


def _compose(place: Place, started: Callable[[], None], meanwhile: Callable[[], None]) -> Engine:
    from nox_alembic.edges.engines.compose.cli import ComposeCli  # noqa: PLC0415 - not for the embedded engine

    config = place.config
    cli = ComposeCli(
        root=Path(config.root),
        files=place.files.names,
        env_files=place.files.env_files,
        profiles=place.files.profiles,
        project=config.compose_project,
        environ={**place.environ, **config.variables},
    )
    with cli.reading() as document:
        meanwhile()

        from nox_alembic.edges.engines.compose.daemon import Daemon  # noqa: PLC0415 - the SDK, too
        from nox_alembic.edges.engines.compose.engine import ComposeEngine  # noqa: PLC0415 - the SDK takes 0.2 s to import

        daemon = Daemon.connect(cli.environ)
        return ComposeEngine.open(config, daemon, cli, document(), started=started, throwaway=place.throwaway)


def _embedded(place: Place, started: Callable[[], None]) -> "EmbeddedEngine":
    from nox_alembic.edges.engines.embedded.engine import EmbeddedEngine  # noqa: PLC0415 - psutil, not needed with Compose

    return EmbeddedEngine(
        config=place.config,
        root=Path(place.config.root),
        folders=place.folders,
        environ=place.environ,
        started=started,
        throwaway=place.throwaway,
    )


def _is_docker_there(place: Place) -> bool:
    from nox_alembic.edges.engines.compose import host  # noqa: PLC0415 - where no engine is known

    return host.is_there(place.environ)


def _embedded_data(place: Place) -> Path | None:
    """Return where the environment has data of the embedded engine, if it has."""
    if not (place.folders.data / place.config.environment).is_dir():
        return None
    from nox_alembic.edges.engines.embedded.record import places_of  # noqa: PLC0415 - psutil

    data = places_of(replace(place.config, data=""), Path(place.config.root), place.folders, "").data
    return data if has_content(data) else None


def _refuse_forgotten_containers(place: Place) -> None:
    """Refuse to make a database where Docker has containers of the folder (NA117).

    Their Compose file is gone: it is on another branch, or was renamed.
    """
    if not _is_docker_there(place):
        return
    from nox_alembic.edges.engines.compose.daemon import Daemon  # noqa: PLC0415 - the SDK takes 0.2 s to import

    root = Path(place.config.root)
    try:
        containers = Daemon.connect(place.environ, seconds=GLANCE_SECONDS).of_folder(root)
    except PreconditionError:  # no daemon answers, and nothing says that there ever was one for this project
        return
    if containers:
        raise forgotten(root, containers)
