"""The backend on a migrated database of its own."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, pool
from sqlalchemy.engine import URL

from ddsurveys.api import create_app
from ddsurveys.settings import Settings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def engine(url: URL) -> Iterator[Engine]:
    engine = create_engine(url, poolclass=pool.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def alembic_config(url: URL) -> Config:
    config = Config(str(ROOT / "alembic.ini"), stdout=io.StringIO())
    config.set_main_option("sqlalchemy.url", url.render_as_string(hide_password=False).replace("%", "%%"))
    config.attributes["configure_logger"] = False
    return config


@pytest.fixture
def migrated(alembic_config: Config) -> Config:
    command.upgrade(alembic_config, "head")
    return alembic_config


@pytest.fixture
def settings(url: URL) -> Settings:
    return Settings(database_url=url)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), raise_server_exceptions=True) as client:
        yield client
