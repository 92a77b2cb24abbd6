"""The verbs that hand the terminal over, in real containers."""

import os

import pytest

from tests.compose.conftest import containers
from tests.project import Project
from tests.terminal import session

POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no pseudo terminals")


@POSIX
def test_psql_and_a_shell_run_in_the_containers(project: Project) -> None:
    assert project.run("sql", "--json", "-c", "SELECT 1").json["error"]["id"] == "NA202"
    project.good("dev")
    assert project.good("sql", "-At", "-c", "SELECT count(*) FROM t1").out == "1\n"
    project.write("a.sql", "SELECT 'ä';")  # it is on this machine, and psql is not
    assert project.good("sql", "-At", "-f", "a.sql").out == "ä\n"
    assert project.run("sql", "-At", input="SELECT 3;").out == "3\n"
    assert project.run("sql", "--json", "-c", "SELECT 1/0").error[0] == "NA468"
    code, seen = session(project, ["sql"], ("sample=# ", "SELECT 40 + 2;\n"), ("42", "\\q\n"), PAGER="cat")
    assert code == 0, seen

    assert project.good("shell", "sh", "-c", "echo $PORT $(ls /app)").out == "8000 backend.py\n"
    typed = ("[#$] ", "test -t 0 && echo a-$((40 + 2)); false\n"), ("a-42", "exit\n")
    code, seen = session(project, ["shell"], *typed)
    assert code == 0, seen

    project.good("down")
    assert project.good("shell", "sh", "-c", "echo alone on $PORT").out == "alone on 8000\n"
    assert containers(project) == []  # and it left nothing behind, and started no database
