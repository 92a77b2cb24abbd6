"""`undo` of what changed one database, or files, on the embedded engine; also while others work, and after kills."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import errors, sql

from nox_alembic.core.copies.siblings import Mark
from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.core.facts import DatabaseAddress, DataLocation
from nox_alembic.edges.postgres import copying, dropping, siblings, space
from nox_alembic.edges.system.invocation import Invocation
from tests.integration.conftest import address_of, execute, reader
from tests.integration.test_snapshots import databases
from tests.integration.test_undo import killed
from tests.project import Project, make_project
from tests.team import TEMPLATE
from tests.unit.core.make import told

MARK = Mark(role="undo", of="app", environment="dev", verb="migrate", at="2026-11-25T20:00:00.000Z")
AROUND = """
SELECT pg_get_userbyid(datdba), datconnlimit, shobj_description(d.oid, 'pg_database'),
       (SELECT array_agg(acl::text ORDER BY acl::text) FROM unnest(datacl) AS acl),
       (SELECT array_agg(setrole::regrole::text || array_to_string(setconfig, ' ') ORDER BY setrole)
        FROM pg_db_role_setting WHERE setdatabase = d.oid)
FROM pg_database d WHERE datname = current_database()
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"', "undo-keep = 3")
    project.good("reset")
    yield project
    project.run("down")


def content(project: Project, address: DatabaseAddress | None = None) -> dict[str, object]:
    """Return all that a verb may change: rows, revisions and their digests, what is set around them, and files."""
    at = address or address_of(project)
    found: dict[str, object] = {}
    for table in ("t1", "t2", "t3", "r3", "alembic_version"):
        try:
            found[table] = execute(at, f"SELECT * FROM {table} ORDER BY 1")
        except errors.UndefinedTable:
            found[table] = None
    found["digests"] = execute(at, "SELECT obj_description('alembic_version'::regclass)")
    found["around"] = execute(at, AROUND)
    found["files"] = {path.name: path.read_bytes() for path in (project.root / "alembic").rglob("*.py")}
    return found


def taken_back(project: Project, before: dict[str, object]) -> None:
    """Take back what was just done, do it again by taking that back, and take it back at last."""
    after = content(project)
    assert after != before
    for expected in (before, after, before):
        project.good("undo")
        assert content(project) == expected


def test_each_verb_is_taken_back_and_done_again(project: Project) -> None:
    here = address_of(project)
    assert databases(project) == ["project"], "a fresh database has nothing to lose"
    execute(
        here,
        "INSERT INTO t1 VALUES (7)",
        "INSERT INTO t2 VALUES (8)",
        "CREATE ROLE guest",
        'ALTER DATABASE project SET search_path = public, "Extra, more", pg_temp',
        "ALTER ROLE guest IN DATABASE project SET statement_timeout = '7s'",
        "ALTER DATABASE project SET default_transaction_isolation = 'serializable'",
        "GRANT TEMPORARY ON DATABASE project TO guest WITH GRANT OPTION",
        "COMMENT ON DATABASE project IS 'ours, 100%'",
        "ALTER DATABASE project CONNECTION LIMIT 50",
    )
    start = content(project)
    ran = project.good("downgrade", "--yes", "--json").json
    assert [step["outcome"] for step in ran["steps"]] == ["done"] * 4
    taken_back(project, start)
    project.revision("t3", "t2", upgrade='op.execute("DELETE FROM t1")')
    start = content(project)
    project.good("migrate")
    taken_back(project, start)
    project.good("reapply", "--yes")
    taken_back(project, start)
    project.good("snapshot", "save", "state")
    execute(here, "INSERT INTO t1 VALUES (9)")
    start = content(project)
    project.good("snapshot", "restore", "state", "--yes")
    taken_back(project, start)
    project.good("dev")
    assert content(project) != start
    project.good("undo")
    assert content(project) == start
    kept = project.good("undo", "--list", "--json").json["kept"]
    assert [one["kept"] for one in kept] == databases(project)[:0:-1]
    assert len(kept) == 3
    # The newest is in another server's data after a reset, and comes back with it.
    project.good("reset", "--yes")
    assert project.run("undo", kept[0]["id"], "--json").error[0] == "NA634"
    project.good("undo")
    assert content(project) == start
    project.good("undo", kept[0]["id"])
    assert content(project) != start
    assert not any("__new" in str(name) for name in databases(project))


