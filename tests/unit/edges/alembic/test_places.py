"""Where the arguments of drivers lead, in words without a password."""

from typing import Any

import pytest
from sqlalchemy.engine import make_url

from nox_alembic.edges.alembic.worker.places import WHERE, is_in_memory, place, place_of, shown_other


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"host": "db", "port": 5433, "dbname": "app", "user": "me", "password": "secret"}, "db:5433/app"),
        ({"host": "DB", "database": "app"}, "DB:5432/app"),
        ({"host": "localhost", "dbname": "app"}, "127.0.0.1:5432/app"),
        ({"user": "me"}, "127.0.0.1:5432/me"),
        ({"hostaddr": "10.0.0.1", "dbname": "app"}, "10.0.0.1:5432/app"),
        ({"host": "db", "hostaddr": "10.0.0.1", "dbname": "app"}, "db:5432/app"),
        ({"unix_sock": "/run/.s.PGSQL.5432", "database": "app"}, "/run/.s.PGSQL.5432:5432/app"),
        ({"host": ["a", "b"], "port": [1, 2], "database": "app"}, "a,b:1,2/app"),
        ({"service": "prod"}, "service prod:5432/"),
    ],
)
def test_a_place_is_named_with_what_a_driver_takes_where_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], shown: str
) -> None:
    for name in ("PGHOST", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    assert place_of(arguments).shown == shown


def test_the_variables_of_libpq_count_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PGHOST", "db"), ("PGPORT", "5433"), ("PGDATABASE", "app")):
        monkeypatch.setenv(name, value)
    assert place_of({}).shown == "db:5433/app"
    assert place_of({"host": "old"}).shown == "old:5432/app"


def test_this_machine_has_several_names() -> None:
    assert place("localhost", 1, "a") == place("127.0.0.1", "1", "a") == place("::1", 1, "a") != place("db", 1, "a")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/app.db", "sqlite /srv/app.db"),
        ("mysql+pymysql://me:secret@old:3306/shop", "mysql old:3306/shop"),
        ("oracle://me:secret@old", "oracle old"),
    ],
)
def test_another_dialect_is_named_without_its_password(url: str, shown: str) -> None:
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        cargs, cparams = parts.get_dialect()().create_connect_args(parts)
    else:  # whose drivers are not installed
        cargs, cparams = [], parts.translate_connect_args()
    assert shown_other(parts.get_backend_name(), list(cargs), cparams) == shown


@pytest.mark.parametrize(
    ("url", "is_so"),
    [("sqlite://", True), ("sqlite:///file:x?mode=memory&uri=true", True), ("sqlite:///app.db", False)],
)
def test_a_database_in_memory_is_no_other_place(url: str, is_so: bool) -> None:
    cargs, _ = make_url(url).get_dialect()().create_connect_args(make_url(url))
    assert is_in_memory("sqlite", list(cargs)) is is_so


def test_what_says_where_is_replaced_and_ssl_and_options_are_not() -> None:
    kept = {"sslmode", "sslrootcert", "ssl", "options", "connect_timeout", "application_name", "server_settings"}
    assert not kept & WHERE
