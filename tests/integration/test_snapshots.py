"""Snapshots on the embedded engine: saved, restored, refused, killed."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from nox_alembic.core.facts import DatabaseAddress
from tests.integration.conftest import address_of, execute
from tests.integration.test_undo import killed, rows
from tests.project import Project, make_project
from tests.users import IS_ROOT


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One server for all of these stories."""
    folder = tmp_path_factory.mktemp("snapshots")
    project = make_project(folder / "project", folder / "home", 'engine = "embedded"', "[tool.nox-alembic.env.two]")
    project.good("reset")
    yield project
    project.run("down")


@pytest.fixture
def project(running: Project) -> Project:
    """The project with one row, and without what another story has left."""
    here = address_of(running)
    for name in databases(running)[1:]:
        execute(here, sql.SQL("DROP DATABASE {}").format(sql.Identifier(str(name))))
    execute(here, "TRUNCATE t1", "INSERT INTO t1 VALUES (1)")
    for folder in (running.home / "data").glob("*/snapshots"):
        shutil.rmtree(folder)
    return running


def databases(project: Project) -> list[object]:
    """Return the databases of the server, the real one first, without those of a fresh server."""
    found = execute(address_of(project), "SELECT datname FROM pg_database ORDER BY length(datname), datname")
    return [name for (name,) in found if name not in {"postgres", "template0", "template1"}]


def shelf(project: Project) -> Path:
    (found,) = (project.home / "data").glob("*/snapshots/dev")
    return found


def backend(project: Project) -> str:
    """Return the identity of the backend's process."""
    (found,) = (project.home / "state").rglob("backend.json")
    return found.read_text()


