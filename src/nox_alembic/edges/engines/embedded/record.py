"""Where an environment of the embedded engine keeps its data and its memory.

It remembers some facts from one command to the next.
"""

import json
import re
import secrets
from dataclasses import asdict, field, fields
from pathlib import Path

from nox_alembic.core.config import Config
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines.embedded.processes import Identity
from nox_alembic.edges.home.folders import Folders
from nox_alembic.edges.system.files import write_private

SUPERUSER = "postgres"
LONGEST_NAME = 63
THROWAWAY = "throwaway-"


@frozen(kw_only=True)
class Places:
    """`data` is PostgreSQL's own folder; a wipe stays strictly below `within`.

    We put nothing of ours into `data`.
    """

    home: Path
    data: Path
    within: Path
    state: Path
    logs: Path

    @property
    def connection(self) -> Path:
        """The file that remembers ports and password.

        It outlives a wipe of the data.
        """
        return self.home / "connection.json"

    @property
    def backend(self) -> Path:
        """The file that names the backend's process."""
        return self.state / "backend.json"


def places_of(config: Config, root: Path, folders: Folders, throwaway: str) -> Places:
    """Return where everything is.

    A throw-away environment has all of it in one folder.
    """
    if throwaway:
        home = folders.data / f"{THROWAWAY}{throwaway}"
        return Places(home=home, data=home / "pgdata", within=home, state=home, logs=home / "log")
    home = folders.data / config.environment
    data, within = (root / config.data, root) if config.data else (home / "pgdata", home)
    return Places(home=home, data=data, within=within, state=folders.state / config.environment,
                  logs=folders.log / config.environment)  # fmt: skip


@frozen(kw_only=True)
class Connection:
    """How to log in, and where the backend listens; port 0: none was chosen yet."""

    port: int = 0
    user: str = SUPERUSER
    password: str = field(default_factory=secrets.token_urlsafe, repr=False)
    backend_port: int = 0


def read_connection(path: Path) -> Connection | None:
    """Return what was remembered, None when nothing was.

    Raises PreconditionError (NA127) when it cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        kinds = {entry.name: entry.type for entry in fields(Connection)}
        if {name: type(value) for name, value in found.items()} != kinds:
            raise _unreadable(path, f"it must hold {', '.join(kinds)}, and nothing else")
        return Connection(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError) as error:
        raise _unreadable(path, str(error)) from None


def write_connection(path: Path, connection: Connection) -> None:
    """Remember it, readable for this user only."""
    write_private(path, json.dumps(asdict(connection)))


def read_identity(path: Path) -> Identity | None:
    """Return the process that was written down, None without a readable file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Identity(int(found["pid"]), float(found["create_time"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_identity(path: Path, identity: Identity) -> None:
    """Write a process down."""
    write_private(path, json.dumps({"pid": identity.pid, "create_time": identity.created}))


def database_name(config: Config) -> str:
    """Return the configured name, or an identifier.

    It is made from the name of the clone's folder. The identifier needs no quotes.
    """
    if config.database_name:
        return config.database_name
    name = re.sub(r"[^a-z0-9]+", "_", config.clone.name.lower()).strip("_")
    if not name or name[0].isdigit() or name.startswith("template"):
        name = f"db_{name}".rstrip("_")
    return name[:LONGEST_NAME]


def _unreadable(path: Path, reason: str) -> PreconditionError:
    message = f"the connection facts of the embedded database cannot be read from {path}: {reason}"
    return PreconditionError("NA127", message, hint="put it back as it was: it has the only password of the data")
