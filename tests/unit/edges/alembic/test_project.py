"""The URL that a project is given: our database, by the driver that the project names."""

from pathlib import Path
from typing import Any

import pytest

from nox_alembic.edges.alembic.worker.arguments import arguments
from nox_alembic.edges.alembic.worker.project import read_config, with_driver_of

OURS = "postgresql+psycopg2://dds:a%25b@127.0.0.1:5432/ddsurveys"


@pytest.mark.parametrize(
    ("named", "driver"),
    [
        (("postgresql+asyncpg://me@elsewhere/app",), "asyncpg"),
        (("", "postgresql+psycopg://me@elsewhere/app"), "psycopg"),
        (("postgresql://me@elsewhere/app", "postgresql+pg8000://"), "pg8000"),
        (("sqlite:///app.db",), "psycopg2"),
        (("driver://user:pass@localhost/dbname", "no url"), "psycopg2"),
        ((), "psycopg2"),
    ],
)
def test_our_database_is_named_by_the_driver_of_the_project(named: tuple[str, ...], driver: str) -> None:
    assert with_driver_of(OURS, *named) == f"postgresql+{driver}://dds:a%25b@127.0.0.1:5432/ddsurveys"


@pytest.mark.parametrize(
    ("line", "environ", "driver"),
    [
        ("sqlalchemy.url = postgresql+asyncpg://me:p%%25w@localhost/app", {}, "asyncpg"),
        ("sqlalchemy.url = postgresql://%(user)s@localhost/app", {}, "psycopg2"),
        ("", {"DATABASE_URL": "postgresql+asyncpg://x/y"}, "asyncpg"),
        ("", {}, "psycopg2"),
    ],
)
def test_the_ini_file_and_the_environment_name_it(
    tmp_path: Path, line: str, environ: dict[str, str], driver: str
) -> None:
    ini = tmp_path / "alembic.ini"
    ini.write_text(f"[alembic]\nscript_location = alembic\n{line}\n")
    found: dict[str, Any] = {"ini": str(ini), "toml": None, "section": "alembic", "arguments": [], "is_of_flask": False}
    config, url = read_config(found, OURS, environ, arguments(found, {"do": "history"}))
    assert url == f"postgresql+{driver}://dds:a%25b@127.0.0.1:5432/ddsurveys"
    assert config.get_main_option("sqlalchemy.url") == url
