"""Which engine an environment runs on, and why: the rule of `auto`, and what is never done silently."""

from pathlib import PurePath
from typing import Literal, get_args

from nox_alembic.core.config import EngineChoice
from nox_alembic.core.errors import PreconditionError, UsageError
from nox_alembic.core.frozen import frozen

EngineName = Literal["compose", "embedded"]
VARIABLE = "NOX_ALEMBIC_ENGINE"
# What is typed or written to take the embedded engine, which the errors of the other one suggest.
EMBEDDED = '`--engine embedded`, or `engine = "embedded"` in [tool.nox-alembic], takes another database without Docker'


@frozen(kw_only=True)
class ComposeFiles:
    """The Compose files of a project, as paths from its folder.

    `env_files` are those of variables that Compose would not find from the files alone.
    `above` is what Compose would take from a folder above the repository: perhaps it is
    another project's, so it is not used unless it is named.
    """

    names: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    above: str = ""


@frozen
class Wanted:
    """What is asked for, and where that is said."""

    engine: EngineChoice
    said: str = "as configured"


@frozen
class Choice:
    """The engine, the reason that is shown, and what must be said loudly, "" where there is nothing."""

    engine: EngineName
    reason: str
    warning: str = ""


def wanted(option: EngineChoice | None, variable: str, configured: EngineChoice) -> Wanted:
    """Return what `--engine`, else the variable, else the configuration asks for.

    Raises UsageError (NA004).
    """
    if option:
        return Wanted(option, "as `--engine` says")
    for known in get_args(EngineChoice):
        if variable == known:
            return Wanted(known, f"as {VARIABLE} says")
    if variable:
        possible = ", ".join(f'"{known}"' for known in get_args(EngineChoice))
        message = f'the environment variable {VARIABLE} must be one of {possible}, not "{variable}"'
        raise UsageError("NA004", message, hint=f"correct or unset {VARIABLE}")
    return Wanted(configured)


def choose(wanted: Wanted, *, last: str, files: ComposeFiles, docker: bool, root: PurePath) -> Choice:
    """Return the engine.

    `last` is what the environment ran on last, "" when that is not known. `docker`:
    there is a program `docker`, or a daemon's socket, or one is named. Whether a daemon
    answers is not asked here: one that does not is an error. Raises PreconditionError
    where there is no Compose file (NA104), or `auto` would change the engine (NA117).
    """
    if wanted.engine == "embedded":
        return Choice("embedded", wanted.said, _other(last, "embedded"))
    if wanted.engine == "compose":
        _require_files(files, root)
        return Choice("compose", wanted.said, _other(last, "compose"))
    if last:
        return _as_last(last, files)
    if not docker and (found := files.names[:1] or (files.above,)) != ("",):
        return Choice("embedded", "there is no Docker here", _without_docker(found[0]))
    if files.above:
        _require_files(files, root)
    if not files.names:
        return Choice("embedded", "there is no Compose file")
    return Choice("compose", "there is a Compose file")


def _as_last(last: str, files: ComposeFiles) -> Choice:
    """Return the same engine again: another one would be another database."""
    if last == "embedded":
        return Choice("embedded", "as the last time")
    if last == "compose" and files.names:
        return Choice("compose", "as the last time")
    missing = "there is no Compose file now" if last == "compose" else "this version does not know it"
    message = f'the environment ran on the engine "{last}" the last time, and {missing}'
    hint = f'bring the file back, or name it in "compose-files"; {EMBEDDED}' if last == "compose" else EMBEDDED
    raise PreconditionError("NA117", message, hint=hint)


def _require_files(files: ComposeFiles, root: PurePath) -> None:
    if files.names:
        return
    if files.above:
        message = f"there is no Compose file in {root}, and Compose would take {files.above}, from above the repository"
        hint = f'set `compose-files = ["{files.above}"]` in [tool.nox-alembic] if it is this project\'s; {EMBEDDED}'
        raise PreconditionError("NA104", message, hint=hint)
    message = f"there is no Compose file in {root}"
    raise PreconditionError("NA104", message, hint='name it in "compose-files", or set `engine = "embedded"`')


def _other(last: str, now: EngineName) -> str:
    """Return what is to be said of the database of another engine."""
    if last in {"", now}:
        return ""
    return f'the environment ran on the engine "{last}" the last time: that is another database, and stays as it is'


def _without_docker(file: str) -> str:
    missing = "no Docker on this machine, neither a program `docker` nor the socket of a daemon"
    what = "the environment runs on the embedded engine, with a database of its own, until `--engine compose`"
    return f"there is a Compose file, {file}, and {missing}: {what}"


def unused(data: str) -> str:
    """Return what is said where an older version, which remembered no engine, left data of the embedded one."""
    return f"the environment has a database of the embedded engine, too, in {data}: `--engine embedded` takes that one"


def forgotten(root: PurePath, containers: tuple[str, ...]) -> PreconditionError:
    """Return the refusal where Docker has containers of the project's folder (NA117)."""
    message = f"there is no Compose file in {root}, and Docker has containers of that folder: {', '.join(containers)}"
    return PreconditionError("NA117", message, hint=f'bring the file back, or name it in "compose-files"; {EMBEDDED}')
