"""Makes the spares of the Compose engine.

The database's service runs alone, as a project of its own, on a place beside the data.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nox_alembic.core.compose.throwaway import database_alone
from nox_alembic.core.copies.spares import not_copied, not_ended
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines import Engine, Remover, SparePlace
from nox_alembic.edges.engines.compose.engine import STOP_SECONDS, ComposeEngine
from nox_alembic.edges.engines.compose.helpers import Helpers
from nox_alembic.edges.engines.compose.secrets import read_whole_model
from nox_alembic.edges.system import digests

# Of the service: ports, networks, health and restart do not reach the data.
_KEYS = ("command", "configs", "entrypoint", "environment", "secrets", "shm_size", "user")


@frozen
class ComposeWorkshop:
    """What makes them for one environment."""

    engine: ComposeEngine

    def settings(self) -> Mapping[str, str]:
        """Return what a new data folder depends on, by its name in messages.

        Each is a SHA-256 (hex).
        """
        name = self.engine.model.database.name
        service = self.engine.document["services"][name]
        files = {key: self.engine.document.get(key) for key in ("configs", "secrets")}
        return {
            "the image of the database": digests.of(self.engine.daemon.image_id(self.engine.model.database_image)),
            f'the service "{name}" of the Compose file': digests.of([{key: service.get(key) for key in _KEYS}, files]),
            f'what is mounted into the service "{name}"': digests.of(list(_mounted(service, self._data))),
        }

    def server_on(self, place: SparePlace) -> ComposeEngine:
        """Return the service as a project of its own on that place.

        Its `discard` leaves the place.
        """
        folder, volume = (str(place), "") if isinstance(place, Path) else ("", place)
        document = database_alone(self.engine.document, self.engine.placed, self._project, folder, volume)
        # Work that a person waits for goes first.
        document["services"][self.engine.model.database.name]["cpu_shares"] = 256
        cli = replace(self.engine.cli, project=self._project, document=json.dumps(document))
        model = read_whole_model(document, replace(self.engine.config, backend_service=""), cli.environ)
        return replace(self.engine, cli=cli, model=model, document=document, started=lambda: None)

    def finish(self, server: Engine) -> None:
        """End such a server in an orderly way.

        Raises FailedError (NA655) where it did not end in one.
        """
        engine = self.server_on(server.location.volume or Path(server.location.path))
        engine.cli.call("stop", "--timeout", str(STOP_SECONDS))
        codes = [container.exit_code for container in engine.daemon.containers(self._project)]
        if codes != [0]:
            raise not_ended(server.location.shown, server.log_tail("database"))

    def release(self, place: SparePlace) -> None:
        """End the containers that a run which was killed has left."""
        self._helpers.end()
        if self.engine.daemon.containers(self._project):
            self.server_on(place).discard()

    def copy(self, source: SparePlace, target: SparePlace) -> None:
        """Copy the content of a place into an empty one, owners included.

        Raises FailedError (NA656).
        """
        try:
            self._helpers.copy(source, target)
        except OSError as error:
            raise not_copied(str(source), error) from None

    def remover(self) -> Remover:
        """Return the helper container; it mounts the place alone.

        It does not see the parent, which the data is in, too.
        """
        return lambda parent, name: self._helpers.empty(parent / name)

    @property
    def _data(self) -> str:
        return self.engine.location.volume or str(self.engine.location.path)

    @property
    def _helpers(self) -> Helpers:
        return replace(self.engine.helpers, project=self._project)

    @property
    def _project(self) -> str:
        """One name for each data folder, by which a killed run's is found again."""
        return f"{self.engine.model.project}-spare-{digests.of(self._data)[:8]}"


def _mounted(service: Mapping[str, Any], data: str) -> Iterator[object]:
    """Yield what else the container sees, with its content.

    Such are the scripts of docker-entrypoint-initdb.d.
    """
    for volume in service.get("volumes") or []:
        source = str(volume.get("source") or "").replace("$$", "$")
        if volume.get("type") != "bind" or source == data:
            yield volume.get("type"), volume.get("target")
        else:
            yield volume.get("target"), digests.of_tree(Path(source)) if Path(source).exists() else ""
