"""What is typed where no Docker daemon answers, for each way in which people have one."""

import pytest

from nox_alembic.core.daemons import USUAL, Machine, Meant, denied, no_context, unanswered
from tests.unit.core.test_engines import OR_EMBEDDED

ROOTLESS = "unix:///run/user/1000/docker.sock"
LINUX = Machine()


def hint(address: str, named_by: str = "", machine: Machine = LINUX) -> str:
    error = unanswered(Meant(address=address, named_by=named_by), machine, "why", "detail")
    assert error.hint.endswith(f"; {OR_EMBEDDED}")
    return error.hint.removesuffix(f"; {OR_EMBEDDED}")


def test_the_address_who_names_it_and_the_cause_are_told() -> None:
    error = unanswered(Meant(address="tcp://10.0.0.9:2375", named_by="DOCKER_HOST"), LINUX, "why", "its words")
    assert (error.id, error.message, error.detail, error.exit_code) == (
        "NA101",
        "no Docker daemon answers at tcp://10.0.0.9:2375, which DOCKER_HOST names: why",
        "its words",
        4,
    )
    usual = unanswered(Meant(address=USUAL), LINUX, "why", "")
    assert usual.message == "no Docker daemon answers at unix:///var/run/docker.sock: why"


@pytest.mark.parametrize(
    ("address", "named_by", "command"),
    [
        ("unix:///home/a/.docker/desktop/docker.sock", 'the context "desktop-linux"', "docker desktop start"),
        ("npipe:////./pipe/dockerDesktopLinuxEngine", 'the context "desktop-linux"', "docker desktop start"),
        ("unix:///Users/a/.docker/run/docker.sock", "DOCKER_HOST", "docker desktop start"),
        ("unix:///Users/a/.colima/default/docker.sock", 'the context "colima"', "colima start"),
        ("unix:///Users/a/.colima/Work/docker.sock", 'the context "colima-Work"', "colima start Work"),
        ("unix:///Users/a/.orbstack/run/docker.sock", 'the context "orbstack"', "orb start"),
        ("unix:///Users/a/.rd/docker.sock", 'the context "rancher-desktop"', "rdctl start"),
        (ROOTLESS, 'the context "rootless"', "systemctl --user start docker"),
        (ROOTLESS, "DOCKER_HOST", "systemctl --user start docker"),
        (USUAL, "", "sudo systemctl start docker"),
    ],
)
def test_what_starts_it_is_known_by_its_address_or_context(address: str, named_by: str, command: str) -> None:
    assert hint(address, named_by) == f"`{command}` starts it"


def test_the_usual_one_is_started_as_the_system_has_it() -> None:
    assert hint(USUAL, machine=Machine(system="darwin")) == "`open -a Docker` starts it"
    assert hint("npipe:////./pipe/docker_engine", machine=Machine(system="win32")) == "`docker desktop start` starts it"
    wsl = "start Docker Desktop with its WSL integration on (Settings, Resources), or `sudo service docker start`"
    assert hint(USUAL, machine=Machine(wsl=True)) == wsl


def test_podman_in_the_place_of_docker_is_started_as_podman() -> None:
    what = "starts the socket of podman, which `docker` is here"
    assert hint(USUAL, machine=Machine(podman=True)) == f"`sudo systemctl start podman.socket` {what}"
    user = "unix:///run/user/1000/podman/podman.sock"
    assert hint(user, "DOCKER_HOST") == f"`systemctl --user start podman.socket` {what}"
    assert hint(USUAL, machine=Machine(system="darwin", podman=True)) == "`podman machine start` starts it"


def test_another_machine_and_a_socket_of_nobody_are_to_be_named_rightly() -> None:
    far = "see whether that machine is up and reachable, or"
    assert hint("tcp://10.0.0.9:2375", "DOCKER_HOST") == f"{far} correct or unset DOCKER_HOST"
    assert hint("ssh://me@host", 'the context "far"') == f"{far} `docker context use` another one"
    assert hint("unix:///x.sock", "DOCKER_HOST") == "start it, or correct or unset DOCKER_HOST"


def test_a_socket_that_nothing_names_is_offered_where_nothing_names_another() -> None:
    machine = Machine(sockets=(USUAL, ROOTLESS))
    other = f"`export DOCKER_HOST={ROOTLESS}` takes the one that has its socket there"
    assert hint(USUAL, machine=machine) == f"`sudo systemctl start docker` starts it; {other}"
    assert hint(ROOTLESS, "DOCKER_HOST", machine) == "`systemctl --user start docker` starts it"


def test_a_user_who_may_not_use_the_socket_is_told_how_they_may() -> None:
    error = denied(Meant(address=USUAL), LINUX, "its words")
    assert (error.id, error.message, error.hint, error.detail, error.exit_code) == (
        "NA116",
        "this user may not talk to the Docker daemon at unix:///var/run/docker.sock: permission denied",
        "`sudo usermod -aG docker $USER`, then log in again, or `newgrp docker` in this shell; " + OR_EMBEDDED,
        "its words",
        4,
    )
    pipe = denied(Meant(address="npipe:////./pipe/docker_engine"), Machine(system="win32"), "")
    joins = "`net localgroup docker-users %USERNAME% /add` as administrator, then log in again"
    assert pipe.hint == f"{joins}; {OR_EMBEDDED}"


def test_a_context_that_cannot_be_used_is_named() -> None:
    shows = f"`docker context ls` shows those that there are; {OR_EMBEDDED}"
    missing = no_context("far", "DOCKER_CONTEXT", "")
    text = 'the Docker context "far", which DOCKER_CONTEXT names, does not exist'
    assert (missing.id, missing.message, missing.hint) == ("NA101", text, shows)
    assert no_context("far", "it", "no JSON").message == (
        'the Docker context "far", which it names, cannot be read: no JSON'
    )
