"""What a project's own variables say of a database, and what people may read of it."""

from dataclasses import replace

from nox_alembic.core.placeholders import filled, leading
from tests.unit.core.make import ADDRESS

TEMPLATES = {
    "AT": "{host}:{port}",
    "WHO": "{user}:{password}",
    "NAME": "{database}",
    "URL": "{url}?sslmode=disable",
    "JSON": '{{"port": {port}}}',
    "KEY": "secret of another kind",
}


def test_the_parts_of_the_address_are_filled_in_and_doubled_braces_are_braces() -> None:
    assert filled(TEMPLATES, replace(ADDRESS, password="p{w}").parts) == {
        "AT": "127.0.0.1:5432",
        "WHO": "dds:p{w}",
        "NAME": "ddsurveys",
        "URL": "postgresql+psycopg2://dds:p%7Bw%7D@127.0.0.1:5432/ddsurveys?sslmode=disable",
        "JSON": '{"port": 5432}',
        "KEY": "secret of another kind",
    }


def test_people_read_no_password_and_nothing_that_leads_nowhere() -> None:
    assert filled(leading(TEMPLATES), ADDRESS.shown_parts) == {
        "AT": "127.0.0.1:5432",
        "WHO": "dds:***",
        "NAME": "ddsurveys",
        "URL": "postgresql+psycopg2://dds:***@127.0.0.1:5432/ddsurveys?sslmode=disable",
        "JSON": '{"port": 5432}',
    }
