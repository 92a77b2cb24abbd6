"""The verbs on real Compose, real containers and a real PostgreSQL."""

import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import MakeProject, as_normal_user_of, compose_projects, containers, docker, query, starts
from tests.project import EVERYTHING, Project, tree
from tests.users import IS_ROOT, UID

IMAGE = os.environ.get("POSTGRES_IMAGE", "postgres:17")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with compose_projects(tmp_path_factory.mktemp("running")) as make:
        yield make()


@pytest.fixture
def running(shared: Project) -> Project:
    """One project for all tests that reset nothing: it is up and has what the seed makes."""
    shared.table(*EVERYTHING)
    shared.good("dev")
    query(shared, "DELETE FROM t1 WHERE id > 1")
    return shared


def rows(project: Project, environment: str = "") -> object:
    """Return how many rows the seed's table has."""
    return query(project, "SELECT count(*) FROM t1", environment)[0][0]


def everything_of(project: Project) -> tuple[str, str]:
    """Return the containers and networks of the project and of what is named after it.

    Not all containers: other tests may run beside this one.
    """
    mine = ("--filter", f"name={project.variables['PROJECT']}")
    return docker("ps", "-aq", *mine), docker("network", "ls", "-q", *mine)


def volumes() -> set[str]:
    """Return all volumes: one without a name tells nobody whose it is. Those of other tests may go meanwhile."""
    return set(docker("volume", "ls", "-q").split())


def insert(project: Project) -> None:
    """Add a row that the seed does not make."""
    query(project, "INSERT INTO t1 VALUES (2)")


def test_dev_takes_a_fresh_clone_to_a_healthy_backend_and_then_changes_nothing(project: Project) -> None:
    project.good("dev")
    status = project.good("status", "--json").json
    assert (status["current"], status["backend"]["healthy"], status["engine"]) == (["t2"], True, "compose")
    with urllib.request.urlopen(status["backend"]["url"], timeout=30) as answer:
        assert answer.status == 200
    assert rows(project) == 1
    again = project.good("dev", "--json").json
    assert (again["steps"], again["notes"]) == ([], ["everything is up and at t2 (make t2)"])


def test_reset_brings_a_broken_database_back_and_starts_the_backend_once(project: Project) -> None:
    project.good("reset")
    (project.root / "volumes/db/global/pg_control").unlink()
    docker("compose", "kill", "db", cwd=project.root)
    since = time.time()
    ran = project.good("reset", "--yes", "--json").json
    assert starts(project, "backend", since, time.time() + 1) == 1
    assert [step["outcome"] for step in ran["steps"]] == ["done", "done", "done", "in the background", *["done"] * 8]
    assert project.run("status").code == 0
    assert rows(project) == 1


def test_the_data_of_two_resets_is_kept_beside_the_new_and_comes_back_by_undo(project: Project) -> None:
    project.good("dev")
    for _ in range(3):
        project.good("reset", "--yes")
    kept = [one["kept"] for one in project.good("undo", "--list", "--json").json["kept"]]
    volumes = project.root / "volumes"
    assert sorted(path.name for path in volumes.iterdir() if "wipe" in path.name) == sorted(kept)
    assert [(volumes / name / "PG_VERSION").exists() for name in kept] == [True, True]
    project.good("undo")
    assert not (volumes / kept[0]).exists()
    assert project.run("status", "--json").json["backend"]["healthy"]


def test_containers_are_kept_by_reset_and_removed_by_down(project: Project) -> None:
    project.good("reset")
    before = docker("compose", "ps", "-aq", "--no-trunc", cwd=project.root)
    project.good("reset", "--yes")
    assert docker("compose", "ps", "-aq", "--no-trunc", cwd=project.root) == before
    project.good("down")
    assert containers(project) == []
    assert (project.root / "volumes/db/PG_VERSION").exists()
    assert project.good("down", "--json").json["notes"] == ["nothing is running"]
    project.good("dev")
    assert rows(project) == 1


