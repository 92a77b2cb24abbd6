"""The verbs that hand the terminal over, on an embedded server."""

import os
from collections.abc import Iterator

import pytest

from tests.project import EVERYTHING, Project, make_project
from tests.terminal import session

POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no pseudo terminals")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    root = tmp_path_factory.mktemp("terminal")
    project = make_project(root / "project", root / "home", 'engine = "embedded"')
    assert project.run("sql", "--json", "-c", "SELECT 1").json["error"] == {
        "id": "NA202",
        "message": "the embedded database is not running",
        "hint": "`nox -s dev` starts it",
    }
    project.good("dev")
    yield project
    project.run("down")


def test_sql_runs_what_it_is_given(project: Project) -> None:
    assert project.good("sql", "-At", "-c", "SELECT count(*) FROM t1").out == "1\n"
    project.write("a.sql", "CREATE TEMP TABLE a AS SELECT 'ä' AS letter;")
    project.write("b.sql", "SELECT letter FROM a;")
    assert project.good("sql", "-At", "-f", "a.sql", "-f", "b.sql").out == "SELECT 1\nä\n"
    assert project.good("sql", "--json", "-At", "-c", "SELECT 2").json["output"] == "2\n"
    assert project.run("sql", "-At", input="SELECT 3;").out == "3\n"
    dry = project.good("sql", "--dry-run", "-c", "SELECT 1").out
    assert "psql" in dry
    assert "-c 'SELECT 1'" in dry


def test_what_psql_could_not_do_fails_the_verb(project: Project) -> None:
    ran = project.run("sql", "-c", "SELECT 1/0")
    assert (ran.code, "ERROR:  division by zero" in ran.err) == (1, True)
    assert ran.err.endswith("error NA468: `psql` ended with 1\nhint: see what it says above\n")
    assert project.run("sql", input="SELECT 1/0;\nSELECT 4;").code == 1
    ran = project.run("sql", "--json", "-f", "no.sql")
    assert (ran.code, *ran.error) == (2, "NA006", 'there is no file "no.sql" to be run', "correct the name after -f")


@POSIX
def test_at_a_terminal_psql_has_a_prompt(project: Project) -> None:
    code, seen = session(project, ["sql"], ("project=# ", "SELECT 40 + 2 AS answer;\n"), ("42", "\\q\n"), PAGER="cat")
    assert code == 0, seen
    assert "answer" in seen


@POSIX
def test_ctrl_c_cancels_a_query_and_not_the_session(project: Project) -> None:
    code, seen = session(
        project,
        ["sql"],
        ("project=# ", "DO $$ BEGIN RAISE NOTICE 'under%', 'way'; PERFORM pg_sleep(60); END $$;\n"),
        ("underway", "\x03"),
        ("canceling statement due to user request", "SELECT 6 * 7;\n"),
        ("42", "\\q\n"),
        PAGER="cat",
    )
    assert code == 0, seen


def test_a_shell_has_the_backends_variables_and_is_no_part_of_it(project: Project) -> None:
    """`down` ends whatever is marked as a part of the backend."""
    script = "from os import environ as e; print(e['DATABASE_URL'][:10], e['HOST'], 'NOX_ALEMBIC_ENVIRONMENT' in e)"
    assert project.good("shell", "python", "-c", script).out == "postgresql 127.0.0.1 False\n"
    ran = project.run("shell", "--json", "--", "python", "-c", "raise SystemExit(7)")
    assert (ran.code, *ran.error) == (
        1,
        "NA468",
        "`python -c raise SystemExit(7)` ended with 7",
        "see what it says above",
    )
    assert project.run("shell", "--json", "no-such-program").code == 4


@POSIX
def test_a_shell_at_a_terminal_ends_well_whatever_was_typed_last(project: Project) -> None:
    typed = ("at-the-prompt> ", "echo $PORT && pwd && false\n"), ("project\r\n", "exit\n")
    code, seen = session(project, ["shell"], *typed, SHELL="/bin/sh")
    assert code == 0, seen
    assert str(project.root) in seen


def test_the_shell_takes_nothing_for_a_backend_that_is_not_configured(project: Project) -> None:
    """The embedded engine has a place for one in any case."""
    project.table('engine = "embedded"')
    assert project.good("shell", "python", "-c", "print(1)").out == "1\n"
    project.table(*EVERYTHING, 'engine = "embedded"')
