"""Spares of a named volume are volumes: what a reset makes of one is what it makes without."""

from tests.compose.conftest import MakeProject, docker, kept_volumes
from tests.compose.test_verbs import insert, rows
from tests.compose.test_volumes import VOLUME, dying, in_layout, volume_of
from tests.project import Project


def spares(project: Project) -> dict[str, str]:
    """Return the names of the spares by kind."""
    found = project.good("spare", "--dry-run", "--json").json["spares"]
    return {one["kind"]: one["name"] for one in found}


def volumes(project: Project) -> list[str]:
    return docker("volume", "ls", "-q", "--filter", f"label=nox-alembic.spare={volume_of(project)}").split()


def dumped(project: Project) -> str:
    words = ["exec", "-T", "-e", "PGPASSWORD=a$b%c", "db", "pg_dump", "-h", "127.0.0.1", "-U", "dds", "sample"]
    text = docker("compose", *words, cwd=project.root)
    return "".join(line for line in text.splitlines(keepends=True) if "restrict" not in line)


def test_a_spare_takes_the_place_of_the_data_and_undo_brings_that_back(make_compose_project: MakeProject) -> None:
    """Of a server that is a normal user, with its data below the mount."""
    project = in_layout(in_layout(make_compose_project(data="pgdata", more=VOLUME), "18"), "user")
    project.variables.update({"NOX_ALEMBIC_SPARE": "on", "CI": ""})
    project.good("dev", "--wait")
    cold, found = dumped(project), spares(project)
    assert (set(found), sorted(volumes(project))) == ({"base", "ready"}, sorted(found.values()))
    insert(project)
    project.variables["NOX_ALEMBIC_SPARE"] = "off"  # nothing is made in the background of what follows
    assert not any("spare" in line for line in project.good("reset", "--dry-run").out.splitlines())
    ran = project.good("reset", "--yes", "--json", NOX_ALEMBIC_SPARE="on").json
    titles = [step["title"] for step in ran["steps"]]
    assert f"put the spare at t2, seeded into place of volume {volume_of(project)}" in titles
    assert not any(title.startswith(("migrate", "seed")) for title in titles)
    assert (dumped(project), rows(project)) == (cold, 1)
    project.good("undo")
    assert (rows(project), len(kept_volumes(project))) == (2, 1)


def test_a_killed_reset_leaves_the_spare_or_has_used_it_and_delete_removes_all(
    make_compose_project: MakeProject,
) -> None:
    project = make_compose_project(data="pgdata", more=VOLUME)
    project.variables.update({"NOX_ALEMBIC_SPARE": "on", "CI": ""})
    project.good("dev", "--wait")
    insert(project)
    before = spares(project)
    dying(project, "volume made", "reset", "--yes").communicate(timeout=300)
    project.good("dev", "--wait")
    assert (rows(project), spares(project)) == (2, before)
    dying(project, "volume moved", "reset", "--yes").communicate(timeout=300)
    project.good("dev", "--wait")
    assert rows(project) == 1
    assert spares(project)["base"] == before["base"]
    project.good("undo")
    assert rows(project) == 2
    project.good("spare", "--delete")
    assert volumes(project) == []
