"""Snapshots over Compose: the programs run in the database's container, the file is on this machine."""

import time

from tests.compose.conftest import MakeProject, docker, query, starts
from tests.compose.test_verbs import insert, rows
from tests.project import Project


def databases(project: Project) -> list[str]:
    like = "SELECT datname FROM pg_database WHERE datname LIKE 'sample%' ORDER BY length(datname)"
    return [str(name) for (name,) in query(project, like)]


def test_a_saved_state_comes_back_and_the_backend_is_started_once(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    project.good("dev")
    insert(project)
    saved = project.good("snapshot", "save", "two-rows", "--json").json["snapshot"]
    assert (saved["engine"], saved["user"], saved["revisions"]) == ("compose", "dds", ["t2"])
    project.good("reset", "--yes")
    assert rows(project) == 1
    since = time.time()
    ran = project.good("snapshot", "restore", "two-rows", "--yes", "--json").json
    assert starts(project, "backend", since, time.time() + 1) == 1
    assert rows(project) == 2
    assert databases(project) == ["sample", ran["kept_database"]]
    assert project.run("status").code == 0
    # On the embedded engine the same environment has another superuser, and another name of the database.
    docker("compose", "down", "-t", "0", cwd=project.root)
    embedded = {"NOX_ALEMBIC_ENGINE": "embedded"}
    try:
        project.good("dev", **embedded)
        ran = project.good("snapshot", "restore", "two-rows", "--yes", "--json", **embedded).json
        assert ran["engine"] == "embedded"
        assert 'it was saved by the user "dds": owners and grants are left out' in ran["notes"]
        assert project.run("status", **embedded).code == 0
    finally:
        project.run("down", **embedded)