def commit(project: Project, branch: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q", "-b", branch], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=project.root, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project.root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_saved_state_comes_back_in_the_place_of_a_later_one_which_is_kept(project: Project) -> None:
    here = address_of(project)
    execute(
        here,
        "CREATE ROLE reader",
        "GRANT SELECT ON t1 TO reader",
        "ALTER DATABASE project SET search_path = public, extra",
        "GRANT TEMPORARY ON DATABASE project TO reader WITH GRANT OPTION",
        "COMMENT ON DATABASE project IS 'ours, 100%'",
        "ALTER DATABASE project CONNECTION LIMIT 50",
        "SELECT lo_from_bytea(4711, 'large')",
    )
    head = commit(project, "rooms")
    saved = project.good("snapshot", "save", "before-rooms", "--json").json["snapshot"]
    assert (saved["name"], saved["commit"], saved["branch"]) == ("before-rooms", head, "rooms")
    assert (saved["revisions"], saved["seed"], saved["engine"], saved["environment"]) == (
        ["t2"], "done", "embedded", "dev",
    )  # fmt: skip
    text = (shelf(project) / "before-rooms/snapshot.json").read_text()
    assert json.loads(text) == saved
    assert here.password not in text
    execute(here, "INSERT INTO t1 VALUES (7)")
    client = psycopg2.connect(host=here.host, port=here.port, user=here.user, password=here.password, dbname=here.name)
    process = backend(project)
    ran = project.good("snapshot", "restore", "before-rooms", "--yes", "--json").json
    with pytest.raises(psycopg2.OperationalError):
        client.cursor().execute("SELECT 1")
    client.close()
    assert rows(project) == [1]
    assert [step["title"] for step in ran["steps"]].count("start backend") == 1
    assert backend(project) != process
    assert project.good("status", "--json").json["backend"]["healthy"]
    kept = ran["kept_database"]
    assert databases(project) == ["project", kept]
    assert execute(replace(here, name=kept), "SELECT count(*) FROM t1") == [(2,)]
    (mark,) = execute(
        replace(here, name=kept), "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname = current_database()",
    )  # fmt: skip
    words = json.loads(str(mark[0]).removeprefix("nox-alembic "))
    assert (words["verb"], words["revisions"], words["comment"]) == ("snapshot restore", ["t2"], "ours, 100%")
    assert execute(
        here,
        "SELECT shobj_description(d.oid, 'pg_database'), datconnlimit, current_setting('search_path'),"
        " has_table_privilege('reader', 't1', 'SELECT'),"
        " has_database_privilege('reader', 'project', 'TEMPORARY WITH GRANT OPTION'),"
        " convert_from(lo_get(4711), 'UTF8')"
        " FROM pg_database d WHERE datname = 'project'",
    ) == [("ours, 100%", 50, "public, extra", True, True, "large")]
    again = project.good("snapshot", "restore", "before-rooms", "--yes", "--json").json["kept_database"]
    assert databases(project) == ["project", kept, again]
    assert project.run("snapshot", "save", "Before-rooms", "--json").error[0] == "NA604"


def test_a_snapshot_behind_head_says_so_and_is_migrated_where_that_is_asked_for(project: Project) -> None:
    project.good("snapshot", "save", "old")
    project.revision("t3", "t2")
    project.good("migrate")
    listed = project.good("snapshot", "list")
    assert [line.split()[:1] for line in listed.out.splitlines()] == [["NAME"], ["old"]]
    assert "1 behind head" in listed.out
    ran = project.good("snapshot", "restore", "old", "--yes", "--json").json
    assert ran["notes"][0] == (
        "the snapshot is 1 behind head: `nox -s migrate` upgrades it, `nox -s dev` starts the backend, too"
    )
    status = project.run("status", "--json").json
    assert (status["current"], status["backend"]["running"]) == (["t2"], False)
    project.good("snapshot", "restore", "old", "--migrate", "--yes")
    status = project.run("status", "--json").json
    assert status["current"] == ["t3"]
    project.good("downgrade", "--yes")
    (project.root / "alembic/versions/t3.py").unlink()
    project.good("dev")


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def test_what_cannot_be_restored_is_refused_and_changes_nothing(project: Project) -> None:
    project.good("snapshot", "save", "good")
    folder = shelf(project) / "good"
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    process = backend(project)

    def newer(sidecar: bytes) -> bytes:
        return json.dumps({**json.loads(sidecar), "server_version": "99.0"}).encode()

    def elsewhere(sidecar: bytes) -> bytes:
        return json.dumps({**json.loads(sidecar), "revisions": ["t1"]}).encode()

    for name, change, id_ in [
        ("dump.zst", lambda data: data[:-1], "NA603"),
        ("dump.zst", lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:], "NA608"),
        ("snapshot.json", lambda data: b"{", "NA603"),  # noqa: ARG005 - cut short, whatever it was
        ("snapshot.json", newer, "NA605"),
        ("snapshot.json", elsewhere, "NA614"),
    ]:
        rewrite(folder / name, change)
        assert project.run("snapshot", "restore", "good", "--yes", "--json").error[0] == id_
        for path, data in whole.items():
            path.write_bytes(data)
        assert (databases(project), rows(project)) == (["project"], [1]), id_
    execute(address_of(project), "CREATE DATABASE project__new")
    assert project.run("snapshot", "restore", "good", "--yes", "--json").error == (
        "NA611",
        'the database "project__new" is in the way, and was not made by this tool',
        'rename it: `ALTER DATABASE "project__new" RENAME TO ...`',
    )
    assert databases(project) == ["project", "project__new"]
    execute(address_of(project), "DROP DATABASE project__new")
    # A row that needs those of a table which comes later: pg_restore says so, and nothing of it is left.
    execute(
        address_of(project),
        "CREATE FUNCTION any_row() RETURNS bool LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM public.t1)'",
        "CREATE TABLE first (a int CHECK (public.any_row()))",
        "INSERT INTO first VALUES (1)",
    )
    project.good("snapshot", "save", "needing")
    execute(address_of(project), "DROP TABLE first", "DROP FUNCTION any_row")
    ran = project.run("snapshot", "restore", "needing", "--yes", "--json")
    assert (ran.code, ran.error[0]) == (1, "NA610")
    assert 'new row for relation "first" violates check constraint "first_check"' in ran.err
    assert (databases(project), rows(project), backend(project)) == (["project"], [1], process)


