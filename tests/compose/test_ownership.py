"""The database's container is asked by its own door whether it is what clients reach."""

import shutil

import psycopg2
import pytest

from tests.compose.conftest import MakeProject, docker
from tests.elsewhere import forwarded
from tests.project import Project
from tests.users import IS_ROOT


def port(project: Project) -> int:
    return int(docker("compose", "port", "db", "5432", cwd=project.root).strip().rpartition(":")[2])


def start(project: Project) -> None:
    """Start the database alone, and wait until it is healthy: the backend has no part in this."""
    docker("compose", "up", "--detach", "--wait", "db", cwd=project.root)


def ask(project: Project, query: str) -> object:
    connection = psycopg2.connect(host="127.0.0.1", port=port(project), user="dds", password="a$b%c", dbname="sample")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
            return row[0] if row else None
    finally:
        connection.close()


def test_a_copy_of_the_data_in_another_container_on_our_port_is_not_touched(
    make_compose_project: MakeProject,
) -> None:
    """Same image, database, user, password and system identifier."""
    if not IS_ROOT:
        pytest.skip("this test copies files of the container's user, which only root can")
    ours, copy = make_compose_project(), make_compose_project()
    start(ours)
    ours.good("migrate")
    docker("compose", "stop", "db", cwd=ours.root)
    shutil.copytree(ours.root / "volumes", copy.root / "volumes")
    for path in (copy.root / "volumes/db", *(copy.root / "volumes/db").rglob("*")):
        shutil.chown(path, 999, 999)
    for project in (ours, copy):
        start(project)
    system = "SELECT system_identifier FROM pg_control_system()"
    assert ask(ours, system) == ask(copy, system)
    started = "SELECT to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
    place = f"postgresql://dds@127.0.0.1:{port(ours)}/sample"
    data = ask(ours, "SHOW data_directory")
    found = f"it was started at {ask(copy, started)} UTC on {data}"
    mine = f"ours was started at {ask(ours, started)} UTC on {data} in the container"
    message = f"the server behind {place} is not the one that this environment runs: {found}, {mine}"
    number = port(ours)
    hint = f"end what answers on port {number} instead, a tunnel or another PostgreSQL, or choose another port"
    with forwarded(number, port(copy), ours.root.parent) as ours.prefix:
        ran = ours.run("reset", "--yes", "--json")
    assert (ran.code, ran.error) == (5, ("NA621", message, hint))
    ours.prefix = ()
    assert [ask(project, "SELECT version_num FROM alembic_version") for project in (ours, copy)] == ["t2", "t2"]
    steps = ours.good("downgrade", "--yes", "--json").json["steps"]
    assert [step["title"] for step in steps] == [
        "prove that the server is ours",
        "keep a copy of the database for `undo`",
        "downgrade to t1",
        "close the undo log",
    ]
