"""`docker compose` as a program: its version, resolved configuration and commands."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nox_alembic.core.errors import FailedError, NoxAlembicError, PreconditionError, UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.system import process
from nox_alembic.edges.system.invocation import Completed


def require_compose(environ: Mapping[str, str]) -> None:
    """Raise PreconditionError unless `docker compose` 2 or newer is there.

    NA102: there is none. NA103: it is too old.
    """
    try:
        if process.run(["docker", "compose", "version", "--short"], env=environ).ok:
            return
        old = process.run(["docker-compose", "version", "--short"], env=environ)
    except PreconditionError:
        old = None
    if old is not None and old.ok and old.out.strip().lstrip("v").startswith("1."):
        message = f"only Compose {old.out.strip()} is installed, and version 1 is not supported"
        raise PreconditionError("NA103", message, hint="install the Compose plugin: `docker compose version` must work")
    message = "`docker compose` is not installed: the Docker command line does not know it"
    raise PreconditionError("NA102", message, hint="install the Compose plugin: `docker compose version` must work")


@frozen(kw_only=True)
class ComposeCli:
    """`docker compose` on a project.

    `document` is a configuration that goes to its standard input, and never to disk.
    `profiles` are those whose services are to run; its commands see all services.
    """

    root: Path
    files: tuple[str, ...]
    project: str
    environ: Mapping[str, str]
    document: str | None = None
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The whole paths of the files, so that a command runs from any folder."""
        return tuple(os.path.abspath(self.root / name) for name in self.files)  # noqa: PTH100 - links stay, as in Compose

    def variables(self, project: str) -> dict[str, str]:
        """Return the variables by which `docker compose` finds the project anywhere."""
        found = {"COMPOSE_PROJECT_NAME": project, "COMPOSE_FILE": os.pathsep.join(self.paths)}
        env_files = [str(self.root / name) for name in self.env_files]
        return {**found, "COMPOSE_ENV_FILES": ",".join(env_files)} if env_files else found

    def config(self, *, interpolate: bool = True) -> dict[str, Any]:
        """Return the resolved configuration, profiles included.

        Raises UsageError (NA106) with Compose's words. It has the secrets in it: it is
        never logged.
        """
        options = [] if interpolate else ["--no-interpolate"]
        return self._document(self._read("config", "--format", "json", *options))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Callable[[], dict[str, Any]]]:
        """Let Compose read its files while the block does something else.

        It yields a call that returns as `config` does. The call also raises
        PreconditionError where there is no Compose 2 (NA102, NA103), which is asked
        only when it fails.
        """
        with contextlib.ExitStack() as stack:
            command = self._reader("config", "--format", "json")
            try:
                done = stack.enter_context(process.beside(command, cwd=self.root, env=self.environ))
            except PreconditionError:  # there is no program `docker`

                def done() -> Completed:
                    return Completed(tuple(command), 1, "", "")

            yield lambda: self._checked(done())

    def _checked(self, done: Completed) -> dict[str, Any]:
        if not done.ok:
            require_compose(self.environ)
        return self._document(done)

    def _document(self, done: Completed) -> dict[str, Any]:
        if not done.ok:
            message = f"Compose cannot read {', '.join(self.files)}: {_last_line(done.err)}"
            raise UsageError("NA106", message, hint=f"`{self._shown('config')}` shows the same")
        return json.loads(done.out)  # type: ignore[no-any-return] # Compose's own document

    def hashes(self) -> Mapping[str, str]:
        """Return Compose's hash of each service, as its labels have it.

        The result is empty where Compose cannot compute it.
        """
        done = self._read("config", "--hash", "*")
        lines = [line.split() for line in done.out.splitlines()] if done.ok else []
        return {line[0]: line[1] for line in lines if len(line) == 2}

    def call(self, *args: str) -> None:
        """Run a command to its end.

        Raises FailedError (NA115) with what Compose said.
        """
        done = self._run(*args)
        if not done.ok:
            raise self._failed(args, done.err)

    def stream(self, *args: str) -> int:
        """Run a command on the user's own terminal and return its exit code."""
        return process.stream(self.command(*args), cwd=self.root, env=self.environ)

    def output(self, *args: str) -> str:
        """Return what a command printed, both streams, whatever its exit code."""
        done = self._run(*args)
        return done.out + done.err

    def command(self, *args: str) -> list[str]:
        """Return the words that run a command, for who runs it otherwise."""
        return ["docker", "compose", *self._words(), *args]

    def _reader(self, *args: str) -> list[str]:
        """Return the words of a command that only reads.

        They call the plugin itself, since `docker` takes as long again. `docker` is
        called to act, in whatever way it reaches its daemon.
        """
        plugin = _plugin(self.environ)
        return [plugin, *self._words(), *args] if plugin else self.command(*args)

    def _run(self, *args: str) -> Completed:
        return process.run(self.command(*args), cwd=self.root, env=self.environ, text=self.document)

    def _read(self, *args: str) -> Completed:
        return process.run(self._reader(*args), cwd=self.root, env=self.environ, text=self.document)

    def _words(self) -> Sequence[str]:
        files = ["-f", "-", "--project-directory", str(self.root)] if self.document else _flags("-f", self.paths)
        variables = _flags("--env-file", [str(self.root / name) for name in self.env_files])
        project = ["-p", self.project] if self.project else []
        # Without its profile a service is neither configured, nor killed, nor removed.
        return [*files, *variables, *project, "--profile", "*", "--progress", "plain"]

    def _failed(self, args: Sequence[str], err: str) -> NoxAlembicError:
        message = f"`docker compose {args[0]}` failed: {_last_line(err)}"
        return FailedError("NA115", message, hint=f"`{self._shown(*args)}` shows the same", detail=err.strip())

    def _shown(self, *args: str) -> str:
        project = ["-p", self.project] if self.project else []
        variables = _flags("--env-file", self.env_files)
        return " ".join(["docker", "compose", *_flags("-f", self.files), *variables, *project, *args])


# Where `docker` looks for its plugins, in this order; on Windows only the first.
_PLUGIN_FOLDERS = (
    "~/.docker/cli-plugins",
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)


def _plugin(environ: Mapping[str, str]) -> str | None:
    """Return the Compose program that `docker` would run.

    Returns None where it is elsewhere or there is no `docker`.
    """
    path = environ.get("PATH")
    if "DOCKER_CONFIG" in environ or shutil.which("docker", path=path) is None:
        return None
    folders = os.pathsep.join(os.path.expanduser(folder) for folder in _PLUGIN_FOLDERS)  # noqa: PTH111 - for a PATH
    return shutil.which("docker-compose", path=folders)


def _flags(flag: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (flag, value)]


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it printed nothing"