def test_snapshots_are_deleted_one_by_one_or_but_for_the_newest_and_no_environment_sees_another_ones(
    project: Project,
) -> None:
    for name in ("one", "two", "three"):
        project.good("snapshot", "save", name)
    assert project.run("snapshot", "delete", "two", "--json").error[0] == "NA010"
    project.good("snapshot", "delete", "two", "--yes")
    planned = project.good("snapshot", "prune", "--keep", "1", "--dry-run")
    assert planned.out.startswith('1. delete one\nwhat goes: the snapshot "one" of ')
    assert project.good("snapshot", "list", "--env", "two", "--json").json["snapshots"] == []
    assert project.run("snapshot", "restore", "one", "--env", "two", "--json").error[0] == "NA602"
    project.good("snapshot", "prune", "--keep", "1", "--yes")
    assert [one["name"] for one in project.good("snapshot", "list", "--json").json["snapshots"]] == ["three"]


def test_a_save_that_is_killed_leaves_no_snapshot(project: Project) -> None:
    killed(project, "dumped", "snapshot", "save", "cut")
    killed(project, "named", "snapshot", "save", "cut")
    assert [path.suffix for path in shelf(project).iterdir()] == [".partial"]
    assert project.good("snapshot", "list", "--json").json["snapshots"] == []
    project.good("snapshot", "save", "cut")
    assert [path.name for path in shelf(project).iterdir()] == ["cut"]


def test_a_restore_that_is_killed_anywhere_leaves_the_old_database_or_the_new_one(project: Project) -> None:
    project.good("snapshot", "save", "state")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    restore = ("snapshot", "restore", "state", "--yes")
    project.good(*restore)
    execute(address_of(project), "INSERT INTO t1 VALUES (8)")
    (kept,) = databases(project)[1:]
    # The second time that pieces are read they are loaded.
    for point, count in (("read", 2), ("created", 1), ("after LoadSnapshot", 1), ("after StopBackend", 1)):
        killed(project, point, *restore, count=count)
        assert rows(project) == [1, 8], point
        assert {"project", kept} <= set(databases(project)), point
    # Killed between two statements: there is no mark yet, but the limit.
    execute(address_of(project), "DROP DATABASE IF EXISTS project__new")
    execute(address_of(project), "CREATE DATABASE project__new CONNECTION LIMIT 1914")
    project.good("snapshot", "save", "later")  # clears
    assert databases(project) == ["project", kept]
    killed(project, "before CloseUndo", *restore)
    assert rows(project) == [1]
    (_, oldest, newest) = databases(project)
    assert oldest == kept
    old = replace(address_of(project), name=str(newest))
    assert execute(old, "SELECT id FROM t1 ORDER BY 1") == [(1,), (8,)]
    project.good("dev")


@pytest.fixture
def small_disk(project: Project) -> Iterator[Path]:
    """The folder of snapshots on a disk of one megabyte."""
    if not IS_ROOT:
        pytest.skip("only root can mount a small disk")
    (home,) = (project.home / "data").iterdir()
    folder = home / "snapshots/dev"
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_and_leaves_nothing(project: Project, small_disk: Path) -> None:
    noise = "CREATE TABLE noise AS SELECT md5(random()::text) FROM generate_series(1, 100000)"
    execute(address_of(project), "DROP TABLE IF EXISTS noise", noise)
    ran = project.run("snapshot", "save", "big", "--json")
    free = "1.0 MB are free there"
    assert (ran.code, ran.error) == (
        1,
        (
            "NA607",
            f"{small_disk} cannot be written: {os.strerror(28)}, {free}",
            "make room, `nox -s snapshot -- prune --keep 3` for one, or see who may write there",
        ),
    )
    assert list(small_disk.iterdir()) == []
    assert rows(project) == [1]


