"""A real PostgreSQL: that of the throw-away environment in which `nox -s test` runs this suite."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql
from sqlalchemy.engine import URL, make_url

from nox_alembic.core.facts import DatabaseAddress
from tests.project import Project


@pytest.fixture(scope="session")
def server() -> DatabaseAddress:
    """The throw-away server; it is not skipped without one, since nothing would be tested then."""
    text = os.environ.get("DATABASE_URL")
    if not text:
        pytest.fail("these tests need a database: run them by `nox -s test`, which brings one")
    url = make_url(text)
    return DatabaseAddress(
        host=url.host or "", port=url.port or 0, user=url.username or "", password=url.password or "",
        name=url.database or "",
    )  # fmt: skip


def execute(address: DatabaseAddress, *statements: sql.Composable | str) -> list[tuple[object, ...]]:
    """Run statements on a connection of their own in autocommit mode, and return the last one's rows."""
    connection = psycopg2.connect(
        host=address.host, port=address.port, user=address.user, password=address.password, dbname=address.name
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def connection_of(project: Project) -> dict[str, Any]:
    """What the embedded engine remembers of a project's server."""
    (path,) = (project.home / "data").rglob("connection.json")
    return dict(json.loads(path.read_text()))


def address_of(project: Project) -> DatabaseAddress:
    """Where the embedded server of a project takes logins."""
    known = connection_of(project)
    return DatabaseAddress(
        host="127.0.0.1", port=known["port"], user=known["user"], password=known["password"], name="project"
    )


@contextlib.contextmanager
def reader(address: DatabaseAddress) -> Iterator[None]:
    """Somebody with an open transaction that has read the table."""
    connection = psycopg2.connect(
        host=address.host, port=address.port, user=address.user, password=address.password, dbname=address.name,
        application_name="report",
    )  # fmt: skip
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM customers")
        yield
    finally:
        connection.close()


@pytest.fixture
def address(server: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database of its own for one test."""
    name = f"t_{secrets.token_hex(6)}"
    execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield DatabaseAddress(host=server.host, port=server.port, user=server.user, password=server.password, name=name)
    execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def url(address: DatabaseAddress) -> URL:
    return make_url(address.url)
