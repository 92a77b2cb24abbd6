"""`alembic-variables`: whatever of the project connects by parts finds the database of the verb."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute
from tests.project import EVERYTHING, Project, make_project

TEMPLATES = (
    'alembic-variables = {APP_HOST = "{host}", APP_PORT = "{port}", APP_USER = "{user}",'
    ' APP_PASSWORD = "{password}", APP_DB = "{database}"}'
)
# A project that reads neither DATABASE_URL nor what Alembic is given. Its connections are none that can be sent.
SETTINGS = """\
import os
import psycopg2

for name in ("DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"):
    os.environ.pop(name, None)


def connect():
    part = {name: os.environ[f"APP_{name.upper()}"] for name in ("host", "port", "user", "password", "db")}
    place = dict(host=part["host"], port=part["port"], user=part["user"], password=part["password"])
    return psycopg2.connect(dbname=part["db"], **place)
"""
ENV_PY = """\
from alembic import context
from sqlalchemy import create_engine
import settings

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine("postgresql+psycopg2://", creator=settings.connect).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
"""
INSERT = """\
import settings

with settings.connect() as connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO t1 VALUES (7)")
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home")
    project.table(*EVERYTHING, 'engine = "embedded"', 'test-command = "python seed.py"', TEMPLATES)
    project.write("settings.py", SETTINGS)
    project.write("alembic/env.py", ENV_PY)
    project.write("seed.py", INSERT)
    project.write("backend.py", INSERT + (project.root / "backend.py").read_text())
    yield project
    project.run("down")


def rows(project: Project) -> object:
    return execute(address_of(project), "SELECT count(*) FROM t1")[0][0]


def test_every_verb_leads_the_project_to_its_own_database(project: Project) -> None:
    project.good("dev")
    assert rows(project) == 2  # of the seed and of the backend
    project.good("test")
    project.good("revision", "-m", "nothing", "--empty", "--dry-run")
    project.good("downgrade", "--yes")
    project.good("migrate")
    project.good("reapply", "--yes")
    assert rows(project) == 2
    project.good("reset", "--yes", "--fast")
    assert rows(project) == 2
    project.good("spare", NOX_ALEMBIC_SPARE="on", CI="")
    project.good("reset", "--yes", NOX_ALEMBIC_SPARE="on", CI="")
    assert rows(project) == 2
    project.good("migrate", "--sql")


def test_without_them_it_is_refused_before_it_connects(project: Project) -> None:
    project.good("dev")
    project.table(*EVERYTHING, 'engine = "embedded"')
    project.revision("t3", "t2")
    parts = {"APP_HOST": "127.0.0.1", "APP_PORT": "1", "APP_USER": "me", "APP_PASSWORD": "secret", "APP_DB": "app"}
    id_, message, _ = project.run("migrate", "--json", **parts).error
    assert (id_, message.partition(",")[0]) == ("NA470", "env.py connects to 127.0.0.1:1/app")
