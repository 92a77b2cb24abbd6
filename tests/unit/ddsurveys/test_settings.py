"""What the environment variables may say."""

from pathlib import Path

import pytest

from ddsurveys.settings import CHECKOUT, Settings, SettingsError, read_settings

URL = "postgresql://dds:p%40ss@db:5432/ddsurveys"


def test_every_postgresql_url_gets_the_driver_that_is_installed() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        url = read_settings({"DATABASE_URL": f"{scheme}://dds:p%40ss@db/x"}).database_url
        assert (url.drivername, url.password) == ("postgresql+psycopg2", "p@ss")


def test_the_rest_has_defaults() -> None:
    settings = read_settings({"DATABASE_URL": URL})
    assert (settings.host, settings.port, settings.reload) == ("127.0.0.1", 8000, False)
    assert settings.alembic_config == CHECKOUT / "alembic.ini"


def test_the_variables_are_read() -> None:
    variables = {"DATABASE_URL": URL, "HOST": "0.0.0.0", "PORT": "80", "RELOAD": "1", "ALEMBIC_CONFIG": "/a.ini"}
    settings = read_settings(variables)
    assert settings == Settings(
        database_url=settings.database_url, host="0.0.0.0", port=80, reload=True, alembic_config=Path("/a.ini")
    )


def test_the_password_is_not_in_the_repr() -> None:
    assert "p@ss" not in repr(read_settings({"DATABASE_URL": URL}))


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is not a database URL"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must be a PostgreSQL URL, not one of mysql"),
        ({"DATABASE_URL": URL, "PORT": "0"}, "PORT must be a port number, not '0'"),
        ({"DATABASE_URL": URL, "PORT": "65536"}, "PORT must be a port number, not '65536'"),
        ({"DATABASE_URL": URL, "PORT": "8e3"}, "PORT must be a port number, not '8e3'"),
    ],
)
def test_what_is_wrong_is_one_sentence(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_settings(variables)
    assert str(error.value) == sentence
