"""libpq's own variables, as direnv or a shell sets them for another server: no verb reaches that one.

The other server listens at our very port, on another address of this machine, and takes our password: whoever is led
there gets in, and its log says so.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nox_alembic.edges.engines.embedded.programs import find_programs
from nox_alembic.edges.engines.embedded.server import Server
from tests.integration.conftest import address_of, execute
from tests.project import EVERYTHING, Project, make_project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")

OTHER = "127.0.0.2"
# What connects as libpq does when nothing is said: the seed, the backend, the tests and a shell of many a project.
BARE = """\
import psycopg2

connection = psycopg2.connect("")
with connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO t1 VALUES (7)")
connection.close()
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home")
    backend = (project.root / "backend.py").read_text()
    project.write("seed.py", BARE)
    project.write("backend.py", BARE + backend)
    project.table(*EVERYTHING, 'engine = "embedded"', 'test-command = "python seed.py"')
    project.good("dev")
    yield project
    project.variables.clear()
    project.run("down")


@pytest.fixture
def other(project: Project, tmp_path: Path) -> Iterator[Server]:
    """Another server at the same port, with a database of the same name in it."""
    own = address_of(project)
    programs = find_programs("", tmp_path, project.environ)
    other = Server(programs=programs, data=tmp_path / "other", logs=tmp_path / "logs-of-other")
    other.initialise(own.password)
    there = {"port": str(own.port), "listen_addresses": OTHER, "unix_socket_directories": ""}
    other.start({**there, "log_connections": "on"})
    execute(replace(own, host=OTHER, name="postgres"), f"CREATE DATABASE {own.name}")
    other.stop("fast")
    other.start({**there, "log_connections": "on"})  # a log in which that one is not
    yield other
    other.stop("immediate")


def rows(project: Project) -> object:
    return execute(address_of(project), "SELECT count(*) FROM t1")[0][0]


def elsewhere(project: Project, tmp_path: Path) -> dict[str, str]:
    """The variables of somebody who works on the other server."""
    own = address_of(project)
    place = f"host={OTHER}\nhostaddr={OTHER}\nport={own.port}\nuser={own.user}\ndbname={own.name}\n"
    (tmp_path / "services").write_text(f"[other]\n{place}options=-c default_transaction_read_only=on\n")
    (tmp_path / "passwords").write_text(f"*:*:*:*:{own.password}\n")
    (tmp_path / "passwords").chmod(0o600)
    return {
        "PGHOST": OTHER,
        "PGHOSTADDR": OTHER,
        "PGPORT": str(own.port),
        "PGUSER": own.user,
        "PGDATABASE": own.name,
        "PGSERVICE": "other",
        "PGSERVICEFILE": str(tmp_path / "services"),
        "PGPASSFILE": str(tmp_path / "passwords"),
        "PGOPTIONS": "-c default_transaction_read_only=on",
    }


# A service that is not there, and what a server without TLS, or one that is no standby, does not have.
UNABLE = {"PGSERVICE": "gone", "PGSSLMODE": "verify-full", "PGTARGETSESSIONATTRS": "standby", "PGREQUIREAUTH": "none"}


def every_verb(project: Project) -> None:
    """Run each verb that connects, and look at our own database that it has done its work there."""
    assert project.good("status", "--json").json["current"] == ["t2"]
    project.good("downgrade", "--yes")
    project.good("migrate")
    project.good("reapply", "--yes")
    project.good("check")
    project.good("revision", "-m", "nothing", "--empty", "--dry-run")
    assert project.good("sql", "-XAtqc", "SELECT inet_server_addr()").out == "127.0.0.1\n"
    before = rows(project)
    project.good("snapshot", "save", "one")
    project.good("shell", "python", "seed.py")
    assert rows(project) == before + 1  # type: ignore[operator] # it is a number
    project.good("snapshot", "restore", "one", "--yes")
    project.good("test")
    project.good("reset", "--yes", "--fast")
    project.good("reset", "--yes")
    assert rows(project) == 2  # of the seed and of the backend
    project.good("undo", "--yes")
    project.good("dev")
    project.good("spare", NOX_ALEMBIC_SPARE="on", CI="")
    project.good("down")
    project.good("dev")
    assert project.good("status", "--json").json["current"] == ["t2"]


@pytest.mark.parametrize("variables", ["of another server", "that nothing can satisfy"])
def test_no_verb_is_led_to_another_server(project: Project, other: Server, tmp_path: Path, variables: str) -> None:
    elsewhere_ = elsewhere(project, tmp_path)
    project.variables.update(elsewhere_ if variables == "of another server" else {**elsewhere_, **UNABLE})
    every_verb(project)
    assert "connection received" not in other.log.read_text()
    execute(replace(address_of(project), host=OTHER), "SELECT 1")
    assert "connection received" in other.log.read_text()  # the log does say it


def test_what_the_project_sets_itself_comes_first(project: Project) -> None:
    project.table(*EVERYTHING[:1], 'engine = "embedded"', 'variables = { PGDATABASE = "of_the_project" }')
    project.write("seed.py", 'import os\nprint(os.environ["PGDATABASE"], os.environ["PGHOST"])\n')
    ran = project.good("reset", "--yes", PGDATABASE="of-the-shell", PGHOST="of-the-shell")
    assert "of_the_project 127.0.0.1\n" in ran.err
