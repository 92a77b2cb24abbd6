"""Proves where env.py connects before a verb copies, or stops, anything for it."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.configuration import Configuration, differences
from nox_alembic.edges.home import proved
from nox_alembic.edges.project.revisions import script_folder
from nox_alembic.edges.system import digests
from nox_alembic.run.ports import Migrations


@frozen(kw_only=True)
class ConnectionProof:
    """Runs env.py without its migrations, unless it has come through already.

    It does so again after a change. Each later run is proved by itself, too: here it is
    done before anything is kept for `undo`. `settings` are those on which the answer
    depends, besides the files. `state` is the environment's own folder of state.
    """

    configuration: Configuration
    settings: object
    address: Callable[[], DatabaseAddress]
    migrations: Callable[[], Migrations]
    state: Path

    def make(self) -> None:
        """Raise RefusedError (NA470, NA471) where a migration would."""
        digest = self._digest()
        if digest and proved.read(self.state) == digest:
            return
        if self.migrations().probe(self.configuration, self.address()) and digest:
            proved.write(self.state, digest)

    def _digest(self) -> str:
        """Return the digest of what decides it, "" if a file cannot be read.

        It is as far as we know it: what the project's settings import, nobody knows.
        """
        known = self.configuration
        scripts = script_folder(known)
        files = [path for path in (known.ini, known.toml, scripts and scripts / "env.py") if path]
        files += [
            path for folder in dict.fromkeys((known.folder, known.file.parent)) if (path := folder / ".env").exists()
        ]
        with contextlib.suppress(OSError):
            contents = [digests.of_content(path.read_bytes()) for path in files]
            return digests.of([self.settings, dict(differences(known)), *contents])
        return ""
