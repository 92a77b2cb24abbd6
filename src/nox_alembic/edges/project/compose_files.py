"""Finds a project's Compose files and profiles as `docker compose` does.

COMPOSE_FILE comes first, then the usual names, in this folder and above, and at last
in folders where teams keep them.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nox_alembic.core.engines import ComposeFiles
from nox_alembic.core.errors import UsageError

# Compose's names, and its overrides, each in its order (compose-go, cli/options.go).
NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip
KEY = "`compose-files` in [tool.nox-alembic]"
# Teams' names for the file of their development environment; each may have an override.
TEAM_NAMES = ("compose.dev.yaml", "compose.dev.yml", "docker-compose.dev.yaml", "docker-compose.dev.yml")
# Folders where teams keep it.
PLACES = ("docker", "deploy", "deployment", ".devcontainer")
_VARIABLES = ("COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "COMPOSE_PROFILES")
# A line of a `.env`, read here since Compose may not be installed. A value that is more
# than names of files names no file.
_LINE = r"""^[ \t]*(?:export[ \t]+)?{}[ \t]*[=:][ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|([^\n]*?))[ \t]*(?:[ \t]#.*)?$"""


def find(root: Path, environ: Mapping[str, str]) -> ComposeFiles:
    """Return the Compose files and profiles of the project at `root`.

    What Compose would find above the repository is named, and not used. Raises
    UsageError where there are several in one folder, or several folders have some
    (NA105), since one of them may hold data that matters, and where COMPOSE_FILE names
    one that is not there (NA104).
    """
    return with_profiles(root, _find(root, environ), environ)


def with_profiles(root: Path, files: ComposeFiles, environ: Mapping[str, str]) -> ComposeFiles:
    """Return the files with the profiles of COMPOSE_PROFILES.

    It is a variable of the environment, or of the `.env` that Compose reads.
    """
    beside = [_from(root, (root / name).parent / ".env") for name in files.names[:1]]
    named = environ.get("COMPOSE_PROFILES", "")
    for name in files.env_files or beside:
        if "COMPOSE_PROFILES" not in environ:
            named = _read_env_file(root / name, environ).get("COMPOSE_PROFILES", named)
    return replace(files, profiles=tuple(word for part in named.split(",") if (word := part.strip())))


def _find(root: Path, environ: Mapping[str, str]) -> ComposeFiles:
    if named := environ.get("COMPOSE_FILE"):
        return _named(named, "COMPOSE_FILE", root, root, environ)
    repository = repository_of(root) or root
    within = [folder for folder in (root, *root.parents) if folder.is_relative_to(repository)]
    for folder in within:
        if found := _in_folder(folder, root, environ):
            return found
    if found := _in_places((root, repository), root, environ):
        return found
    for folder in repository.parents:
        if above := next((folder / name for name in NAMES if (folder / name).is_file()), None):
            return ComposeFiles(above=_from(root, above))
    return ComposeFiles()


def _in_places(tops: Sequence[Path], root: Path, environ: Mapping[str, str]) -> ComposeFiles | None:
    places = dict.fromkeys(top / name for top in tops for name in PLACES)
    found = [files for place in places if (files := _in_folder(place, root, environ))]
    if len(found) > 1:
        raise _several([files.names[0] for files in found])
    return found[0] if found else None


def repository_of(folder: Path) -> Path | None:
    """Return the folder of the git repository, None without one."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def _in_folder(folder: Path, root: Path, environ: Mapping[str, str]) -> ComposeFiles | None:
    variables = _read_env_file(folder / ".env", environ)
    if named := variables.get("COMPOSE_FILE"):
        source = f"COMPOSE_FILE in {_from(root, folder / '.env')}"
        return _named(named, source, folder, root, {**variables, **environ})
    found = [name for name in (*NAMES, *TEAM_NAMES) if (folder / name).is_file()]
    if not found:
        return None
    names = [_from(root, folder / name) for name in found]
    if len(found) > 1:
        raise _several(names)
    overrides = [name for name in _overrides(found[0]) if (folder / name).is_file()]
    return ComposeFiles(names=(*names, *(_from(root, folder / name) for name in overrides[:1])))


def _several(names: Sequence[str]) -> UsageError:
    message = f"there are several Compose files: {', '.join(names)}"
    return UsageError("NA105", message, hint=f'set `compose-files = ["{names[0]}"]` in [tool.nox-alembic]')


def _named(named: str, source: str, folder: Path, root: Path, variables: Mapping[str, str]) -> ComposeFiles:
    """Return the files that the variable names.

    Paths count from the folder in which Compose reads the variable.
    """
    paths = [folder / name for name in named.split(variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)]
    for path in paths:
        if not path.is_file():
            message = f'the Compose file "{_from(root, path)}" that {source} names does not exist'
            raise UsageError("NA104", message, hint=f"correct it, or set {KEY}")
    return ComposeFiles(names=tuple(_from(root, path) for path in paths), env_files=_env_files(folder, paths[0], root))


def _env_files(folder: Path, first: Path, root: Path) -> tuple[str, ...]:
    """Return the `.env` of the folder where Compose runs, and that of the first file.

    The latter comes first in the result. Compose reads both and lets the former win; of
    several named files the last wins.
    """
    mine, its = folder / ".env", first.parent / ".env"
    if not mine.is_file() or mine.resolve() == its.resolve():
        return ()
    return tuple(_from(root, path) for path in (its, mine) if path.is_file())


def _read_env_file(path: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    if environ.get("COMPOSE_DISABLE_ENV_FILE", "").lower() in {"1", "t", "true"}:
        return {}
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return {name: value for name in _VARIABLES if (value := _value(text, name))}


def _value(text: str, name: str) -> str:
    """Return what the last line that sets it says, "" when there is none."""
    found = re.findall(_LINE.format(name), text, re.MULTILINE)
    return "".join(found[-1]) if found else ""


def _overrides(name: str) -> Sequence[str]:
    stem, _, ending = name.rpartition(".")
    return OVERRIDES if name in NAMES else (f"{stem}.override.{ending}",)


def _from(root: Path, path: Path) -> str:
    """Return the path as it is typed in the project's folder.

    A path on another drive of Windows stays whole.
    """
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:
        return str(path)
