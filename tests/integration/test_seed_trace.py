"""A seed that ended well: whether the database that it was given has a trace of it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.traces import has_trace
from nox_alembic.edges.postgres import counters
from tests.integration.conftest import address_of, execute
from tests.project import EVERYTHING, Project, make_project

URL = "import os\nurl = os.environ['DATABASE_URL'].replace('+psycopg2', '')\n"
BY = {
    "psycopg2": "import psycopg2\nc = psycopg2.connect(url)\nc.cursor().execute({sql!r})\nc.{ends}()\n",
    "psycopg": "import psycopg\nc = psycopg.connect(url)\nc.execute({sql!r})\nc.{ends}()\n",
    "asyncpg": (
        "import asyncio, asyncpg\n"
        "async def main():\n    c = await asyncpg.connect(url)\n    await c.execute({sql!r})\nasyncio.run(main())\n"
    ),
}
INSERT = "INSERT INTO rooms VALUES (1) ON CONFLICT DO NOTHING"


@pytest.fixture
def rooms(address: DatabaseAddress) -> DatabaseAddress:
    """A database with a table that has the row of the seed already."""
    execute(address, "CREATE TABLE rooms (id int PRIMARY KEY)", "INSERT INTO rooms VALUES (1)")
    return address


def seeded(address: DatabaseAddress, script: str) -> bool:
    """Run a script, and return whether it is seen in the database."""
    before = counters.read_settled(address)
    assert before is not None
    environ = {"DATABASE_URL": address.url, "PATH": "/usr/bin"}
    subprocess.run([sys.executable, "-c", URL + script], check=True, env=environ, stderr=subprocess.DEVNULL)
    for _ in range(20):
        after = counters.read_settled(address)
        assert after is not None
        if has_trace(before, after):
            return True
    return False


@pytest.mark.parametrize("driver", BY)
@pytest.mark.parametrize(
    ("sql", "ends"),
    [
        (INSERT, "commit"),
        ("INSERT INTO rooms VALUES (2)", "commit"),
        ("CREATE TABLE IF NOT EXISTS rooms (id int)", "commit"),
        ("SELECT count(*) FROM rooms", "close"),
    ],
)
def test_what_has_connected_is_seen_whether_it_writes_or_not(
    rooms: DatabaseAddress, driver: str, sql: str, ends: str
) -> None:
    assert seeded(rooms, BY[driver].format(sql=sql, ends=ends))


def test_what_has_not_is_not_seen_among_health_checks_and_our_own_sessions(rooms: DatabaseAddress) -> None:
    """A health check logs in and goes; and so do we, with a look at what is there."""
    over = threading.Event()

    def check_health() -> None:
        while not over.wait(0.02):
            psycopg2.connect(rooms.url.replace("+psycopg2", "")).close()

    thread = threading.Thread(target=check_health)
    thread.start()
    try:
        assert not seeded(rooms, "")
    finally:
        over.set()
        thread.join()


def test_another_database_of_the_same_server_does_not_count(rooms: DatabaseAddress, server: DatabaseAddress) -> None:
    write = BY["psycopg2"].format(sql="CREATE TEMP TABLE x (id int)", ends="commit")
    assert not seeded(rooms, f"url = {server.url.replace('+psycopg2', '')!r}\n{write}")


def test_the_work_of_a_session_that_stays_open_is_seen_at_once(rooms: DatabaseAddress) -> None:
    """That of a pool, or of a server that the seed asks to do it: it is counted up to ten seconds later."""
    connection = psycopg2.connect(rooms.url.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        before = counters.read_settled(rooms)
        cursor.execute(INSERT)
        after = counters.read(rooms)
    connection.close()
    assert before is not None
    assert after is not None
    assert has_trace(before, after)


LOST = """\
import psycopg2
c = psycopg2.connect({url!r})
c.cursor().execute({sql!r})
c.commit()
"""
ELSEWHERE = "CREATE TEMP TABLE x (id int)"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home")
    project.table(*EVERYTHING, 'engine = "embedded"', 'alembic-variables = {APP_AT = "{user}:{password}@{port}"}')
    yield project
    project.run("down")


def told(project: Project, *words: str, name: str, **variables: str) -> None:
    """The verb must end well, and warn of the seed."""
    ran = project.good(*words, "--json", **variables)
    at = address_of(project)
    place = f"postgresql://postgres@127.0.0.1:{at.port}/{name}"
    assert ran.json["seed"]["reached"] is False
    assert ran.json["seed"]["database"] == place
    (warning,) = {one for one in ran.json["warnings"] if place in one}
    start = f"the seed command `python seed.py` ended well, and has done nothing in {place}: it was given DATABASE_URL="
    assert warning.startswith(start)
    assert f"PGPORT={at.port}, " in warning
    assert f"APP_AT=postgres:***@{at.port}" in warning
    assert at.password not in ran.out + ran.err


def test_a_seed_that_goes_elsewhere_is_told_by_each_verb_that_runs_it(
    project: Project, server: DatabaseAddress
) -> None:
    project.write("seed.py", LOST.format(url=server.url.replace("+psycopg2", ""), sql=ELSEWHERE))
    told(project, "dev", name="project")
    assert "seed" not in project.good("dev", "--json").json
    told(project, "reset", "--yes", name="project")
    told(project, "reset", "--fast", "--yes", name="project__new")


def test_a_seed_that_finds_its_database_is_warned_of_by_no_verb(project: Project) -> None:
    for words in (("dev",), ("reset", "--yes"), ("reset", "--fast", "--yes")):
        ran = project.good(*words, "--json").json
        assert (ran["seed"]["reached"], ran.get("warnings")) == (True, None)


def test_no_spare_is_kept_of_a_seed_that_knows_one_port_only(project: Project) -> None:
    """It has reached its database, and for a spare it would write there once more, and for each spare again."""
    project.good("dev", "--no-seed")
    place = address_of(project).url.replace("+psycopg2", "")
    project.write("seed.py", LOST.format(url=place, sql="INSERT INTO t1 VALUES (7)"))
    spares = {"NOX_ALEMBIC_SPARE": "on", "CI": ""}
    ran = project.good("spare", "--json", **spares).json
    made = [step["outcome"] for step in ran["steps"] if step["title"].startswith("make a spare")]
    assert made == ["done", "not made: the seed does not reach it"]
    assert ran["seed"]["reached"] is False
    written = "SELECT count(*) FROM t1"
    assert execute(address_of(project), written) == [(1,)]
    project.good("spare", **spares)
    assert execute(address_of(project), written) == [(1,)]
    seeded = project.good("reset", "--yes", "--json", **spares).json
    assert seeded["seed"]["reached"] is True
    assert execute(address_of(project), written) == [(1,)]
