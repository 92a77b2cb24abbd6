"""Variables as a text: each form is read back as it was."""

import json
import shlex

import pytest

from nox_alembic.core import exports
from tests.unit.core.make import ADDRESS

AWKWARD = {
    "PLAIN": "postgresql+psycopg2://a:b@127.0.0.1:5432/c",
    "SPACE": "a b",
    "EMPTY": "",
    "QUOTE": """it's "$HOME" \\ `x`""",
}


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (
            "dotenv",
            [
                "PLAIN=postgresql+psycopg2://a:b@127.0.0.1:5432/c",
                "SPACE='a b'",
                "EMPTY=",
                'QUOTE="it\'s \\"\\$HOME\\" \\\\ `x`"',
            ],
        ),
        (
            "powershell",
            [
                "$env:PLAIN = 'postgresql+psycopg2://a:b@127.0.0.1:5432/c'",
                "$env:SPACE = 'a b'",
                "$env:EMPTY = ''",
                """$env:QUOTE = 'it''s "$HOME" \\ `x`'""",
            ],
        ),
    ],
)
def test_a_form_quotes_what_its_reader_would_change(form: exports.Form, lines: list[str]) -> None:
    assert exports.written(AWKWARD, form).splitlines() == lines


def test_a_shell_reads_the_values_as_they_are() -> None:
    words = shlex.split(exports.written(AWKWARD, "sh"))
    assert words == [word for name, value in AWKWARD.items() for word in ("export", f"{name}={value}")]


def test_json_is_the_mapping_itself() -> None:
    assert json.loads(exports.written(AWKWARD, "json")) == AWKWARD


def test_a_line_end_stays_within_its_line() -> None:
    assert exports.written({"A": "1\n2"}, "dotenv") == 'A="1\\n2"\n'


def test_the_backend_is_where_its_health_is_asked() -> None:
    assert exports.backend("http://127.0.0.1:8000/health?deep=1") == {
        "BACKEND_URL": "http://127.0.0.1:8000",
        "BACKEND_PORT": "8000",
    }
    assert exports.backend("http://backend.localhost/health") == {"BACKEND_URL": "http://backend.localhost"}
    assert exports.backend(None) == {}


def test_what_may_be_logged_has_no_password() -> None:
    variables = {"PGUSER": ADDRESS.user, "PGPASSWORD": ADDRESS.password, "DATABASE_URL": ADDRESS.url, "A": "1"}
    found = exports.without_password(variables, ADDRESS)
    assert found == {"PGUSER": ADDRESS.user, "DATABASE_URL": ADDRESS.shown, "A": "1"}
