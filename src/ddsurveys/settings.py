"""The settings from the environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

CHECKOUT = Path(__file__).resolve().parents[2]


class SettingsError(Exception):
    """A variable is missing or unclear.

    The message is a line for the person who set it.
    """


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the database is, and where to listen."""

    database_url: URL = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    reload: bool = False  # restart the server when the code changes
    alembic_config: Path = CHECKOUT / "alembic.ini"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings, or raise SettingsError."""
    return Settings(
        database_url=_database_url(environ.get("DATABASE_URL", "")),
        host=environ.get("HOST") or "127.0.0.1",
        port=_port(environ.get("PORT") or "8000"),
        reload=environ.get("RELOAD") == "1",
        alembic_config=Path(environ.get("ALEMBIC_CONFIG") or CHECKOUT / "alembic.ini"),
    )


def _database_url(text: str) -> URL:
    if not text:
        raise SettingsError("DATABASE_URL is not set")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError("DATABASE_URL is not a database URL") from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise SettingsError(f"DATABASE_URL must be a PostgreSQL URL, not one of {url.get_backend_name()}")
    # Since SQLAlchemy 2.1 `postgresql://` alone means psycopg 3, not installed here.
    return url.set(drivername="postgresql+psycopg2")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"PORT must be a port number, not {text!r}")
    return int(text)
