"""Where Docker is on this machine, which daemon is meant, why it does not answer."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from nox_alembic.core.daemons import USUAL, USUAL_ON_WINDOWS, Machine, Meant, denied, no_context, unanswered
from nox_alembic.core.errors import PreconditionError
from nox_alembic.edges.system import process

PIPES = (r"\\.\pipe\docker_engine", r"\\.\pipe\dockerDesktopLinuxEngine")
# Docker Desktop on macOS and on Linux, OrbStack, Rancher Desktop.
_AT_HOME = (".docker/run/docker.sock", ".docker/desktop/docker.sock", ".orbstack/run/docker.sock", ".rd/docker.sock")
SECONDS = 10
_HOME = Path(os.path.expanduser("~"))  # noqa: PTH111 - not Path.home(), which raises where a user has none


def is_there(environ: Mapping[str, str]) -> bool:
    """Return whether there is any Docker: a program, a daemon's socket, a variable."""
    named = environ.get("DOCKER_HOST") or environ.get("DOCKER_CONTEXT")
    return bool(named or shutil.which("docker", path=environ.get("PATH")) or _sockets(environ))


def meant(environ: Mapping[str, str]) -> Meant:
    """Return the daemon that `docker` itself would ask.

    Raises PreconditionError where there is no such context (NA101): the SDK would take
    the usual daemon then, and with it other containers.
    """
    if address := environ.get("DOCKER_HOST"):
        return Meant(address=address, named_by="DOCKER_HOST")
    variable = environ.get("DOCKER_CONTEXT")
    name = variable or _current_context(environ)
    if name in {"", "default"}:
        return Meant(address=USUAL_ON_WINDOWS if sys.platform == "win32" else USUAL)
    from docker.context import ContextAPI  # noqa: PLC0415 - the SDK takes 0.2 s to import

    cause = ""
    try:
        context = ContextAPI.get_context(name)
    except Exception as error:  # noqa: BLE001 - it raises just that for a file that is no JSON
        context, cause = None, str(error)
    if context is None or not context.Host:
        raise no_context(name, "DOCKER_CONTEXT" if variable else str(_settings(environ)), cause)
    return Meant(address=context.Host, named_by=f'the context "{name}"')


def explained(meant: Meant, environ: Mapping[str, str], error: Exception, seconds: int) -> PreconditionError:
    """Return why it does not answer, and what to type (NA101, NA116)."""
    causes, detail = list(_causes(error)), str(error).strip().partition("\n")[0]
    machine = Machine(
        system=sys.platform,
        wsl="WSL_DISTRO_NAME" in environ,
        podman=_is_podman(environ),
        sockets=_addresses(environ),
    )
    if any(isinstance(one, PermissionError) or getattr(one, "winerror", 0) == 5 for one in causes):
        return denied(meant, machine, detail)
    if any(isinstance(one, FileNotFoundError) or getattr(one, "winerror", 0) == 2 for one in causes):
        cause = "there is no such socket"
    elif any(isinstance(one, ConnectionRefusedError) for one in causes):
        cause = "nothing listens there"
    elif any(isinstance(one, TimeoutError) or type(one).__name__.endswith("Timeout") for one in causes):
        cause = f"no answer within {seconds} seconds"
    else:
        cause, detail = detail, ""
    return unanswered(meant, machine, cause, detail)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all that it was made of.

    requests and urllib3 wrap what the system said into arguments.
    """
    seen: set[int] = set()
    left: list[object] = [error]
    while left:
        one = left.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            left += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
            yield one


def _settings(environ: Mapping[str, str]) -> Path:
    folder = environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else _HOME / ".docker") / "config.json"


def _current_context(environ: Mapping[str, str]) -> str:
    """Return what `docker context use` has chosen, "" when nothing."""
    try:
        return str(json.loads(_settings(environ).read_text(encoding="utf-8")).get("currentContext", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _sockets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files and pipes on which Docker's own daemons listen here."""
    pipes = PIPES if sys.platform == "win32" else ()
    rootless = f"{environ.get('XDG_RUNTIME_DIR', '')}/docker.sock"
    colima = map(str, sorted((_HOME / ".colima").glob("*/docker.sock")))
    return _those_there(
        *pipes, USUAL.removeprefix("unix://"), rootless, *(str(_HOME / name) for name in _AT_HOME), *colima
    )


def _addresses(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what DOCKER_HOST could name instead: sockets of Docker and of podman."""
    podman = (f"{run}/podman/podman.sock" for run in ("/run", environ.get("XDG_RUNTIME_DIR", "")))
    found = (*_sockets(environ), *_those_there(*podman))
    return tuple(f"unix://{path}" for path in found if path not in PIPES)


def _those_there(*paths: str) -> tuple[str, ...]:
    """Return those that there are, without an error where a folder is closed to us."""
    return tuple(path for path in paths if os.path.exists(path))  # noqa: PTH110 - which would raise, and normalise pipes


def _is_podman(environ: Mapping[str, str]) -> bool:
    """Return whether the program `docker` is podman's.

    The package podman-docker installs it so.
    """
    if shutil.which("docker", path=environ.get("PATH")) is None:
        return False
    done = process.answer(["docker", "--version"], env=environ, timeout=SECONDS)
    return done is not None and b"podman" in done
