"""What the worker makes of the environment and of exceptions, without a database."""

from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from nox_alembic.edges.alembic.worker.failures import facts_of
from nox_alembic.edges.alembic.worker.project import session_variables


@pytest.mark.parametrize(
    ("inherited", "options"),
    [
        ({}, "-c lock_timeout=10s"),
        ({"PGOPTIONS": "-c work_mem=1MB"}, "-c work_mem=1MB -c lock_timeout=10s"),
        ({"PGOPTIONS": "-c lock_timeout=0"}, "-c lock_timeout=0"),
    ],
)
def test_a_session_names_itself_and_waits_for_a_lock_only_so_long(inherited: dict[str, str], options: str) -> None:
    assert session_variables("me", 10, inherited) == {"PGAPPNAME": "me", "PGOPTIONS": options}
    assert session_variables("", 0, {}) == {}


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


@pytest.mark.parametrize("original", [OfPsycopg("duplicate\nDETAIL: more"), adapted()])
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