def test_files_are_taken_back_with_the_database_and_without_it(project: Project) -> None:
    project.write("alembic/script.py.mako", TEMPLATE.read_text())
    project.revision("r3", "t2")
    project.good("migrate")
    execute(address_of(project), "INSERT INTO r3 VALUES (7)")
    project.revision("t3", "t2")
    start = content(project)
    project.good("merge", "-m", "join")
    taken_back(project, start)
    project.good("merge", "--apply")
    taken_back(project, start)
    rebase = ("rebase", "--onto", "t3")
    project.good(*rebase, "--no-database")
    taken_back(project, start)
    project.good(*rebase, "--yes")
    assert content(project)["r3"] == []
    taken_back(project, start)
    project.good("down")
    planned = project.good("undo", "--dry-run", "--json").json
    assert planned["plan"] == ["start the database", "wait for the database"]
    project.good("undo")
    assert content(project)["r3"] == []
    project.write("alembic/versions/r3.py", "edited = True\n")
    error = project.run("undo", "--json").error
    assert error[0] == "NA636"
    assert error[1].startswith("alembic/versions/r3.py was edited after `undo` of ")


def test_idle_sessions_are_ended_and_nobody_who_works_is(project: Project) -> None:
    here = address_of(project)
    execute(here, "INSERT INTO t2 VALUES (8)")
    start = content(project)
    idle = psycopg2.connect(host=here.host, port=here.port, user=here.user, password=here.password, dbname=here.name)
    idle.autocommit = True
    idle.cursor().execute("SELECT 1")
    project.good("downgrade", "--yes")
    with pytest.raises(psycopg2.OperationalError):
        idle.cursor().execute("SELECT 1")
    idle.close()
    taken_back(project, start)
    execute(here, "CREATE TABLE customers ()")
    start = content(project)
    with reader(here):  # whose transaction stays open: the copy is made by a dump
        project.good("downgrade", "--yes")
    taken_back(project, start)
    # As after a new image with other sort orders: the server refuses to copy the files.
    execute(here, "UPDATE pg_database SET datcollversion = 'of yore' WHERE datname = 'project'")
    project.good("downgrade", "--yes")
    project.good("undo")
    assert content(project) == start


def test_a_dump_that_fails_names_who_is_in_the_way_and_not_the_disk(project: Project) -> None:
    here = address_of(project)
    execute(
        here,
        "CREATE TABLE customers ()",
        "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1'",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN g($1); END'",
        "CREATE TABLE made (a int, b int GENERATED ALWAYS AS (f(a)) STORED)",
        "INSERT INTO made VALUES (1)",
    )
    project.revision("t3", "t2")
    with reader(here):
        ((pid,),) = execute(here, "SELECT pid FROM pg_stat_activity WHERE application_name = 'report'")
        ran = project.run("migrate", "--json")
        end = f"SELECT pg_terminate_backend({pid})"
        cure = f'a dump was made, since somebody is at work: `nox -s sql -- -c "{end}"` ends that'
        assert ran.error == (
            "NA635",
            'the database "project" could not be copied for `undo`, and is as it was',
            f"{cure}, and the files are copied; `undo-limit = 0` keeps nothing",
        )
        assert "function g(integer) does not exist" in ran.err
        assert databases(project) == ["project"]
        rehearsed = project.run("reapply", "--yes", "--json")
        assert rehearsed.error[0] == "NA436"
        assert rehearsed.error[2].startswith(cure)
        project.good("sql", "--", "-c", end)
    start = content(project)
    project.good("migrate")
    project.good("undo")
    assert content(project) == start


def test_a_large_database_is_copied_as_files_and_nobody_elses_is_in_the_way(address: DatabaseAddress) -> None:
    execute(
        address,
        "CREATE TABLE large AS SELECT repeat(md5(n::text), 30) AS text FROM generate_series(1, 120000) AS n",
    )
    assert execute(address, "SELECT pg_database_size(current_database())")[0][0] > copying.LARGE  # type: ignore[operator]
    mark = replace(MARK, of=address.name)
    execute(address, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"{address.name}__new")))

    def no_dump(_: str) -> Invocation:
        raise AssertionError

    with pytest.raises(RefusedError) as error:
        siblings.keep(address, mark, no_dump)
    assert error.value.id == "NA611"
    execute(address, sql.SQL("DROP DATABASE {}").format(sql.Identifier(f"{address.name}__new")))
    siblings.keep(address, mark, no_dump)
    assert dropping.names(address) == frozenset({mark.name})
    assert execute(replace(address, name=mark.name), "SELECT count(*) FROM large") == [(120000,)]
    dropping.drop(address, [mark.name])
    assert dropping.names(address) == frozenset()