def test_a_server_that_is_killed_while_it_is_restored_loses_nothing(project: Project) -> None:
    # Large enough as a dump, and only as a dump, for several processes.
    wide = "CREATE TABLE wide AS SELECT repeat('x', 1000000) FROM generate_series(1, 70)"
    much = "CREATE TABLE much AS SELECT i, md5(i::text) FROM generate_series(1, 400000) AS i"
    execute(address_of(project), "DROP TABLE IF EXISTS much, wide", much, wide)
    project.good("snapshot", "save", "state")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    restoring = subprocess.Popen(
        project.command("snapshot", "restore", "state", "--yes", "--json"), cwd=project.root, env=project.environ,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    await_new(address_of(project), restoring)
    (file,) = (project.home / "data").glob("*/dev/pgdata/postmaster.pid")
    os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
    out, _ = restoring.communicate(timeout=300)
    error = json.loads(out)["error"]
    assert (restoring.returncode, error["id"]) == (1, "NA610")
    project.good("dev")
    assert rows(project) == [1, 7]
    project.good("snapshot", "restore", "state", "--yes")
    assert rows(project) == [1]
    assert execute(address_of(project), "SELECT sum(length(repeat)), (SELECT count(*) FROM much) FROM wide") == [
        (70_000_000, 400_000)
    ]
    assert [path.name for path in shelf(project).iterdir()] == ["state"]


def await_new(here: DatabaseAddress, restoring: "subprocess.Popen[str]") -> None:
    """Wait until pg_restore is at work in the new database."""
    busy = "SELECT 1 FROM pg_stat_activity WHERE datname = 'project__new' AND application_name = 'pg_restore'"
    while not execute(here, busy):
        assert restoring.poll() is None


SETTINGS = """
SELECT setrole::regrole::text, array_to_string(setconfig, ' ') FROM pg_db_role_setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = 'project') AND setrole <> 0
"""


def test_what_is_set_for_roles_stays_theirs_and_roles_that_are_gone_are_noticed_first(project: Project) -> None:
    here = address_of(project)
    execute(
        here,
        "CREATE ROLE guest",
        "GRANT SELECT ON t1 TO guest",
        "ALTER ROLE guest IN DATABASE project SET statement_timeout = '7s'",
        "ALTER ROLE CURRENT_USER IN DATABASE project SET work_mem = '9MB'",
        "ALTER DATABASE project SET work_mem = '7MB'",
    )
    try:
        project.good("snapshot", "save", "granted")
        before = execute(here, SETTINGS)
        assert project.good("snapshot", "list", "--json").json["snapshots"][0]["roles"][0] == "guest"
        project.good("snapshot", "restore", "granted", "--yes")
        assert execute(here, SETTINGS) == before
        execute(here, "ALTER ROLE CURRENT_USER IN DATABASE project RESET ALL")
        assert execute(here, "SHOW work_mem") == [("7MB",)], "a role's setting is not taken for the database's"
        project.good("undo")
    finally:
        execute(here, "ALTER DATABASE project RESET work_mem", "ALTER ROLE CURRENT_USER IN DATABASE project RESET ALL")
    for name in databases(project)[1:]:
        execute(here, sql.SQL("DROP DATABASE {}").format(sql.Identifier(str(name))))
    execute(here, "DROP OWNED BY guest", "DROP ROLE guest")
    ran = project.run("snapshot", "restore", "granted", "--yes", "--json")
    assert (ran.code, ran.error[:2]) == (
        4,
        ("NA619", 'the snapshot "granted" names roles that the server does not have: guest'),
    )
    assert databases(project) == ["project"]


def test_what_could_not_be_restored_is_noticed_when_it_is_saved(project: Project) -> None:
    here = address_of(project)
    execute(
        here,
        "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1'",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN g($1); END'",
        "CREATE TABLE made (a int, b int GENERATED ALWAYS AS (f(a)) STORED)",
        "INSERT INTO made VALUES (1)",
    )
    try:
        ran = project.run("snapshot", "save", "broken", "--json")
        message = "a dump of the database could not be restored, and there is no snapshot"
        cure = "`ALTER FUNCTION public.f(integer) SET search_path = public` in a revision"
        assert ran.error == (
            "NA618",
            f"{message}: the generated column public.made.b",
            f"a restore runs without a search_path: {cure}, or name the schema in its body",
        )
        assert "the generated column public.made.b: function g(integer) does not exist" in ran.err
        execute(here, "ALTER FUNCTION public.f(integer) SET search_path = public")
        project.good("snapshot", "save", "mended")
        project.good("snapshot", "restore", "mended", "--yes")
        assert execute(here, "SELECT * FROM made") == [(1, 2)]
    finally:
        execute(here, "DROP TABLE made", "DROP FUNCTION f", "DROP FUNCTION g")
