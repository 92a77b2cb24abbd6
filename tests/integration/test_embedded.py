"""The verbs on the embedded engine: real PostgreSQL processes, without Docker."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from tests.integration.conftest import address_of, connection_of, execute
from tests.project import EVERYTHING, Project, make_project, tree
from tests.users import IS_ROOT, UID, as_normal_user, give


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    yield project
    project.prefix = ()
    project.run("down")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("stopped")
    project = make_project(folder / "project", folder / "home", 'engine = "embedded"')
    yield project
    project.run("down")


@pytest.fixture
def stopped(shared: Project) -> Project:
    """One project for all tests that wipe nothing: it has the row of the seed, and nothing of it runs."""
    shared.good("dev")
    shared.good("down")
    return shared


def pgdata(project: Project) -> Path:
    (path,) = (project.home / "data").glob("*/dev/pgdata")
    return path


def rows(project: Project) -> object:
    return execute(address_of(project), "SELECT count(*) FROM t1")[0][0]


def server(project: Project) -> psutil.Process:
    return psutil.Process(int((pgdata(project) / "postmaster.pid").read_text().split()[0]))


def ours(project: Project) -> list[str]:
    """Return the command lines of all processes that work for the project."""
    found = []
    for process in psutil.process_iter():
        try:
            place = f"{process.cwd()} {' '.join(process.cmdline())}"
            if process.status() != psutil.STATUS_ZOMBIE and str(project.root.parent) in place:
                found.append(place)
        except (psutil.Error, OSError):
            continue
    return found


def test_a_fresh_machine_gets_a_healthy_backend_and_a_second_reset_works_at_once(project: Project) -> None:
    project.good("reset")
    first = project.good("status", "--json").json
    assert (first["current"], first["engine"], first["backend"]["healthy"]) == (["t2"], "embedded", True)
    with urllib.request.urlopen(first["backend"]["url"], timeout=30) as answer:
        assert answer.status == 200
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    project.good("reset", "--yes")
    assert rows(project) == 1
    second = project.good("status", "--json").json
    assert second["database"] == first["database"]
    assert second["backend"] == first["backend"]


def test_down_leaves_no_process_and_the_data(project: Project) -> None:
    project.good("dev")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    project.good("down")
    assert ours(project) == []
    assert project.good("down", "--json").json["notes"] == ["nothing is running"]
    project.good("dev")
    assert rows(project) == 2
    assert project.good("dev", "--json").json["steps"] == []


def test_a_dry_run_changes_nothing_at_all(project: Project) -> None:
    before = tree(project.root.parent)
    ran = project.good("reset", "--dry-run", "--json").json
    assert tree(project.root.parent) == before
    assert ran["plan"][-2:] == ["start backend", "wait for the backend"]
    assert (ran["dry_run"], ran["destroys"], ran["steps"]) == (True, "", [])


def test_status_of_a_fresh_clone_is_a_finding_and_changes_nothing(project: Project) -> None:
    before = tree(project.root.parent)
    ran = project.run("status", "--json")
    assert (ran.code, ran.json["findings"]) == (3, ["the database does not answer"])
    assert tree(project.root.parent) == before


def test_a_server_that_was_killed_comes_back_with_its_data(project: Project) -> None:
    project.good("dev")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    server(project).kill()
    assert project.run("status").code == 3
    project.good("dev")
    assert rows(project) == 2


def test_a_stale_pid_file_that_names_another_program_is_no_server(stopped: Project) -> None:
    (pgdata(stopped) / "postmaster.pid").write_text(f"{os.getpid()}\n{pgdata(stopped)}\n1\n5432\n\n127.0.0.1\n")
    stopped.good("dev")
    assert stopped.run("status").code == 0


def test_a_backend_that_died_is_started_again(project: Project) -> None:
    project.good("dev")
    (path,) = (project.home / "state").rglob("backend.json")
    psutil.Process(json.loads(path.read_text())["pid"]).kill()
    ran = project.run("status", "--json")
    assert (ran.code, ran.json["findings"]) == (3, ["the backend is not healthy"])
    steps = project.good("dev", "--json").json["steps"]
    assert [step["title"] for step in steps] == ["start backend", "wait for the backend"]


def test_a_backend_that_cannot_start_shows_its_last_words(project: Project) -> None:
    project.write("backend.py", "raise SystemExit('no luck today')")
    ran = project.run("dev")
    assert ran.code == 1
    assert "error NA501: the backend ended instead of becoming healthy" in ran.err
    assert "  no luck today" in ran.err


def test_a_chosen_port_that_is_taken_is_named_with_its_key(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        project.table(*EVERYTHING, 'engine = "embedded"', f"database-port = {port}")
        assert project.run("dev", "--json").error == (
            "NA111",
            f"the port {port} that the database wants is taken by another program",
            'choose another one with "database-port"',
        )
    assert not project.home.exists() or not list(project.home.rglob("pgdata"))


def test_a_free_port_that_somebody_took_meanwhile_is_replaced(stopped: Project) -> None:
    before = connection_of(stopped)["port"]
    with socket.create_server(("127.0.0.1", before)):
        stopped.good("dev")
    assert connection_of(stopped)["port"] != before
    assert stopped.run("status").code == 0


def test_data_of_another_major_version_is_explained_and_reset_is_the_cure(project: Project) -> None:
    project.good("dev")
    project.good("down")
    (pgdata(project) / "PG_VERSION").write_text("9\n")
    id_, message, hint = project.run("dev", "--json").error
    assert (id_, hint) == ("NA124", "`nox -s reset` starts afresh")
    assert message.startswith(f"the data in {pgdata(project)} was made by PostgreSQL 9, and the programs are ")
    project.good("reset", "--yes")
    assert rows(project) == 1


def test_an_initdb_that_was_cut_off_leaves_nothing_in_the_way(stopped: Project) -> None:
    data = pgdata(stopped)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    cut_off = data.with_name(f".pgdata.new-{dead.pid}")
    shutil.move(data, cut_off)
    stopped.good("dev")
    assert not cut_off.exists()
    assert rows(stopped) == 1


def test_an_initdb_that_outlived_its_run_is_ended_before_its_folder_is_deleted(stopped: Project) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    cut_off = pgdata(stopped).with_name(f".pgdata.new-{dead.pid}")
    shutil.move(pgdata(stopped), cut_off)
    script = "import pathlib, sys, time\nwhile True: pathlib.Path(sys.argv[1], 'base/new').touch(); time.sleep(0.001)"
    with subprocess.Popen([sys.executable, "-c", script, str(cut_off)], stderr=subprocess.DEVNULL) as writer:
        stopped.good("dev")
        assert writer.wait(timeout=300) == -signal.SIGKILL
    assert not cut_off.exists()
    assert rows(stopped) == 1


def test_programs_that_are_not_there_are_named(project: Project) -> None:
    project.table(*EVERYTHING, 'engine = "embedded"', 'postgres-bin = "nowhere"')
    assert project.run("dev", "--json").error == (
        "NA121",
        f'"postgres-bin" is {project.root / "nowhere"}, which has no initdb and no pg_ctl and no postgres',
        'correct "postgres-bin" in pyproject.toml',
    )


def test_facts_that_cannot_be_read_are_named(stopped: Project) -> None:
    (path,) = (stopped.home / "data").rglob("connection.json")
    known = path.read_text()
    path.write_text("{")
    id_, message, _ = stopped.run("status", "--json").error
    path.write_text(known)
    assert id_ == "NA127"
    assert str(path) in message


def test_the_data_may_be_in_the_project(project: Project) -> None:
    project.table(*EVERYTHING, 'engine = "embedded"', 'data = "volumes/db"')
    project.good("reset")
    project.good("reset", "--yes")
    names = sorted(path.name.partition("-")[0] for path in (project.root / "volumes").iterdir())
    assert names == [".db.wipe", "db"]
    assert (project.root / "volumes/db/PG_VERSION").exists()


def test_a_data_folder_that_is_no_database_is_left_alone(project: Project) -> None:
    project.table(*EVERYTHING, 'engine = "embedded"', 'data = "photos"')
    project.write("photos/cat.jpg", "a cat")
    ran = project.run("reset", "--yes", "--json")
    place = project.root / "photos"
    message = f"refused to wipe '{place}': it is not a PostgreSQL data folder: it holds 'cat.jpg'"
    assert (ran.code, ran.error[:2]) == (5, ("NA306", message))
    assert (place / "cat.jpg").read_text() == "a cat"


def test_a_data_folder_behind_a_link_is_left_alone(project: Project) -> None:
    project.table(*EVERYTHING, 'engine = "embedded"', 'data = "volumes/db"')
    project.write("elsewhere/PG_VERSION", "18")
    (project.root / "volumes").mkdir()
    (project.root / "volumes/db").symlink_to(project.root / "elsewhere")
    ran = project.run("reset", "--yes", "--json")
    assert (ran.code, ran.error[0]) == (5, "NA303")
    assert (project.root / "elsewhere/PG_VERSION").exists()


@pytest.mark.parametrize(("data", "id_"), [("../elsewhere", "NA301"), ("/var/lib/postgresql", "NA302")])
def test_a_data_folder_outside_of_the_project_is_left_alone(project: Project, data: str, id_: str) -> None:
    project.table(*EVERYTHING, 'engine = "embedded"', f'data = "{data}"')
    ran = project.run("reset", "--yes", "--json")
    assert (ran.code, ran.error[0]) == (5, id_)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_a_normal_user_does_all_of_it_too(project: Project, tmp_path: Path) -> None:
    project.prefix = as_normal_user()
    project.variables["HOME"] = str(tmp_path)
    give(tmp_path)
    project.good("reset")
    project.good("reset", "--yes")
    assert server(project).uids().real == UID
    assert rows(project) == 1
    project.good("down")
    assert ours(project) == []


def kept_by(project: Project) -> list[str]:
    """Return what is kept of a project but for its data, and for a cache, which is of no environment."""
    return sorted(str(path) for path in project.home.rglob("*") if not {"pgdata", "cache"} & set(path.parts))


def test_the_throw_away_environment_leaves_nothing_behind(project: Project) -> None:
    project.good("dev")
    project.table(*EVERYTHING, 'engine = "embedded"', "test-command = ['python', '-c', 'raise SystemExit(3)']")
    before = kept_by(project)
    assert project.run("test", "--json").error[1] == "the test command ended with 3"
    assert kept_by(project) == before
    assert rows(project) == 1


def test_a_throw_away_environment_of_a_killed_run_is_removed_by_the_next(project: Project) -> None:
    project.table(*EVERYTHING, 'engine = "embedded"', "test-command = ['python', '-c', 'input()']")
    running = subprocess.Popen(
        project.command("test"), cwd=project.root, env=project.environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stderr is not None
    while b"run python" not in running.stderr.readline():
        pass
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert list((project.home / "data").rglob("throwaway-*")) != []
    project.table(*EVERYTHING, 'engine = "embedded"', "test-command = ['python', '-c', '']")
    project.good("test")
    assert list((project.home / "data").rglob("throwaway-*")) == []


def test_a_failed_migration_names_revision_file_and_cause_and_keeps_the_earlier_ones(project: Project) -> None:
    project.revision("t3", "t2", upgrade='op.execute("SELECT nonsense")')
    ran = project.run("dev", "--json")
    assert ran.code == 1
    message = (
        'the revision t3 (alembic/versions/t3.py, line 10) failed: column "nonsense" does not exist.'
        " Applied and kept: t1, t2; the database is at t2."
    )
    hint = "correct line 10 of alembic/versions/t3.py, then `nox -s dev`"
    assert ran.error == ("NA456", message, f"{hint}; `nox -s status` shows which revisions are applied")
    assert "  LINE 1: SELECT nonsense\n                 ^\n" in ran.err
    assert project.run("status", "--json").json["pending"] == ["t3"]
    project.revision("t3", "t2")
    project.good("dev")
    assert rows(project) == 1


def test_two_migrations_at_once_with_a_concurrent_index_both_succeed(project: Project) -> None:
    project.good("dev")
    index = (
        "with op.get_context().autocommit_block():\n"
        '        op.create_index("i3", "t1", ["id"], postgresql_concurrently=True)'
    )
    project.revision("t3", "t2", upgrade=index)
    runs = [project.start("migrate", "--env", name) for name in ("dev", "dev")]
    codes = sorted(run.wait(timeout=300) for run in runs)
    assert codes in ([0, 0], [0, 4])  # the second one may meet the environment's lock
    assert project.run("status", "--json").json["pending"] == []


def test_downgrade_and_migrate_move_the_database(project: Project) -> None:
    project.good("dev")
    assert project.run("downgrade", "--json").error[0] == "NA010"
    project.good("downgrade", "--yes")
    assert project.run("status", "--json").json["current"] == ["t1"]
    assert rows(project) == 1
    project.good("migrate")
    assert project.run("migrate", "nope", "--json").error == (
        "NA401",
        'there is no revision "nope" in this project',
        "the nearest are: t1 (make t1), t2 (make t2)",
    )
    project.good("downgrade", "-2", "--yes")
    assert project.run("status", "--json").json["current"] == []


def test_two_heads_are_found_before_anything_is_touched(project: Project) -> None:
    project.revision("t9", "t1")
    ran = project.run("reset", "--json")
    assert (ran.code, ran.error[1]) == (3, "the history has 2 heads: t2 (make t2) and t9 (make t9)")
    assert not list(project.home.rglob("pgdata"))


def test_computed_revision_ids_are_read_through_alembic(project: Project) -> None:
    text = (project.root / "alembic/versions/t2.py").read_text()
    project.write("alembic/versions/t2.py", text.replace('revision = "t2"', 'revision = "t" + "2"'))
    project.good("dev")
    assert project.good("status", "--json").json["heads"] == ["t2"]


def test_a_migration_prints_its_sql_on_stdout(project: Project) -> None:
    assert "CREATE TABLE t2" in project.good("migrate", "--sql").out


def test_a_migration_prints_its_sql_from_a_folder_below_the_project_too(project: Project) -> None:
    """Alembic takes a relative script_location from where it runs, which must not be where the user happens to be."""
    project.write("alembic.ini", "[alembic]\nscript_location = alembic\n")
    (project.root / "below").mkdir()
    project.root = project.root / "below"
    assert "CREATE TABLE t2" in project.good("migrate", "--sql").out
    project.root = project.root.parent


def test_a_wrong_password_is_not_waited_for(project: Project) -> None:
    project.good("dev")
    (path,) = (project.home / "data").rglob("connection.json")
    path.write_text(json.dumps({**connection_of(project), "password": "wrong"}))
    assert project.run("dev", "--json").error[0] == "NA203"  # NA201 would be the end of a wait
    with pytest.raises(psycopg2.OperationalError):
        rows(project)


def test_logs_show_both_with_a_prefix(project: Project) -> None:
    project.good("dev")
    shown = project.good("logs").out
    assert "backend | backend started" in shown
    assert "db      | " in shown
    assert project.good("logs", "backend", "-n", "1").out == "backend started\n"
