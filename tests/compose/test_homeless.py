"""Data that no mount of the project holds: `down` leaves it, and `reset` finds it where it is."""

import pytest

from tests.compose.conftest import MakeProject, containers, docker
from tests.compose.test_layouts import OTHERS
from tests.compose.test_verbs import insert, rows
from tests.project import Project

DATA = "/var/lib/postgresql/data"
NOT_REMOVED = "the containers are stopped, and not removed, so that it stays"


def mounted(project: Project, *mounts: str) -> Project:
    """Have the database mount these in place of its data folder."""
    path = project.root / "compose.yml"
    before = '    volumes: ["${SAMPLE_DATA:-./volumes/db}:/var/lib/postgresql/data"]\n'
    assert before in path.read_text()
    volumes = f"    volumes: [{', '.join(mounts)}]\n" if mounts else ""
    path.write_text(path.read_text().replace(before, volumes))
    return project


# The image's own volume; a mount above it; a folder of the container, which no mount is near.
LAYOUTS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "nothing is mounted": ((), "", f"db ({DATA})"),
    "a mount above": (('"./volumes/db:/var/lib/postgresql"',), "", f"db ({DATA})"),
    "a folder elsewhere": (
        ('"./volumes/db:/var/lib/postgresql/data"',),
        ", PGDATA: /var/lib/postgresql/elsewhere",
        "db (the data in its container)",
    ),
}


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_data_without_a_home_survives_down_and_goes_with_a_reset_that_says_so(
    make_compose_project: MakeProject, layout: str
) -> None:
    mounts, pgdata, home = LAYOUTS[layout]
    project = mounted(make_compose_project(), *mounts)
    path = project.root / "compose.yml"
    path.write_text(path.read_text().replace("POSTGRES_DB: sample", f"POSTGRES_DB: sample{pgdata}"))
    project.good("dev")
    insert(project)
    said = project.good("down").err
    assert NOT_REMOVED in said
    assert home in said
    assert containers(project) == ["backend exited", "db exited"]
    assert "nothing is running" in project.good("down").err
    project.good("dev")
    assert rows(project) == 2
    question = project.run("reset", "--dry-run", "--plan").out
    assert "no `undo` brings it back: no folder and no named volume is mounted where it is" in question
    project.good("reset", "--yes")
    assert rows(project) == 1


def test_another_services_volume_without_a_name_stays_too(make_compose_project: MakeProject) -> None:
    more = OTHERS.replace("cache:/cache", "/cache").partition("volumes: {")[0]
    project = make_compose_project('database-service = "db"', more=more)
    project.good("dev")
    docker("compose", "exec", "-T", "cache", "touch", "/cache/kept", cwd=project.root)
    assert "cache (/cache)" in project.good("down", "--dry-run").out
    project.good("down")
    assert containers(project) == ["backend exited", "cache exited", "db exited"]
    project.good("dev")
    assert docker("compose", "exec", "-T", "cache", "ls", "/cache", cwd=project.root) == "kept\n"


def test_where_all_has_a_home_down_removes_the_containers(project: Project) -> None:
    project.good("dev")
    assert NOT_REMOVED not in project.good("down").err
    assert containers(project) == []


def test_a_reset_that_did_not_reach_the_data_has_failed(project: Project) -> None:
    """Nothing but the server itself knows where its data is here, as with a daemon on another machine."""
    path = project.root / "compose.yml"
    started = "PGDATA=/var/lib/postgresql/elsewhere exec docker-entrypoint.sh postgres"
    path.write_text(path.read_text().replace("    ports", f'    entrypoint: [sh, -c, "{started}"]\n    ports', 1))
    project.good("dev")
    insert(project)
    ran = project.run("reset", "--yes", "--json")
    assert (ran.code, ran.error[0]) == (1, "NA207")
    assert ran.error[1].startswith("the reset has changed nothing: the server still runs on the data that it had (")
    assert ran.error[2] == (
        f"its data is not in {project.root / 'volumes/db'}: see what is mounted into its container, and its PGDATA"
    )
    project.good("dev")
    assert rows(project) == 2
