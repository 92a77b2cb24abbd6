"""`reset --fast` on the embedded engine: databases change places in the running server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from nox_alembic.core.facts import DatabaseAddress
from tests.integration.conftest import address_of, execute
from tests.integration.test_undo import killed, rows
from tests.project import EVERYTHING, Project, make_project

SWAP = [
    "prove that the server is ours",
    'copy the spare database "project__spare", and kill the backend',
    'put it into the place of the database "project", which is kept',
    "start backend",
    "drop what is kept no more",
    "wait for the backend",
    "close the undo log",
]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.good("dev")
    yield project
    project.run("down")


def databases(project: Project) -> set[str]:
    """Return the names that are not PostgreSQL's own, kept ones without their time."""
    found = execute(address_of(project), "SELECT datname FROM pg_database WHERE datname LIKE 'project%'")
    return {str(name).partition("_before_")[0] for (name,) in found}


def postmaster(project: Project) -> object:
    return execute(address_of(project), "SELECT pg_postmaster_start_time()")[0][0]


@contextmanager
def a_client_that_always_comes_back(address: DatabaseAddress) -> Iterator[None]:
    """Somebody's program that is connected all the time, and connects again as soon as it is ended."""
    over = threading.Event()

    def stay() -> None:
        while not over.is_set():
            try:
                connection = psycopg2.connect(address.url.replace("+psycopg2", ""))
                with connection.cursor() as cursor:
                    while not over.is_set():
                        cursor.execute("SELECT pg_sleep(0.01)")
            except psycopg2.Error:
                over.wait(0.05)

    thread = threading.Thread(target=stay, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_fast_reset_swaps_databases_and_is_taken_back(project: Project) -> None:
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    started = postmaster(project)
    with a_client_that_always_comes_back(address_of(project)):
        project.good("reset", "--fast", "--yes")
        assert rows(project) == [1]
        assert databases(project) == {"project", "project__base", "project__spare", "project_"}
        execute(address_of(project), "INSERT INTO t1 VALUES (8)")
        ran = project.good("reset", "--fast", "--yes", "--json").json
    assert [step["title"] for step in ran["steps"]] == SWAP
    assert rows(project) == [1]
    assert postmaster(project) == started
    assert project.run("status").code == 0
    (log,) = project.home.rglob("backend.log")
    assert log.read_text().count("backend started") == 1
    project.good("undo", "--yes")
    assert rows(project) == [1, 8]
    project.good("undo", "--yes")
    assert rows(project) == [1]
    # A longer history: only its end is migrated, and with the seed it is what a wipe makes.
    project.revision("t3", "t2")
    ran = project.good("reset", "--fast", "--yes", "--json").json
    assert "migrate the new database to head (1 pending)" in [step["title"] for step in ran["steps"]]
    assert (rows(project), project.run("status").code) == ([1], 0)
    assert project.good("reset", "--fast", "--yes", "--to", "t1", "--json").json["notes"][0].startswith("stops at t1")
    assert execute(address_of(project), "SELECT version_num FROM alembic_version") == [("t1",)]


HOLDS = """\
import http.server
import os
import psycopg2

URL = os.environ["DATABASE_URL"].replace("+psycopg2", "")
held = []


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            if not held or os.path.exists("comes-back") and held[0].closed:
                held[:] = [psycopg2.connect(URL)]
            held[0].cursor().execute("SELECT 1")
            status = 200
        except psycopg2.Error:
            status = 500
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args):
        pass


print(os.getpid(), flush=True)
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Health).serve_forever()
"""


def test_a_backend_that_reconnects_goes_on_running_and_one_that_does_not_is_started_again(project: Project) -> None:
    project.write("backend.py", HOLDS)
    project.write("comes-back", "")
    project.table(*EVERYTHING, 'engine = "embedded"', 'fast-backend = "reconnect"')
    project.good("reset", "--yes")
    project.good("reset", "--fast", "--yes")
    (log,) = project.home.rglob("backend.log")
    started = log.read_text()
    for outcome in ("done", "started again"):
        execute(address_of(project), "INSERT INTO t1 VALUES (7)")
        ran = project.good("reset", "--fast", "--yes", "--json").json
        last = ran["steps"][-2]
        assert (last["title"], last["outcome"]) == ("wait for the backend to reconnect", outcome)
        assert (rows(project), project.run("status").code) == ([1], 0)
        assert (log.read_text() == started) == (outcome == "done")
        (project.root / "comes-back").unlink(missing_ok=True)


def test_another_role_makes_a_fast_reset_a_wipe_that_says_so(project: Project) -> None:
    project.good("reset", "--fast", "--yes")
    execute(address_of(project), "CREATE ROLE reporting", "INSERT INTO t1 VALUES (7)")
    started = postmaster(project)
    ran = project.good("reset", "--fast", "--yes", "--json").json
    reason = "the server has other roles than fresh data would have"
    assert ran["notes"][0] == f"not by a swap, since {reason}: the data is wiped"
    assert postmaster(project) != started
    assert execute(address_of(project), "SELECT count(*) FROM pg_roles WHERE rolname = 'reporting'") == [(0,)]
    assert rows(project) == [1]


BEFORE, AFTER = [1, 7], [1]
KILLS = [
    ("after MakeNew", BEFORE),
    ("after MigrateNew", BEFORE),
    ("after SeedNew", BEFORE),
    ("after KeepSpare", BEFORE),
    ("before SwapDatabases", BEFORE),
    ("after SwapDatabases", AFTER),
    ("after CloseUndo", AFTER),
]


def test_a_killed_fast_reset_leaves_the_state_before_or_the_state_after(project: Project) -> None:
    """One project for all: each kill falls into what the one before has left."""
    for number, (point, left) in enumerate(KILLS):
        project.revision("t1", None, upgrade=f'op.create_table("t1", sa.Column("id", sa.Integer))  # {number}')
        execute(address_of(project), "DELETE FROM t1", "INSERT INTO t1 VALUES (1), (7)")
        killed(project, point, "reset", "--fast", "--yes")
        assert rows(project) == left, point
    project.good("reset", "--fast", "--yes")
    assert (rows(project), project.run("status").code) == (AFTER, 0)
    assert "project__new" not in databases(project)
