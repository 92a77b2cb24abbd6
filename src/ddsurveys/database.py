"""The database as the service sees it: an engine, and whether it is at the head of the migrations."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

CONNECT_SECONDS = 3


@dataclass(frozen=True)
class Revisions:
    """Where the database is and where the code expects it; `reachable` is False when it did not answer."""

    current: tuple[str, ...]
    heads: tuple[str, ...]
    reachable: bool = True

    @property
    def at_head(self) -> bool:
        """Whether the models fit the tables."""
        return self.reachable and set(self.current) == set(self.heads)


def make_engine(url: URL) -> Engine:
    """Return an engine whose connections give up soon and are tested before use: a reset replaces the server."""
    return create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS}, pool_pre_ping=True)


def look_at_revisions(engine: Engine, alembic_config: Path) -> Revisions:
    """Compare the database with the revision files; never raises for a database that does not answer."""
    heads = _heads_now(alembic_config)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_heads()
    except OperationalError:
        return Revisions((), heads, reachable=False)
    return Revisions(tuple(sorted(current)), heads)


def _heads_now(alembic_config: Path) -> tuple[str, ...]:
    """Return the heads, read again only after a file came or went: health is asked for every few seconds."""
    script = _script(alembic_config)
    changed = max(
        (Path(folder).stat().st_mtime_ns for folder in script.version_locations or [script.versions]), default=0
    )
    return _heads(alembic_config, changed)


@lru_cache(maxsize=4)
def _heads(alembic_config: Path, _changed: int) -> tuple[str, ...]:
    return tuple(sorted(_script(alembic_config).get_heads()))


def _script(alembic_config: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(Config(str(alembic_config)))
