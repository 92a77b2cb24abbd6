"""What the worker makes of the environment and of exceptions, without a database."""

from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from nox_alembic.edges.alembic.worker.failures import facts_of
from nox_alembic.edges.alembic.worker.session import Session


@pytest.mark.parametrize(
    ("inherited", "options"),
    [
        ({}, "-c lock_timeout=10s"),
        ({"PGOPTIONS": "-c work_mem=1MB"}, "-c work_mem=1MB -c lock_timeout=10s"),
        ({"PGOPTIONS": "-c lock_timeout=0"}, "-c lock_timeout=0"),
    ],
)
def test_a_session_names_itself_and_waits_for_a_lock_only_so_long(inherited: dict[str, str], options: str) -> None:
    assert Session.of("me", 10, inherited).variables(inherited) == {"PGAPPNAME": "me", "PGOPTIONS": options}
    assert Session.of("", 0, {}).variables({}) == {}


@pytest.mark.parametrize(("inherited", "limit"), [({}, "10s"), ({"PGOPTIONS": "-c lock_timeout=500ms"}, "500ms")])
def test_it_is_told_to_a_session_of_another_driver_by_sql(inherited: dict[str, str], limit: str) -> None:
    told = Session.of("me", 10, inherited).sql
    assert f"set_config('lock_timeout', '{limit}', false)" in told
    assert "set_config('application_name', 'me', false)" in told
    assert Session.of("", 0, {}).sql == "NULL"


class Diagnosis:
    """What psycopg has at `diag`."""

    message_detail = "Key (a)=(1) is duplicated."
    table_name = "t"
    column_name = None


class OfPsycopg(Exception):  # noqa: N818 - the name of nothing that is caught
    """The driver's own exception of psycopg 3."""

    sqlstate = "23505"
    diag = Diagnosis()


class OfAsyncpg(Exception):  # noqa: N818
    """The driver's own exception of asyncpg, which SQLAlchemy's adapter wraps."""

    sqlstate = "23505"
    detail = "Key (a)=(1) is duplicated."
    table_name = "t"


def adapted() -> Exception:
    error = Exception("<class 'UniqueViolation'>: wrapped")
    error.__cause__ = OfAsyncpg("duplicate\nDETAIL: more")
    return error


# What pg8000 raises: the server's own report.
REPORT = {"S": "ERROR", "C": "23505", "M": "duplicate\nDETAIL: more", "D": "Key (a)=(1) is duplicated.", "t": "t"}


@pytest.mark.parametrize("original", [OfPsycopg("duplicate\nDETAIL: more"), adapted(), Exception(REPORT)])
def test_drivers_are_known_by_what_they_share(original: Exception) -> None:
    facts = facts_of(ProgrammingError("SELECT 'a%%b'", {}, original), None, Path("/nowhere"))
    assert facts["sqlstate"] == "23505"
    assert (facts["message"], facts["report"]) == ("duplicate", "DETAIL: more")
    assert (facts["detail"], facts["table"], facts["column"]) == ("Key (a)=(1) is duplicated.", "t", "")
    assert facts["statement"] == "SELECT 'a%b'"


def test_a_file_that_is_no_python_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text("x = 1\ndef (\n")
    with pytest.raises(SyntaxError) as error:
        compile((tmp_path / "env.py").read_text(), str(tmp_path / "env.py"), "exec")
    facts = facts_of(error.value, None, tmp_path)
    assert (facts["path"], facts["line"], facts["source"], facts["error"]) == ("env.py", 2, "def (", "SyntaxError")