def test_a_dry_run_lists_the_steps_and_changes_nothing(running: Project) -> None:
    before = tree(running.root), containers(running)
    ran = running.good("reset", "--dry-run")
    assert ran.out.splitlines() == [
        "1. prove that the server is ours",
        "2. kill the backend and the database",
        f"3. wipe {running.root / 'volumes/db'}",
        "4. start the database",
        "5. delete the data of earlier resets",
        "6. wait for the database",
        "7. see that the data is new",
        "8. prove that the server is ours",
        "9. migrate to head",
        "10. seed (python seed.py)",
        "11. note that the new data is whole",
        "12. start backend",
        "13. wait for the backend",
        "14. close the undo log",
        f"what goes: the database in {running.root / 'volumes/db'}",
    ]
    after = tree(running.root), containers(running)
    assert [path for path in before[0] if before[0][path] != after[0][path] and "volumes" not in path] == []
    assert set(before[0]) == set(after[0])
    assert before[1] == after[1]


def test_reset_without_a_terminal_needs_yes_once_there_is_data(running: Project) -> None:
    ran = running.run("reset", "--json")
    assert ran.code == 5
    assert ran.error == (
        "NA010",
        f"without a terminal nobody can be asked, and this destroys the database in {running.root / 'volumes/db'}",
        "look at it with `--plan`, and repeat it with the `--approve HASH` that is shown there, or with `--yes`",
    )
    assert rows(running) == 1


def test_two_environments_run_side_by_side_and_reset_of_one_leaves_the_other_alone(
    make_compose_project: MakeProject,
) -> None:
    project = make_compose_project()
    name = project.variables["PROJECT"]
    project.table(
        *EVERYTHING,
        "[tool.nox-alembic.env.two]",
        f'compose-project = "{name}-two"',
        'variables = { SAMPLE_DATA = "./volumes/two" }',
    )
    project.good("dev")
    project.good("dev", "--env", "two")
    insert(project)
    assert (rows(project), rows(project, "two")) == (2, 1)
    project.good("reset", "--yes", "--env", "two")
    assert (rows(project), rows(project, "two")) == (2, 1)
    assert containers(project) == ["backend running", "db running"]
    project.good("down", "--env", "two")
    assert project.run("status").code == 0


def test_a_normal_user_resets_a_folder_of_the_containers_user(
    make_compose_project: MakeProject, tmp_path: Path
) -> None:
    """The old way was `sudo rm -rf`: the folder belongs to uid 999 and is closed to everybody else."""
    if not IS_ROOT:
        pytest.skip("this test changes to another user, which only root can; the other tests run as a normal user")
    project = make_compose_project()
    as_normal_user_of(project, tmp_path)
    project.good("reset")
    assert (project.root / "volumes/db").stat().st_uid not in {0, UID}
    for _ in range(3):  # the third deletes what the first has set aside
        ran = project.good("reset", "--yes", "--json").json
        assert "warnings" not in ran
    assert len([path for path in (project.root / "volumes").iterdir() if "wipe" in path.name]) == 2