def test_what_cannot_be_kept_is_asked_for(project: Project, server: DatabaseAddress) -> None:
    project.table(*(project.root / "pyproject.toml").read_text().splitlines()[1:], 'undo-limit = "1 kB"')
    project.revision("t3", "t2")
    id_, message, _ = project.run("migrate", "--json").error
    assert id_ == "NA010"
    assert message.startswith("without a terminal nobody can be asked, and this destroys the way back: `migrate` could")
    assert message.endswith(" MB, more than the undo-limit of 1.0 kB")
    approve = project.good("migrate", "--plan", "--json").json["approve"]
    project.good("migrate", "--approve", approve)
    assert databases(project) == ["project"]
    project.good("down")
    project.revision("t4", "t3")
    assert project.run("dev", "--json").error[0] == "NA010"
    project.good("dev", "--yes")
    assert project.run("undo", "--json").error[0] == "NA631"
    name = f"poor_{server.name[-6:]}"
    execute(server, f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    try:
        poor = replace(server, user=name, password="x")
        container = DataLocation(kind="container")
        assert space.probe(poor, container).why_not == f'the user "{name}" may not create databases'
        with pytest.raises(FailedError) as error:
            siblings.keep(poor, replace(MARK, of=poor.name), lambda _: Invocation((), {}))
        assert told(error)[:2] == (
            "NA635",
            f'the database "{server.name}" could not be copied for `undo`, and is as it was',
        )
        assert error.value.detail == "permission denied to create database"
        execute(server, f"ALTER ROLE {name} CREATEDB")
        assert space.probe(poor, container).why_not == f'the user "{name}" does not own the database'
    finally:
        execute(server, f"DROP ROLE {name}")


def test_a_verb_that_is_killed_at_any_step_loses_nothing(project: Project) -> None:
    execute(address_of(project), "INSERT INTO t2 VALUES (7)")
    project.good("snapshot", "save", "state")
    for words, heal, points in [
        (["downgrade", "--yes"], "migrate", ["created", "unnamed", "after KeepDatabase", "after Downgrade"]),
        (["reapply", "--yes"], "migrate", ["after KeepDatabase", "after Downgrade", "before CloseUndo"]),
        (["snapshot", "restore", "state", "--yes"], "migrate", ["before SwapDatabases", "after SwapDatabases"]),
        (["undo"], "migrate", ["before SwapBack", "after SwapBack", "before CloseUndo"]),
    ]:
        for point in points:
            row = len(content(project)["t2"] or ()) + 100  # type: ignore[arg-type]
            execute(address_of(project), f"INSERT INTO t2 VALUES ({row})")
            killed(project, point, *words)
            project.good(heal)
            assert find(project, row), (words, point)
    assert not any("__new" in str(name) for name in databases(project))


@contextlib.contextmanager
def held_between_the_renames(here: DatabaseAddress) -> Iterator[None]:
    """Let nobody write the comment of a database, which a swap does after its first rename."""
    other = replace(here, name="postgres")
    connection = psycopg2.connect(
        host=other.host, port=other.port, user=other.user, password=other.password, dbname=other.name
    )
    try:
        connection.cursor().execute("LOCK TABLE pg_shdescription IN SHARE MODE")
        yield
    finally:
        connection.close()


def test_a_server_that_is_killed_in_the_middle_of_a_swap_has_the_old_database_in_its_place(project: Project) -> None:
    here = address_of(project)
    execute(here, "INSERT INTO t2 VALUES (8)")
    start = content(project)
    project.good("downgrade", "--yes")
    down = content(project)
    with held_between_the_renames(here):
        undoing = subprocess.Popen(
            project.command("undo", "--json"), cwd=project.root, env=project.environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        held = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'BEGIN; ALTER DATABASE%'"
        while not execute(replace(here, name="postgres"), held):
            assert undoing.poll() is None
        (file,) = (project.home / "data").glob("*/dev/pgdata/postmaster.pid")
        os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
        out, _ = undoing.communicate(timeout=60)
    error = json.loads(out)["error"]
    assert (undoing.returncode, error["id"]) == (1, "NA615")
    assert error["message"].startswith('the swap of the database "project" was cut off: ')
    assert error["hint"] == (
        "it is the old one or the new one as a whole: `nox -s dev` starts what is down, `nox -s status` shows it"
    )
    planned = project.good("undo", "--dry-run", "--json").json["plan"]
    assert planned == ["start the database", "wait for the database"]
    project.good("undo", "--list")
    assert project.run("undo", "--list", "--json").json["kept"]
    project.good("undo")
    assert content(project) == start
    project.good("undo")
    assert content(project) == down


def find(project: Project, row: int) -> bool:
    """Bring the state back that has the row in t2, and return whether there is one."""
    ids = [one["id"] for one in project.good("undo", "--list", "--json").json["kept"]]
    for word in ["", *ids]:
        if word:
            project.good("undo", word)
        if execute(address_of(project), "SELECT to_regclass('t2')") != [(None,)] and (row,) in execute(
            address_of(project), "SELECT * FROM t2"
        ):
            return True
    return False
