"""The session that Alembic works in: its name, how long it waits for a lock, and libpq's variables around it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.failure import MigrationError
from nox_alembic.edges.alembic import workers
from nox_alembic.edges.alembic.client import Alembic
from tests.integration.conftest import execute
from tests.integration.test_sent_connections import ASYNC, SYNC, models
from tests.project import Project, configured, make_project

NAME = "nox-alembic migrate 0a1b2c3d"
SEEN = "SELECT current_setting('lock_timeout') AS waits, current_setting('application_name') AS name"
DRIVERS = ("psycopg2", "psycopg", "pg8000", "asyncpg", "psycopg_async")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = make_project(tmp_path / "project", tmp_path / "home")
    project.revision("t3", "t2", upgrade=f'op.execute("CREATE TABLE seen AS {SEEN}")')
    models(project, "t1", "t2")
    return project


def by(project: Project, driver: str, arguments: str = "", before: str = "") -> None:
    """Write an env.py that connects by the driver."""
    is_async = driver in {"asyncpg", "psycopg_async"}
    maker = "create_async_engine" if is_async else "sa.create_engine"
    engine = f"{maker}('postgresql+{driver}://me:secret@db.invalid/app', connect_args=dict({arguments}))"
    text = (ASYNC if is_async else SYNC).format(engine=engine, before=before)
    project.write("alembic/env.py", text)


def upgrade(alembic: Alembic, project: Project, address: DatabaseAddress, *, seconds: int = 7) -> None:
    session = replace(address, application=NAME, lock_timeout=seconds)
    alembic.upgrade(configured(project.root), session, "heads", lambda _: None)


@contextmanager
def locked(address: DatabaseAddress) -> Iterator[None]:
    """Somebody who holds what the revision t2 makes."""
    connection = psycopg2.connect(address.url.replace("+psycopg2", ""))
    try:
        connection.cursor().execute("CREATE TABLE t2 (id int)")
        yield
    finally:
        connection.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_session_of_each_driver_has_our_name_and_waits_only_so_long(
    project: Project, address: DatabaseAddress, driver: str
) -> None:
    by(project, driver)
    with workers.in_own_process() as alembic:
        with locked(address), pytest.raises(MigrationError) as error:
            upgrade(alembic, project, address, seconds=1)
        assert error.value.failure.sqlstate == "55P03"
        upgrade(alembic, project, address)
    assert execute(address, "SELECT * FROM seen") == [("7s", NAME)]


@pytest.mark.parametrize(
    ("driver", "arguments"),
    [
        ("psycopg2", "options='-c lock_timeout=3s'"),
        ("psycopg", "options='-c lock_timeout=3s'"),
        ("asyncpg", "server_settings={'lock_timeout': '3s', 'application_name': 'mine'}"),
    ],
)
def test_a_limit_of_env_py_itself_stays(
    project: Project, address: DatabaseAddress, driver: str, arguments: str
) -> None:
    by(project, driver, arguments)
    with workers.in_own_process() as alembic:
        upgrade(alembic, project, address)
    assert execute(address, "SELECT * FROM seen") == [("3s", NAME)]


def elsewhere() -> Alembic:
    """What runs in a backend's container, whose variables lead to another server, in a Python of this machine."""
    leads = {
        "PGHOSTADDR": "192.0.2.1",
        "PGSERVICE": "gone",
        "PGSSLMODE": "verify-full",
        "PGTARGETSESSIONATTRS": "standby",
    }
    mine = {"PGHOST": "db.invalid", "PGUSER": "me", "PGOPTIONS": "-c work_mem=1MB"}
    same: Callable[[DatabaseAddress], DatabaseAddress] = lambda address: address  # noqa: E731
    return workers.in_backend([sys.executable, "-"], {**os.environ, **leads, **mine}, path_of=str, address_of=same)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "asyncpg"])
def test_the_variables_of_a_container_lead_nowhere_else(
    project: Project, address: DatabaseAddress, driver: str
) -> None:
    """What is connected by hand, without a word, lands in our database, too."""
    bare = "import os\nimport psycopg2\npsycopg2.connect('').cursor().execute('SHOW work_mem')\n"
    by(project, driver, before=bare + f"assert os.environ['PGHOST'] == {address.host!r}")
    upgrade(elsewhere(), project, address)
    assert execute(address, "SELECT * FROM seen") == [("7s", NAME)]
