"""The database for the service: an engine, and whether it is at head."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, pool
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

CONNECT_SECONDS = 3
ANSWER_MILLISECONDS = 3000


class BrokenHistoryError(Exception):
    """The revision files cannot be read; the message names the cause in one line."""


@dataclass(frozen=True)
class Revisions:
    """Where the database is, and where the code expects it."""

    current: tuple[str, ...]
    heads: tuple[str, ...]
    reachable: bool = True  # False when the database did not answer

    @property
    def at_head(self) -> bool:
        """Whether the models fit the tables."""
        return self.reachable and set(self.current) == set(self.heads)


def make_engine(url: URL) -> Engine:
    """Return an engine whose connections give up soon and are tested before use.

    A reset replaces the server.
    """
    return create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS}, pool_pre_ping=True)


def make_probe(url: URL) -> Engine:
    """Return an engine for questions that need an answer soon.

    A pooled connection to a frozen server would hang.
    """
    soon = {"connect_timeout": CONNECT_SECONDS, "options": f"-c statement_timeout={ANSWER_MILLISECONDS}"}
    return create_engine(url, connect_args=soon, poolclass=pool.NullPool)


def look_at_revisions(engine: Engine, alembic_config: Path) -> Revisions:
    """Return where the database and the revision files are.

    A database that does not answer is an answer, too. Raises BrokenHistoryError when
    the revision files cannot be read.
    """
    heads = _heads_now(alembic_config)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_heads()
    except DBAPIError:
        return Revisions((), heads, reachable=False)
    return Revisions(tuple(sorted(current)), heads)


def _heads_now(alembic_config: Path) -> tuple[str, ...]:
    """Return the heads, read again only after a file was written, added or removed.

    Health is asked for every few seconds.
    """
    try:
        script = _script(alembic_config)
        folders = script.version_locations or [script.versions]
        return _heads(alembic_config, max(_changed(Path(folder)) for folder in folders))
    except Exception as error:
        first = str(error).partition("\n")[0]
        raise BrokenHistoryError(f"{type(error).__name__}: {first}") from error


def _changed(folder: Path) -> int:
    """Return when a file in the folder was added, removed or written."""
    return max(path.stat().st_mtime_ns for path in (folder, *folder.glob("*.py")))


@lru_cache(maxsize=4)
def _heads(alembic_config: Path, _when: int) -> tuple[str, ...]:
    return tuple(sorted(_script(alembic_config).get_heads()))


def _script(alembic_config: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(Config(str(alembic_config)))
