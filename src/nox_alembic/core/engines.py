"""Which engine an environment runs on, and why.

It holds the rule of `auto`, and the changes that are never silent.
"""

from pathlib import PurePath
from typing import Literal, get_args

from nox_alembic.core.config import EngineChoice
from nox_alembic.core.errors import PreconditionError, UsageError
from nox_alembic.core.frozen import frozen

EngineName = Literal["compose", "embedded"]
VARIABLE = "NOX_ALEMBIC_ENGINE"
# How to choose the embedded engine, as the errors of the Compose engine suggest it.
EMBEDDED = '`--engine embedded`, or `engine = "embedded"` in [tool.nox-alembic], takes another database without Docker'


@frozen(kw_only=True)
class ComposeFiles:
    """The Compose files of a project, as paths from its folder.

    `env_files` are those of variables that Compose would not find from the files alone.
    `profiles` are those that are asked for. `above` is the file that Compose would take
    from a folder above the repository. It may be another project's, so it is not used
    unless it is named.
    """

    names: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    above: str = ""


@frozen
class Wanted:
    """The engine that is asked for, and the place that asks."""

    engine: EngineChoice
    said: str = "as configured"


@frozen
class Choice:
    """The engine, the reason to show, and a warning, "" if there is none."""

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

    `last` is the engine that the environment ran on last, "" when that is not known.
    `docker`: there is a program `docker`, or a daemon's socket, or a setting that names
    a daemon. Whether a daemon answers is not asked here: a daemon that does not is an
    error. Raises PreconditionError without a Compose file (NA104), or if `auto` would
    change the engine (NA117).
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
    """Return the message about the database of another engine."""
    if last in {"", now}:
        return ""
    return f'the environment ran on the engine "{last}" the last time: that is another database, and stays as it is'


def _without_docker(file: str) -> str:
    missing = "no Docker on this machine, neither a program `docker` nor the socket of a daemon"
    what = "the environment runs on the embedded engine, with a database of its own, until `--engine compose`"
    return f"there is a Compose file, {file}, and {missing}: {what}"


def unused(data: str) -> str:
    """Return the message about data of the embedded engine from an older version.

    Older versions remembered no engine.
    """
    return f"the environment has a database of the embedded engine, too, in {data}: `--engine embedded` takes that one"


def forgotten(root: PurePath, containers: tuple[str, ...]) -> PreconditionError:
    """Return the refusal if Docker has containers of the project's folder (NA117)."""
    message = f"there is no Compose file in {root}, and Docker has containers of that folder: {', '.join(containers)}"
    return PreconditionError("NA117", message, hint=f'bring the file back, or name it in "compose-files"; {EMBEDDED}')