def test_a_taken_port_is_named_with_its_variable_before_anything_is_touched(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = project.run("dev", "--json", SAMPLE_DB_PORT=str(port))
    assert ran.error == (
        "NA111",
        f"the port {port} that db wants is taken by another program",
        "choose another one with SAMPLE_DB_PORT",
    )
    assert containers(project) == []
    assert not (project.root / "volumes").exists()


def test_a_foreign_container_on_the_data_stops_the_reset(running: Project) -> None:
    volume = f"{running.root}/volumes/db/base:/elsewhere"
    foreign = docker("run", "-d", "--rm", "--entrypoint", "sleep", "-v", volume, IMAGE, "600").strip()
    try:
        ran = running.run("reset", "--yes", "--json")
    finally:
        docker("rm", "-fv", foreign)  # with the volume that the image declares
    assert ran.code == 5
    assert docker_names_in(ran.error[1])
    assert rows(running) == 1


def docker_names_in(message: str) -> bool:
    """Return whether the message says which container it is."""
    return "container " in message


def test_two_clones_under_one_project_name_do_not_touch_each_other(make_compose_project: MakeProject) -> None:
    first = make_compose_project()
    second = make_compose_project(name=first.variables["PROJECT"])
    first.good("dev")
    for verb in ("reset", "dev", "down"):
        ran = second.run(verb, "--yes", "--json")
        assert ran.code == 5
        assert ran.error == (
            "NA112",
            f"the Compose project is in use by another clone, in {first.root}",
            'run `nox -s down` there, or set "compose-project" here',
        )
    assert rows(first) == 1
    first.root.rename(first.root.with_name("gone"))
    try:
        _, message, hint = second.run("dev", "--json").error
        assert message == f"the Compose project is in use by another clone, in {first.root}, which is gone"
        docker(*hint.split("`")[1].split()[1:])
        second.good("dev")
    finally:
        first.root.with_name("gone").rename(first.root)


def test_an_image_that_cannot_be_had_is_an_error_before_anything_is_touched(project: Project) -> None:
    ran = project.run("dev", "--json", POSTGRES_IMAGE="localhost:1/none:1")
    assert ran.code == 4
    assert ran.error == (
        "NA110",
        'the image "localhost:1/none:1" of the service "db" is not on this machine, and `pull` failed',
        "`docker compose pull db` shows why",
    )
    assert containers(project) == []
    assert not (project.root / "volumes").exists()


def test_a_database_that_does_not_come_up_shows_its_last_words(project: Project) -> None:
    text = (project.root / "compose.yml").read_text()
    project.write(
        "compose.yml",
        text.replace("    healthcheck", "    entrypoint: [sh, -c, 'echo out of luck; exit 7']\n    healthcheck"),
    )
    ran = project.run("dev")
    assert ran.code == 1
    assert "error NA205: the database ended while it was being waited for" in ran.err
    assert "  out of luck" in ran.err


def test_a_backend_that_does_not_come_up_shows_its_last_words(project: Project) -> None:
    project.write("backend.py", "raise SystemExit('no luck today')")
    ran = project.run("dev")
    assert ran.code == 1
    assert "error NA501: the backend ended instead of becoming healthy" in ran.err
    assert "  no luck today" in ran.err


COUNT = """\
import os
import sqlalchemy

with sqlalchemy.create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    print(connection.scalar(sqlalchemy.text("SELECT count(*) FROM t1")))
"""


def test_the_throw_away_environment_of_test_leaves_nothing_behind(running: Project) -> None:
    insert(running)
    running.write("count.py", COUNT)
    running.table(*EVERYTHING, 'test-command = "python count.py"')
    before, there = everything_of(running), volumes()
    ran = running.good("test")
    assert ran.out == "0\n"
    assert (everything_of(running), volumes() - there) == (before, set())
    assert rows(running) == 2


def test_failing_tests_fail_the_verb_and_leave_nothing_behind(project: Project) -> None:
    project.table(*EVERYTHING, "test-command = ['python', '-c', 'raise SystemExit(3)']")
    before, there = everything_of(project), volumes()
    assert project.run("test", "--json").error[1] == "the test command ended with 3"
    assert (everything_of(project), volumes() - there) == (before, set())


def test_logs_show_the_database_and_the_backend(running: Project) -> None:
    shown = running.good("logs").out
    assert "backend started" in shown
    assert "database system is ready to accept connections" in shown
    assert "backend started" not in running.good("logs", "database", "--tail", "3").out


def test_a_second_run_says_who_holds_the_environment(project: Project) -> None:
    project.good("dev")
    first = project.start("reset", "--yes")
    try:
        holder = project.home / "state"
        while not list(holder.rglob("dev.lock.json")):
            time.sleep(0.01)
        ran = project.run("down", "--json")
        assert ran.code == 4
        assert ran.error[0] == "NA012"
        assert f"`reset` (process {first.pid}, since " in ran.error[1]
    finally:
        assert first.wait(timeout=300) == 0


def test_no_password_reaches_the_screen(project: Project) -> None:
    for words in (("dev", "-v"), ("status", "-v", "--json"), ("reset", "-v", "--yes"), ("down", "-v")):
        ran = project.good(*words)
        assert "a$b%c" not in ran.out + ran.err
        assert "a%24b%25c" not in ran.out + ran.err
