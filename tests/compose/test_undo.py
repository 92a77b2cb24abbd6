"""`undo` of what changed the database, over Compose: copied by the server, or by programs in its container."""

import psycopg2
import sqlalchemy

from tests.compose.conftest import MakeProject
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
    url = sqlalchemy.make_url(project.run("status", "--json").json["database"]["url"])
    working = psycopg2.connect(host=url.host, port=url.port, user="dds", password="a$b%c", dbname="sample")
    working.cursor().execute("SELECT 1")  # its transaction is open: the copy is a dump, by the container's own programs
    try:
        project.good("downgrade", "base", "--yes")
        working.cursor().execute("SELECT 1")
    finally:
        working.close()
    project.good("undo")
    assert (current(project), rows(project)) == (["t2"], 2)
