"""`undo` of what changed the database, over Compose: copied by the server, or by programs in its container."""

from tests.compose.conftest import MakeProject, connected
from tests.compose.test_snapshots import databases
from tests.compose.test_verbs import insert, rows
from tests.project import Project


def current(project: Project) -> list[str]:
    return list(project.run("status", "--json").json["current"])


def test_a_downgrade_is_taken_back_and_done_again_also_while_somebody_works(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    project.good("dev")
    insert(project)
    ran = project.good("downgrade", "base", "--yes", "--json").json
    assert (current(project), databases(project)) == ([], ["sample", ran["kept_database"]])
    project.good("undo")
    assert (current(project), rows(project)) == (["t2"], 2)
    assert project.good("status", "--json").json["backend"]["healthy"]
    project.good("undo")
    assert current(project) == []
    project.good("down")  # the server is started to see what is kept in it
    project.good("undo")
    assert (current(project), rows(project)) == (["t2"], 2)
    working = connected(project)
    working.autocommit = False
    working.cursor().execute("SELECT 1")  # its transaction is open: the copy is a dump, by the container's own programs
    try:
        project.good("downgrade", "base", "--yes")
        working.cursor().execute("SELECT 1")
    finally:
        working.close()
    project.good("undo")
    assert (current(project), rows(project)) == (["t2"], 2)
