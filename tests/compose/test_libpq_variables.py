"""libpq's variables of the shell and of the database's container, of which an env_file is shared by all services."""

from tests.compose.conftest import MakeProject, query

# What the local socket of the image's own initialisation does not ask for, and 127.0.0.1 does.
SHARED = "PGSSLMODE=verify-full\nPGREQUIREAUTH=none\n"
SHELL = {"PGHOSTADDR": "192.0.2.1", "PGPORT": "1", "PGSERVICE": "gone", "PGSSLMODE": "verify-full", "PGUSER": "me"}


def test_clients_in_the_container_and_here_reach_the_container_s_own_server(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    text = (project.root / "compose.yml").read_text()
    text = text.replace("    volumes: [", "    env_file: [shared.env]\n    volumes: [", 1)
    project.write("compose.yml", text.replace("pg_isready", "env -u PGSSLMODE -u PGREQUIREAUTH pg_isready"))
    project.write("shared.env", SHARED)
    project.variables.update(SHELL)
    project.good("dev")
    assert query(project, "SELECT version_num FROM alembic_version") == [("t2",)]
    assert project.good("sql", "-XAtqc", "SELECT inet_server_port()").out == "5432\n"
    project.good("downgrade", "--yes")  # which proves that the server is ours
    project.good("migrate")
    project.good("snapshot", "save", "one")
    project.good("snapshot", "restore", "one", "--yes")
    project.good("reapply", "--yes")
    project.good("reset", "--yes")
    assert project.good("status", "--json").json["current"] == ["t2"]
