"""The errors of a Docker daemon that does not answer.

They say which daemon is meant, why it does not answer, and what to type.
"""

import re

from nox_alembic.core.engines import EMBEDDED
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.frozen import frozen

USUAL = "unix:///var/run/docker.sock"
USUAL_ON_WINDOWS = "npipe:////./pipe/docker_engine"
# The command that starts the daemon at the usual address, by sys.platform.
_USUAL = {"darwin": "open -a Docker", "win32": "docker desktop start"}
# A part of an address or a context that shows its maker, and the command that starts
# it.
_STARTS = (
    ("orbstack", "orb start"),
    ("/.rd/", "rdctl start"),
    ("rancher-desktop", "rdctl start"),
    ("/run/user/", "systemctl --user start docker"),
    ("rootless", "systemctl --user start docker"),
    ("desktop", "docker desktop start"),
    ("/.docker/run/", "docker desktop start"),
)


@frozen(kw_only=True)
class Meant:
    """The daemon to ask.

    `named_by` is a variable or a context, "" for the usual daemon.
    """

    address: str
    named_by: str = ""

    @property
    def shown(self) -> str:
        """The daemon as messages name it."""
        return f"{self.address}, which {self.named_by} names" if self.named_by else self.address


@frozen(kw_only=True)
class Machine:
    """The other facts of this machine; `system` is that of sys.platform.

    `sockets` are the addresses at which there is a daemon's file. `podman`: the program
    `docker` is podman's.
    """

    system: str = "linux"
    wsl: bool = False
    podman: bool = False
    sockets: tuple[str, ...] = ()


def unanswered(meant: Meant, machine: Machine, cause: str, detail: str) -> PreconditionError:
    """Return the error of a daemon that does not answer (NA101)."""
    message = f"no Docker daemon answers at {meant.shown}: {cause}"
    others = [] if meant.named_by else [address for address in machine.sockets if address != meant.address]
    takes = "".join(f"; `export DOCKER_HOST={address}` takes the one that has its socket there" for address in others)
    return PreconditionError("NA101", message, hint=f"{_start(meant, machine)}{takes}; {EMBEDDED}", detail=detail)


def denied(meant: Meant, machine: Machine, detail: str) -> PreconditionError:
    """Return the error of a daemon that this user may not talk to (NA116)."""
    message = f"this user may not talk to the Docker daemon at {meant.shown}: permission denied"
    joins = "`sudo usermod -aG docker $USER`, then log in again, or `newgrp docker` in this shell"
    if machine.system == "win32":
        joins = "`net localgroup docker-users %USERNAME% /add` as administrator, then log in again"
    return PreconditionError("NA116", message, hint=f"{joins}; {EMBEDDED}", detail=detail)


def no_context(name: str, named_by: str, cause: str) -> PreconditionError:
    """Return the error of a context that is named and cannot be used (NA101).

    The cause is "" where it is not there.
    """
    what = f"cannot be read: {cause}" if cause else "does not exist"
    message = f'the Docker context "{name}", which {named_by} names, {what}'
    return PreconditionError("NA101", message, hint=f"`docker context ls` shows those that there are; {EMBEDDED}")


def _start(meant: Meant, machine: Machine) -> str:
    """Return the command that starts the daemon, as its makers document it."""
    if meant.address.partition("://")[0] not in {"unix", "npipe"}:
        return f"see whether that machine is up and reachable, or {_another(meant)}"
    if command := _of_maker(meant, machine):
        return command
    if meant.named_by:
        return f"start it, or {_another(meant)}"
    if machine.wsl:
        return "start Docker Desktop with its WSL integration on (Settings, Resources), or `sudo service docker start`"
    return f"`{_USUAL.get(machine.system, 'sudo systemctl start docker')}` starts it"


def _of_maker(meant: Meant, machine: Machine) -> str:
    """Return the command for a daemon whose address or context shows its maker.

    The command is "" if neither does.
    """
    words = f"{meant.address} {meant.named_by}"
    if colima := re.search(r"\.colima/([^/]+)/|colima", words):
        profile = f" {colima[1]}" if colima[1] not in {None, "default"} else ""
        return f"`colima start{profile}` starts it"
    if "podman" in words or machine.podman:
        return "`podman machine start` starts it" if machine.system == "darwin" else _podman(meant.address)
    return next((f"`{command}` starts it" for part, command in _STARTS if part in words.lower()), "")


def _another(meant: Meant) -> str:
    """Return how to name another daemon than a variable or a context does."""
    return "correct or unset DOCKER_HOST" if meant.named_by == "DOCKER_HOST" else "`docker context use` another one"


def _podman(address: str) -> str:
    user = "sudo systemctl" if address in {"unix:///run/podman/podman.sock", USUAL} else "systemctl --user"
    return f"`{user} start podman.socket` starts the socket of podman, which `docker` is here"
