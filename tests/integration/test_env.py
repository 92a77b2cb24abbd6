"""What `env` prints leads other programs to the database, on an embedded server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from tests.project import make_project

AWKWARD = """variables = { AWKWARD = 'a "$b" c' }"""


def test_another_program_finds_the_database_by_what_env_prints(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"', AWKWARD)
    ran = project.run("env", "--json")
    message = "the embedded database has no port yet: it was not started"
    assert (ran.code, *ran.error) == (4, "NA202", message, "`nox -s dev` starts it")

    project.good("dev")
    variables = json.loads(project.good("env", "--format", "json").out)
    url = make_url(variables["DATABASE_URL"])
    assert url.password == variables["PGPASSWORD"] != ""
    assert variables["AWKWARD"] == 'a "$b" c'
    connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM t1")
        assert cursor.fetchone() == (1,)
    connection.close()

    ran = project.good("env", "--json")
    assert ran.json["variables"] == {
        **{name: value for name, value in variables.items() if name != "PGPASSWORD"},
        "DATABASE_URL": f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}",
    }
    assert variables["PGPASSWORD"] not in ran.out

    project.good("down")
    stopped = project.good("env", "--format", "json")
    assert json.loads(stopped.out)["DATABASE_URL"] == variables["DATABASE_URL"]
    assert stopped.err.endswith("the database is not running: `nox -s dev` starts it\n")


@pytest.mark.skipif(os.name == "nt", reason="there is no sh")
def test_a_shell_takes_what_env_prints(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"', AWKWARD)
    project.good("dev")
    expected = json.loads(project.good("env", "--format", "json").out)
    script = 'eval "$1" && printf "%s|%s|%s" "$PGPORT" "$AWKWARD" "$DATABASE_URL"'
    shell = shutil.which("sh") or "sh"
    exports = project.good("env", "--format", "sh").out
    seen = subprocess.run([shell, "-c", script, "sh", exports], capture_output=True, text=True, check=True, env={})
    assert seen.stdout == "|".join(expected[name] for name in ("PGPORT", "AWKWARD", "DATABASE_URL"))
    project.good("down")
