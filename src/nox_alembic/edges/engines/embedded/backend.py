"""The backend's process: it outlives this one, and is found again by what was noted."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines.embedded import logs, processes
from nox_alembic.edges.engines.embedded.record import Places, read_identity, write_identity
from nox_alembic.edges.system import process

# In the environment of the backend and of all that it starts: none is ever lost.
MARK = "NOX_ALEMBIC_ENVIRONMENT"


@frozen
class BackendProcess:
    """The backend of an environment, by the places of that."""

    places: Places

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.places.logs / "backend.log"

    def find(self) -> psutil.Process | None:
        """Return it, None when it does not run."""
        identity = read_identity(self.places.backend)
        return processes.find_again(identity) if identity else None

    def start(self, words: Sequence[str], *, cwd: Path, environ: Mapping[str, str]) -> None:
        """Start it, and note which process it is."""
        logs.rotate(self.log)
        pid = process.spawn(words, self.log, cwd=cwd, env={**environ, MARK: str(self.places.home)})
        identity = processes.identify(pid)
        if identity is not None:
            write_identity(self.places.backend, identity)

    def end(self, *, seconds: float) -> None:
        """End it and all that it started.

        That includes what outlived it or was never written down.
        """
        found = self.find()
        members = {*(processes.tree(found) if found else ()), *processes.marked(MARK, str(self.places.home))}
        left = processes.end(members, seconds) if seconds else processes.kill(members)
        if left:
            message = f"the backend (process {left[0].pid}) does not end"
            raise FailedError("NA128", message, hint=f"end process {left[0].pid} by hand")
        self.places.backend.unlink(missing_ok=True)
