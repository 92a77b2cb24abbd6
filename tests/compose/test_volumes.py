"""Data in named volumes: a reset keeps it in another volume, and `undo` brings it back, whatever is killed when."""

import os
import signal
import subprocess
import sys
import time
from pathlib import PurePosixPath

import pytest

from tests import crashes
from tests.compose.conftest import MakeProject, containers, docker, kept_volumes
from tests.compose.test_layouts import IMAGE_18, OTHERS
from tests.compose.test_verbs import IMAGE, insert, rows
from tests.project import Project

VOLUME = "volumes: {pgdata: {}}"


@pytest.fixture
def project(make_compose_project: MakeProject) -> Project:
    return make_compose_project(data="pgdata", more=VOLUME)


def volume_of(project: Project) -> str:
    return f"{project.variables['PROJECT']}_pgdata"


def dying(project: Project, point: str, *words: str) -> subprocess.Popen[bytes]:
    """Start a verb that gets SIGKILL at a point, or whose helper container stalls there; see tests/dying.py."""
    command = [sys.executable, "-m", "tests.dying", point, "1", str(int(signal.SIGKILL)), *words]
    environ = {**project.environ, "PYTHONPATH": os.pathsep.join([project.environ["PYTHONPATH"], crashes.ROOT])}
    return subprocess.Popen(command, cwd=project.root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def in_layout(project: Project, layout: str) -> Project:
    """Have the project mount its data as images from PostgreSQL 18 on want it, or run as a normal user."""
    text = (project.root / "compose.yml").read_text()
    if layout == "18":
        text = text.replace(":/var/lib/postgresql/data", ":/var/lib/postgresql")
        project.variables["POSTGRES_IMAGE"] = IMAGE_18
    if layout == "user":
        text = text.replace("    healthcheck", '    user: "999:999"\n    healthcheck', 1)
    project.write("compose.yml", text)
    return project


@pytest.mark.parametrize("layout", ["18", "user"])
def test_a_reset_is_taken_back_and_taken_back_again_and_no_other_volume_is_touched(
    make_compose_project: MakeProject, layout: str
) -> None:
    """As a normal user the server needs a folder of its own: Docker gives a new volume that, and a reset must, too."""
    project = in_layout(make_compose_project('database-service = "db"', data="pgdata", more=OTHERS), layout)
    project.good("dev")
    insert(project)
    docker("compose", "exec", "-T", "cache", "touch", "/cache/kept", cwd=project.root)
    before = docker("compose", "ps", "-aq", "--no-trunc", cwd=project.root)
    ran = project.good("reset", "--yes", "--json").json
    assert ("the old data is kept: `nox -s undo` brings it back" in ran["notes"], "warnings" in ran) == (True, False)
    assert rows(project) == 1
    (kept,) = project.good("undo", "--list", "--json").json["kept"]
    assert (kept["verb"], kept["kind"], kept["revisions"], kept["open"]) == ("reset", "volume", ["t2"], False)
    for expected in (2, 1):
        project.good("undo")
        assert rows(project) == expected
        assert project.good("status", "--json").json["backend"]["healthy"]
        (kept,) = project.good("undo", "--list", "--json").json["kept"]
        assert kept_volumes(project) == [kept["kept"]]
    assert docker("compose", "ps", "-aq", "--no-trunc", cwd=project.root) == before
    assert docker("compose", "exec", "-T", "cache", "ls", "/cache", cwd=project.root) == "kept\n"


def test_as_many_generations_are_kept_as_configured_and_what_others_keep_stays(
    make_compose_project: MakeProject,
) -> None:
    project = make_compose_project("undo-keep = 1", data="pgdata", more=VOLUME)
    project.good("dev")
    strange = f"{volume_of(project)}__before_somebody"
    labels = [f"nox-alembic.before={volume_of(project)}", f"nox-alembic.before.project={project.variables['PROJECT']}"]
    other_clone = [*labels, "nox-alembic.before.environment=dev", "nox-alembic.before.clone=/elsewhere"]
    docker("volume", "create", strange)
    docker("volume", "create", *(word for label in other_clone for word in ("--label", label)), f"{strange}-else")
    try:
        project.good("reset", "--yes")
        insert(project)
        shown = project.good("reset", "--plan").out
        (first,) = [name for name in kept_volumes(project) if not name.startswith(strange)]
        assert f"set aside by an earlier reset: volume {first}, of unknown size" in shown
        ran = project.good("reset", "--yes", "--json").json
        assert "warnings" not in ran
        (second,) = [name for name in kept_volumes(project) if not name.startswith(strange)]
        assert second != first
        assert {strange, f"{strange}-else"} <= set(docker("volume", "ls", "-q").split())
        # The volume itself is removed by hand: what was kept comes back all the same.
        docker("compose", "down", "-v", "-t", "0", cwd=project.root)
        project.good("undo")
        assert rows(project) == 2
    finally:
        docker("volume", "rm", "-f", strange, f"{strange}-else")


def test_a_reset_or_undo_that_is_killed_has_happened_or_not(project: Project) -> None:
    project.good("dev")
    insert(project)
    # After each kill the next verb finds out how far it came; the last number are the rows that there are then.
    killed(project, ("volume noted", "reset", "dev", 2), ("volume made", "reset", "dev", 2))
    killed(project, ("volume moved", "reset", "undo", 2), ("after SetDataAside", "reset", "undo", 2))
    project.good("reset", "--yes")
    killed(
        project,
        ("volume made", "undo", "dev", 1),
        ("volume moved", "undo", "dev", 2),
        ("after PutBack", "undo", "dev", 1),
    )


def killed(project: Project, *cases: tuple[str, str, str, int]) -> None:
    for point, verb, then, expected in cases:
        running = dying(project, point, verb, *(["--yes"] if verb == "reset" else []))
        running.communicate(timeout=300)
        assert (running.returncode, point) == (-signal.SIGKILL, point)
        project.good(then)
        assert (rows(project), point, verb) == (expected, point, verb)
        kept = [one["kept"] for one in project.good("undo", "--list", "--json").json["kept"]]
        assert sorted(kept_volumes(project)) == sorted(kept)


def test_a_move_that_is_cut_off_in_the_middle_is_finished_or_taken_back(project: Project) -> None:
    project.good("dev")
    insert(project)
    for place, expected in (
        ('before mkdir "$to/_kept"', 2),  # the old data is out, and it is not decided yet: it goes back
        ('after mkdir "$to/_kept"', 1),  # it is decided: the fresh one goes in
    ):
        running = dying(project, f"stall {place}", "reset", "--yes")
        helper = await_stalled(project)
        running.kill()
        running.communicate()
        docker("kill", helper)
        assert not in_place(project)
        project.good("dev")
        assert rows(project) == expected
    project.good("undo")
    assert rows(project) == 2


def test_a_move_that_fails_under_a_run_is_told_and_taken_back_by_it(project: Project) -> None:
    project.good("dev")
    insert(project)
    running = dying(project, 'stall before mkdir "$to/_kept"', "reset", "--yes")
    docker("kill", await_stalled(project))
    _, said = running.communicate(timeout=300)
    assert running.returncode == 1
    assert f"error NA673: the data of volume {volume_of(project)} could not be moved".encode() in said
    assert (in_place(project), kept_volumes(project)) == (True, [])
    project.good("dev")
    assert rows(project) == 2
    assert project.run("undo", "--json").error[0] == "NA631"


def await_stalled(project: Project) -> str:
    """Return the helper container when it has taken the data out of its place."""
    end = time.monotonic() + 240
    while time.monotonic() < end:
        found = docker("ps", "-q", "--filter", f"label=nox-alembic.swap={volume_of(project)}").split()
        if found and not in_place(project):
            return found[0]
        time.sleep(0.1)
    pytest.fail("no helper container has moved anything")


def in_place(project: Project) -> bool:
    """Return whether the volume has a folder for its data."""
    mountpoint = PurePosixPath(docker("volume", "inspect", "-f", "{{.Mountpoint}}", volume_of(project)).strip())
    words = ["--entrypoint", "sh", IMAGE, "-c", "test -d /v/_data && echo yes || echo no"]
    return docker("run", "--rm", "--network", "none", "-v", f"{mountpoint.parent}:/v:ro", *words) == "yes\n"


def test_a_volume_that_another_container_mounts_is_refused_also_while_that_is_stopped(project: Project) -> None:
    project.good("dev")
    insert(project)
    name = f"{project.variables['PROJECT']}-foreign"
    docker("create", "--name", name, "-v", f"{volume_of(project)}:/elsewhere", IMAGE)
    try:
        ran = project.run("reset", "--yes", "--json")
    finally:
        docker("rm", "-fv", name)
    assert (ran.code, ran.error) == (
        5,
        (
            "NA671",
            f"refused to wipe volume {volume_of(project)}: it is in use by container {name}",
            "remove that container, and run the same command again",
        ),
    )
    assert (rows(project), containers(project)) == (2, ["backend running", "db running"])


def test_a_volume_with_driver_options_is_removed_and_the_plan_says_that_it_is_for_good(
    make_compose_project: MakeProject,
) -> None:
    options = "volumes: {pgdata: {driver: local, driver_opts: {type: tmpfs, device: tmpfs}}}"
    project = make_compose_project(data="pgdata", more=options)
    project.good("dev")
    insert(project)
    shown = project.good("reset", "--plan").out
    why = "and no `undo` brings it back: it has the driver options device, type"
    assert f"what goes: the database in volume {volume_of(project)}, {why}" in shown
    project.good("reset", "--yes")
    assert (rows(project), kept_volumes(project)) == (1, [])
    assert project.run("undo", "--json").error[0] == "NA631"


def external(project: Project, *options: str) -> str:
    """Have the project use a volume that is there without it, and return its name."""
    name = f"{project.variables['PROJECT']}-outside"
    docker("volume", "create", *options, name)
    text = (project.root / "compose.yml").read_text()
    project.write("compose.yml", text.replace(VOLUME, f"volumes: {{pgdata: {{external: true, name: {name}}}}}"))
    return name


def removed_again(project: Project, name: str) -> None:
    docker("compose", "down", "-t", "0", cwd=project.root)
    docker("volume", "rm", "-f", name)


def test_an_external_volume_stays_and_only_what_is_in_it_changes(project: Project) -> None:
    name = external(project)
    try:
        project.good("dev")
        insert(project)
        project.good("reset", "--yes")
        assert rows(project) == 1
        project.good("undo")
        assert rows(project) == 2
    finally:
        removed_again(project, name)


def test_an_external_volume_that_could_only_be_removed_is_refused(project: Project) -> None:
    name = external(project, "--opt", "type=tmpfs", "--opt", "device=tmpfs")
    try:
        project.good("dev")
        insert(project)
        ran = project.run("reset", "--yes", "--json")
        why = "it has the driver options device, type"
        assert (ran.code, ran.error) == (
            5,
            (
                "NA672",
                f"refused to remove volume {name}: it is external, so that Compose would not make it again, and {why}",
                f"empty it yourself: `docker volume inspect {name}` tells what it is",
            ),
        )
        assert rows(project) == 2
    finally:
        removed_again(project, name)
