"""What a verb destroys, it destroys on the server of its environment, whoever else answers on that port."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nox_alembic.core.facts import DatabaseAddress
from tests.elsewhere import forwarded
from tests.integration.conftest import execute
from tests.project import Project, make_project

HINT = "end what answers on port {} instead, a tunnel or another PostgreSQL, or choose another port"
STARTED = "SELECT to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[tuple[Project, Project]]:
    """Two clones of one project, so that their databases have the same name."""
    found = tuple(
        make_project(tmp_path / name / "project", tmp_path / name / "home", 'engine = "embedded"')
        for name in ("ours", "other")
    )
    for project in found:
        project.table('engine = "embedded"')  # neither backend nor seed
    yield found[0], found[1]
    for project in found:
        project.prefix = ()
        project.run("down")


def place(project: Project) -> Path:
    (path,) = (project.home / "data").glob("*/dev")
    return path


def address(project: Project) -> DatabaseAddress:
    known = json.loads((place(project) / "connection.json").read_text())
    return DatabaseAddress(
        host="127.0.0.1", port=known["port"], user=known["user"], password=known["password"], name="project"
    )


def take_password(project: Project, of: DatabaseAddress) -> None:
    """Make the password of another server this project's, too."""
    execute(address(project), f"ALTER USER postgres PASSWORD '{of.password}'")
    file = place(project) / "connection.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "password": of.password}))


def copy_data(source: Project, target: Project) -> None:
    """Make the data of the target a physical copy; both are down meanwhile."""
    for project in (source, target):
        project.good("down")
    shutil.rmtree(place(target) / "pgdata")
    shutil.copytree(place(source) / "pgdata", place(target) / "pgdata")
    for project in (source, target):
        project.good("dev")


def refusal(ours: Project, other: Project) -> tuple[str, str, str]:
    """Return what is said when the other one's server answers on our port."""
    started = int((place(ours) / "pgdata/postmaster.pid").read_text().splitlines()[2])
    found = f"started at {execute(address(other), STARTED)[0][0]} UTC on {place(other) / 'pgdata'}"
    message = f"the server behind {address(ours).shown} is not the one that this environment runs: it was {found}, "
    mine = f"ours was started at {datetime.fromtimestamp(started, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return "NA621", f"{message}{mine} on {place(ours) / 'pgdata'}", HINT.format(address(ours).port)


def system(project: Project) -> object:
    return execute(address(project), "SELECT system_identifier FROM pg_control_system()")[0][0]


def test_nothing_is_destroyed_on_another_server_on_our_port_nor_on_a_copy_of_ours(
    projects: tuple[Project, Project], tmp_path: Path
) -> None:
    ours, other = projects
    for project in projects:
        project.good("dev")
        execute(address(project), "INSERT INTO t1 VALUES (1)")
    take_password(other, of=address(ours))
    for copied, verb in ((False, "reset"), (True, "downgrade")):
        if copied:
            copy_data(ours, other)
        assert (system(ours) == system(other)) is copied
        with forwarded(address(ours).port, address(other).port, tmp_path) as ours.prefix:
            ran = ours.run(verb, "--yes", "--json")
            assert (ran.code, ran.error) == (5, refusal(ours, other))
        ours.prefix = ()
        for project in projects:
            rows = "SELECT count(*) FROM t1 JOIN alembic_version ON version_num = 't2'"
            assert execute(address(project), rows) == [(1,)]
    with forwarded(address(ours).port, address(ours).port, tmp_path) as ours.prefix:
        ours.good("downgrade", "--yes")  # a way round that ends at our own server is none of our business
    assert not list(place(ours).glob("pgdata/pg_stat_tmp/*"))


# Each verb that writes to a database, as it is typed; what it is refused with is the same for all.
WRITING = (
    ("dev",),
    ("migrate",),
    ("downgrade",),
    ("reapply",),
    ("revision", "-m", "more"),
    ("revision", "-m", "more", "--apply"),
    ("check",),
    ("repair", "--reverted", "t1"),
    ("reset",),
    ("reset", "--fast"),
    ("snapshot", "save", "there"),
    ("snapshot", "restore", "here"),
)


def test_no_verb_writes_to_another_server_on_our_port(projects: tuple[Project, Project], tmp_path: Path) -> None:
    """What the other server was asked for stands in its log; only what reads has come to it."""
    ours, other = projects
    for project in projects:
        project.good("dev")
    ours.good("snapshot", "save", "here")
    ours.good("downgrade", "--yes")
    take_password(other, of=address(ours))
    execute(address(other), "DELETE FROM alembic_version WHERE version_num = 't2'")
    execute(address(other), "INSERT INTO alembic_version VALUES ('t1')")
    execute(address(other), "ALTER SYSTEM SET log_statement = 'mod'")
    execute(address(other), "SELECT pg_reload_conf()")
    (log,) = other.home.glob("**/postgres.log")
    before = log.stat().st_size
    with forwarded(address(ours).port, address(other).port, tmp_path) as ours.prefix:
        for words in WRITING:
            ran = ours.run(*words, "--yes", "--json")
            assert (words, ran.code, ran.error) == (words, 5, refusal(ours, other))
        assert ours.run("undo", "--json").code == 3  # what was kept is not there
    ours.prefix = ()
    written = log.read_bytes()[before:].decode()
    assert [line for line in written.splitlines() if "statement:" in line] == []
    assert execute(address(other), "SELECT version_num FROM alembic_version") == [("t1",)]
    ours.good("migrate")


def test_what_a_killed_command_left_of_its_proof_goes_with_the_next_one(projects: tuple[Project, Project]) -> None:
    ours, _ = projects
    ours.good("dev")
    left, others = (place(ours) / f"pgdata/pg_stat_tmp/nox-alembic-{word}" for word in ("left", "others"))
    left.write_bytes(b"left")
    os.utime(left, (time.time() - 120,) * 2)
    others.write_bytes(b"of a command that asks just now")
    ours.good("downgrade", "--yes")
    assert list(left.parent.iterdir()) == [others]
    others.unlink()
    ours.good("migrate")


def test_what_cannot_be_proved_is_not_destroyed(projects: tuple[Project, Project]) -> None:
    ours, _ = projects
    ours.good("dev")
    (place(ours) / "pgdata/pg_stat_tmp").rmdir()
    ran = ours.run("downgrade", "--yes", "--json")
    id_, message, hint = ran.error
    assert (ran.code, id_, hint) == (
        5,
        "NA622",
        "nothing was changed; make room if the disk is full, or see `nox -s logs -- database`",
    )
    which, _, cause = message.partition(": ")
    server = f"the server behind {address(ours).shown}"
    assert which == f"it cannot be proved that {server} is the one that this environment runs"
    assert cause.startswith(f"[Errno 2] No such file or directory: '{place(ours)}/pgdata/pg_stat_tmp/nox-alembic-")
