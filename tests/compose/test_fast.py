"""`reset --fast` over Compose: the database's container runs on, and the backend's is started once."""

import time

from tests.compose.conftest import containers, docker, starts
from tests.compose.test_snapshots import databases
from tests.compose.test_verbs import insert, rows
from tests.project import Project


def states(project: Project) -> dict[str, tuple[str, str]]:
    """Return id and time of start of each service's container."""
    label = f"label=com.docker.compose.project={project.variables['PROJECT']}"
    ids = docker("ps", "-aq", "--filter", label).split()
    shape = '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.StartedAt}}'
    found = [line.split() for line in docker("inspect", "--format", shape, *ids).splitlines()]
    return {service: (id_, at) for service, id_, at in found}


def test_a_fast_reset_leaves_the_database_running_and_starts_the_backend_once(project: Project) -> None:
    project.good("dev")
    insert(project)
    before, since = states(project), time.time()
    project.good("reset", "--fast", "--yes")
    after = states(project)
    assert starts(project, "backend", since, time.time() + 1) == 1
    assert (after["db"], after["backend"][0]) == (before["db"], before["backend"][0])
    assert rows(project) == 1
    assert databases(project)[:3] == ["sample", "sample__base", "sample__spare"]
    insert(project)
    project.good("reset", "--fast", "--yes")
    project.good("undo", "--yes")
    assert rows(project) == 2
    assert (project.run("status").code, containers(project)) == (0, ["backend running", "db running"])


def test_a_container_whose_service_has_changed_is_made_anew_by_a_reset(project: Project) -> None:
    """What is started without Compose is only what Compose itself would start as it is."""
    project.good("dev")
    before = states(project)
    project.good("reset", "--yes")
    assert {name: id_ for name, (id_, _) in states(project).items()} == {name: id_ for name, (id_, _) in before.items()}
    path = project.root / "compose.yml"
    path.write_text(path.read_text().replace('PORT: "8000"', 'PORT: "8000", MORE: "1"'))
    project.good("reset", "--yes")
    after = states(project)
    assert (after["db"][0], after["backend"][0] != before["backend"][0]) == (before["db"][0], True)
    assert project.run("status").code == 0


def test_what_scripts_of_the_image_put_into_a_new_database_is_there_after_each_reset(project: Project) -> None:
    project.write("init/10-app.sql", "CREATE ROLE app;\nALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app;\n")
    path = project.root / "compose.yml"
    mount = ':/var/lib/postgresql/data", "./init:/docker-entrypoint-initdb.d:ro"]'
    path.write_text(path.read_text().replace(':/var/lib/postgresql/data"]', mount))
    project.good("dev")
    ran = project.good("reset", "--fast", "--yes", "--json").json
    assert ran["notes"][0] == (
        "not by a swap, since the server puts more into a new database than PostgreSQL does, as scripts of its image"
        " do: the data is wiped"
    )
    asked = project.good("sql", "--", "-XAtqc", "SELECT has_table_privilege('app', 't1', 'SELECT')")
    assert asked.out.strip() == "t"
