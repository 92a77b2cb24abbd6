"""Which engine an environment runs on, and why: the table of engines and the rule of `auto`."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from nox_alembic.core.config import Config
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home.folders import Folders


@frozen(kw_only=True)
class Place:
    """What an engine needs to know of the outside; `throwaway` is a unique word for an environment without a past."""

    config: Config
    compose_files: tuple[str, ...]
    folders: Folders
    environ: Mapping[str, str]
    throwaway: str = ""


def unique_word() -> str:
    """Return a word for a throw-away environment."""
    return f"test-{os.getpid()}-{os.urandom(2).hex()}"


def open_engine(place: Place, *, meanwhile: Callable[[], None] = lambda: None) -> tuple[Engine, str]:
    """Return the environment's engine and the reason for it; raises PreconditionError when there is none.

    `meanwhile` is done while Compose reads its files, for which it takes its time.

    `auto` is Compose when there is a Compose file and the daemon answers, else the embedded server. A daemon without
    Compose is a fault of the machine and not a choice, so it is an error there, too.
    """
    if place.config.engine == "embedded":
        return _embedded(place), "as configured"
    if place.config.engine == "compose":
        return _compose(place, meanwhile), "as configured"
    if not place.compose_files:
        return _embedded(place), "there is no Compose file"
    try:
        return _compose(place, meanwhile), "the Docker daemon answers"
    except PreconditionError as error:
        if error.id != "NA101":
            raise
        return _embedded(place), error.message


def _compose(place: Place, meanwhile: Callable[[], None]) -> Engine:
    from nox_alembic.edges.engines.compose.cli import ComposeCli  # noqa: PLC0415 - not for the embedded engine

    config = place.config
    cli = ComposeCli(
        root=Path(config.root),
        files=place.compose_files,
        project=config.compose_project,
        environ={**place.environ, **config.variables},
    )
    with cli.reading() as document:
        meanwhile()

        from nox_alembic.edges.engines.compose.daemon import Daemon  # noqa: PLC0415 - the SDK, too
        from nox_alembic.edges.engines.compose.engine import ComposeEngine  # noqa: PLC0415 - the SDK takes 0.2 s to import

        daemon = Daemon.connect(place.environ)
        return ComposeEngine.open(config, daemon, cli, document(), throwaway=place.throwaway)


def _embedded(place: Place) -> Engine:
    from nox_alembic.edges.engines.embedded.engine import EmbeddedEngine  # noqa: PLC0415 - psutil, not needed with Compose

    return EmbeddedEngine(
        config=place.config,
        root=Path(place.config.root),
        folders=place.folders,
        environ=place.environ,
        throwaway=place.throwaway,
    )
