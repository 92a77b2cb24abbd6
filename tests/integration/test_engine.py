"""The engine is never another one unasked: whatever Docker does, an environment stays on its own database."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.project import COMPOSE, EVERYTHING, Project, make_project, tree
from tests.unit.core.test_engines import OR_EMBEDDED
from tests.users import IS_ROOT, as_normal_user, give

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets in files, and namespaces")

NOWHERE = "unix:///nonexistent/docker.sock"
# A world in which nothing has a socket below /run; `docker` is out of PATH there.
NAMESPACE = ["unshare", "--mount"] if IS_ROOT else ["unshare", "--user", "--map-root-user", "--mount"]
WITHOUT_DOCKER = [*NAMESPACE, "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh"]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home")
    project.table()
    project.write("compose.yml", COMPOSE.format(name="never-started", more="", data="./volumes/db"))
    project.variables["XDG_RUNTIME_DIR"] = str(tmp_path)
    yield project
    project.run("down", "--engine", "embedded")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: that of a socket has a hundred letters at most."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def refusal(project: Project, *words: str, **variables: str) -> tuple[int, str, str, str]:
    """Run a verb that must fail and touch nothing."""
    before = tree(project.root), remembered(project)
    ran = project.run(*(words or ("dev",)), "--json", **variables)
    assert (tree(project.root), remembered(project)) == before
    assert list(project.home.rglob("PG_VERSION")) == []
    return (ran.code, *ran.error)


def remembered(project: Project) -> list[str]:
    return [path.read_text().strip() for path in project.home.glob("state/*/dev/engine")]


def remember(project: Project, engine: str) -> None:
    """Let the environment have run on that engine: the folder is there after any verb that changes something."""
    project.good("down", "--engine", "embedded")
    (state,) = project.home.glob("state/*")
    (state / "dev").mkdir(exist_ok=True)
    (state / "dev/engine").write_text(f"{engine}\n")


def first_line(project: Project, *words: str, **variables: str) -> str:
    return project.run(*words, **variables).err.splitlines()[0]


def without_docker(folder: Path) -> dict[str, str]:
    """Return the variables of a machine that has all programs of this one but `docker`: links, in that folder."""
    for path in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in path.iterdir() if path.is_dir() else ():
            link = folder / program.name
            if program.name != "docker" and not link.is_symlink():
                link.symlink_to(program)
    return {"PATH": str(folder)}


@pytest.mark.parametrize("engine", [(), ("--engine", "auto"), ("--engine", "compose")])
def test_a_daemon_that_does_not_answer_is_an_error_that_says_so(
    project: Project, folder: Path, engine: Sequence[str]
) -> None:
    """No socket, one that nobody listens on any more, and a port of this machine that is closed."""
    said = "no Docker daemon answers at"
    hint = f"start it, or correct or unset DOCKER_HOST; {OR_EMBEDDED}"
    path = folder / "d.sock"
    for verb in ("dev", "status", "reset", "down", "migrate"):
        assert refusal(project, verb, *engine, DOCKER_HOST=f"unix://{path}") == (
            4,
            "NA101",
            f"{said} unix://{path}, which DOCKER_HOST names: there is no such socket",
            hint,
        )
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    assert refusal(project, "dev", *engine, DOCKER_HOST=f"unix://{path}")[2] == (
        f"{said} unix://{path}, which DOCKER_HOST names: nothing listens there"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert refusal(project, "dev", *engine, DOCKER_HOST=f"tcp://127.0.0.1:{port}") == (
        4,
        "NA101",
        f"{said} tcp://127.0.0.1:{port}, which DOCKER_HOST names: nothing listens there",
        f"see whether that machine is up and reachable, or correct or unset DOCKER_HOST; {OR_EMBEDDED}",
    )


def test_a_context_that_names_nothing_is_an_error_and_not_the_usual_daemon(project: Project, tmp_path: Path) -> None:
    shows = f"`docker context ls` shows those that there are; {OR_EMBEDDED}"
    text = 'the Docker context "gone", which DOCKER_CONTEXT names, does not exist'
    assert refusal(project, DOCKER_HOST="", DOCKER_CONTEXT="gone") == (4, "NA101", text, shows)
    project.write("settings/config.json", '{"currentContext": "gone"}')
    settings = project.root / "settings"
    text = f'the Docker context "gone", which {settings / "config.json"} names, does not exist'
    assert refusal(project, DOCKER_HOST="", DOCKER_CONFIG=str(settings)) == (4, "NA101", text, shows)


def test_a_socket_that_is_closed_to_this_user_has_an_error_of_its_own(project: Project, folder: Path) -> None:
    path = folder / "d.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        path.chmod(0)
        if IS_ROOT:
            give(project.root.parent)
            project.prefix = as_normal_user()
        joins = "`sudo usermod -aG docker $USER`, then log in again, or `newgrp docker` in this shell"
        who = f"this user may not talk to the Docker daemon at unix://{path}, which DOCKER_HOST names"
        assert refusal(project, DOCKER_HOST=f"unix://{path}") == (
            4,
            "NA116",
            f"{who}: permission denied",
            f"{joins}; {OR_EMBEDDED}",
        )


def test_podman_in_the_place_of_docker_is_known_by_what_it_says(project: Project, tmp_path: Path) -> None:
    project.write("bin/docker", "#!/bin/sh\necho podman version 4.9.4\n")
    (project.root / "bin/docker").chmod(0o755)
    path = f"{project.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    hint = refusal(project, DOCKER_HOST="unix:///nonexistent/podman.sock", PATH=path)[3]
    starts = "`systemctl --user start podman.socket` starts the socket of podman, which `docker` is here"
    assert hint == f"{starts}; {OR_EMBEDDED}"


@pytest.mark.skipif(sys.platform != "linux", reason="a namespace of mounts")
def test_without_any_docker_the_first_command_works_and_stays_on_its_database_when_docker_comes(
    project: Project, tmp_path: Path, folder: Path
) -> None:
    machine = {**without_docker(folder), "HOME": str(tmp_path)}
    project.prefix = WITHOUT_DOCKER
    missing = "no Docker on this machine, neither a program `docker` nor the socket of a daemon"
    what = "the environment runs on the embedded engine, with a database of its own, until `--engine compose`"
    warning = f"there is a Compose file, compose.yml, and {missing}: {what}"
    looked = project.run("status", "--json", **machine)
    assert (looked.json["engine"], looked.json["warnings"], remembered(project)) == ("embedded", [warning], [])
    ran = project.good("dev", **machine)
    assert ran.err.splitlines()[:2] == [
        "environment dev on embedded (there is no Docker here)",
        f"warning: {warning}",
    ]
    assert remembered(project) == ["embedded"]
    project.prefix = ()
    assert first_line(project, "dev", DOCKER_HOST=NOWHERE) == "environment dev on embedded (as the last time)"
    assert project.good("status", DOCKER_HOST=NOWHERE).code == 0
    assert project.run("dev", "--engine", "compose", "--json", DOCKER_HOST=NOWHERE).error[0] == "NA101"


def test_a_variable_that_names_docker_is_docker_even_without_a_program(project: Project, folder: Path) -> None:
    assert refusal(project, **without_docker(folder), DOCKER_HOST=NOWHERE)[1] == "NA101"


def test_what_ran_on_compose_gets_no_embedded_database_unasked(project: Project) -> None:
    remember(project, "compose")
    (project.root / "compose.yml").unlink()
    message = 'the environment ran on the engine "compose" the last time, and there is no Compose file now'
    expected = (4, "NA117", message, f'bring the file back, or name it in "compose-files"; {OR_EMBEDDED}')
    for verb in ("dev", "status", "reset", "down", "migrate"):
        assert refusal(project, verb) == expected
    project.table('engine = "embedded"')
    warning = 'the environment ran on the engine "compose" the last time: that is another database, and stays as it is'
    assert project.good("reset", "--yes", "--json").json["warnings"] == [warning]
    assert remembered(project) == ["embedded"]
    project.table()
    assert first_line(project, "status") == "environment dev on embedded (as the last time)"


def test_an_engine_of_a_newer_version_is_not_replaced_by_one_of_this(project: Project) -> None:
    remember(project, "server")
    message = 'the environment ran on the engine "server" the last time, and this version does not know it'
    assert refusal(project) == (4, "NA117", message, OR_EMBEDDED)


def test_only_what_starts_the_environment_itself_is_remembered(project: Project) -> None:
    project.table(*EVERYTHING[:1], 'test-command = "python seed.py"', "spare = false")
    embedded = {"NOX_ALEMBIC_ENGINE": "embedded"}
    project.run("status", **embedded)
    project.good("dev", "--dry-run", **embedded)
    project.good("test", **embedded)
    assert remembered(project) == []
    assert first_line(project, "dev", **embedded) == "environment dev on embedded (as NOX_ALEMBIC_ENGINE says)"
    assert remembered(project) == ["embedded"]


def test_the_option_comes_before_the_variable_and_that_before_the_configuration(project: Project) -> None:
    project.table('engine = "compose"')
    nowhere = {"DOCKER_HOST": NOWHERE}
    assert refusal(project, **nowhere)[1] == "NA101"
    said = "environment dev on embedded (as NOX_ALEMBIC_ENGINE says)"
    assert first_line(project, "status", NOX_ALEMBIC_ENGINE="embedded", **nowhere) == said
    said = "environment dev on embedded (as `--engine` says)"
    assert first_line(project, "status", "--engine", "embedded", NOX_ALEMBIC_ENGINE="compose", **nowhere) == said
    assert refusal(project, NOX_ALEMBIC_ENGINE="docker")[1] == "NA004"


def test_the_background_makes_its_spare_on_the_engine_that_was_asked_for(project: Project) -> None:
    project.table(*EVERYTHING, 'engine = "compose"')
    project.good("dev", "--engine", "embedded", "--wait", DOCKER_HOST=NOWHERE, NOX_ALEMBIC_SPARE="on", CI="")
    (data,) = project.home.glob("data/*/dev")
    assert [path.name for path in data.glob(".pgdata.nox-alembic-spare-*")]
