"""Finds the project of any folder of its repository.

Upwards, as git finds a repository, and below the repository's folder where there is
nothing above.
"""

import configparser
import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from nox_alembic.core.errors import FailedError, UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.project.compose_files import NAMES, repository_of
from nox_alembic.edges.project.settings import alembic_key, tool_table

LEVELS = 5  # how deep an Alembic configuration may be below the repository
_NOT_OURS = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist"})
# A folder with one of these is an environment, another repository, a server's data.
_ANOTHER_S = ("pyvenv.cfg", ".git", "PG_VERSION")


@frozen(kw_only=True)
class Project:
    """A project: the paths of its settings count from `root`.

    `configuration` is Alembic's, None where there is none or one of several would have
    to be guessed, which `several` names. `clones` are the folders after which what is
    kept of it may be called; the first is today's.
    """

    root: Path
    configuration: Path | None = None
    several: tuple[Path, ...] = ()
    clones: tuple[Path, ...] = ()


def find_project(start: Path, environment: str | None = None) -> Project:
    """Return the project of a folder.

    Raises UsageError (NA001) when there is none, or one of several.

    A [tool.nox-alembic] above an Alembic configuration counts, up to the repository's
    folder, if it is about that configuration: each folder of the project then means the
    same.
    """
    start = start.resolve()
    repository = repository_of(start)
    for folder in (start, *start.parents):
        if _has_table(folder):
            return _of_table(folder, environment)
        if found := configuration_in(folder):
            return _of_configuration(found, repository, environment)
    return _below(start, repository, environment)


def configuration_in(folder: Path) -> Path | None:
    """Return the Alembic configuration of the folder, None when there is none."""
    if (folder / "alembic.ini").is_file():
        return folder / "alembic.ini"
    if "alembic" in tool_table(folder / "pyproject.toml"):
        return folder / "pyproject.toml"
    flask = folder / "migrations/alembic.ini"
    return flask if is_of_flask(flask) else None


def is_of_flask(configuration: Path) -> bool:
    """Return whether Flask-Migrate made it.

    It lies beside its env.py, and does not say where that is.
    """
    if configuration.suffix != ".ini" or not (configuration.parent / "env.py").is_file():
        return False
    beside = tool_table(configuration.parent / "pyproject.toml").get("alembic", {})
    return not (_says_where(configuration) or "script_location" in beside)


def _says_where(ini: Path) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    with contextlib.suppress(configparser.Error, OSError, UnicodeDecodeError):
        parser.read(ini, encoding="utf-8")
        return parser.has_option("alembic", "script_location")
    return True  # its own error is told by who reads it whole


def _of_table(root: Path, environment: str | None) -> Project:
    own = alembic_key(root, environment) or configuration_in(root)
    if own:
        return Project(root=root, configuration=own, clones=(root, own.parent))
    found = _configurations_below(root)
    if len(found) != 1:
        return Project(root=root, several=found, clones=(root,))
    return Project(root=root, configuration=found[0], clones=(root, found[0].parent))


def _of_configuration(found: Path, repository: Path | None, environment: str | None) -> Project:
    """Return the project of an Alembic configuration that has no table beside it."""
    folder = found.parent.parent if is_of_flask(found) else found.parent
    if repository:
        above = (one for one in (folder, *folder.parents) if one.is_relative_to(repository))
        table = next((one for one in above if _has_table(one)), None)
        project = _of_table(table, environment) if table else None
        if project and project.configuration == found:
            return project
    return Project(root=folder, configuration=found, clones=(folder, found.parent))


def _below(start: Path, repository: Path | None, environment: str | None) -> Project:
    """Look below the repository's folder.

    Without one, look below the folder itself if it has files of a project.
    """
    marks = ("pyproject.toml", *NAMES)
    top = repository or (start if any((start / name).is_file() for name in marks) else None)
    found = _configurations_below(top) if top else ()
    if len(found) == 1:
        return _of_configuration(found[0], repository, environment)
    if top and found:
        names = [path.relative_to(top).as_posix() for path in found]
        message = f"there are several Alembic configurations below {top}: {', '.join(names)}"
        raise UsageError("NA001", message, hint=_choose_one(names[0], top))
    message = f"no project found in {start} or above it: there is no alembic.ini and no [tool.alembic]"
    if top:
        message = f"no project found in {start}, above it, or below {top}: no alembic.ini and no [tool.alembic]"
    raise UsageError("NA001", message, hint="change into the project, or name it with `--project DIR`")


def missing(project: Project) -> FailedError:
    """Return the error of a verb that needs Alembic's configuration (NA007)."""
    if not project.several:
        message = f"there is no Alembic configuration in {project.root}"
        return FailedError("NA007", message, hint="add an alembic.ini, or `alembic init alembic` makes one")
    names = [path.relative_to(project.root).as_posix() for path in project.several]
    message = f"there are several Alembic configurations below {project.root}: {', '.join(names)}"
    return FailedError("NA007", message, hint=_choose_one(names[0], project.root))


def _choose_one(name: str, root: Path) -> str:
    """Return how to say which of several Alembic configurations is meant."""
    return (
        f'change into the folder of the one that you mean, or set `alembic = "{name}"` in [tool.nox-alembic] of '
        f"pyproject.toml in {root}"
    )


def _configurations_below(top: Path) -> tuple[Path, ...]:
    return tuple(sorted(_search(top)))


def _search(top: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(top):
        folder = Path(at)
        if folder != top and not set(_ANOTHER_S).isdisjoint((*files, *folders)):
            folders.clear()
            continue
        if len(folder.relative_to(top).parts) >= LEVELS:
            folders.clear()
        folders[:] = _worth_a_look(folders)
        if "alembic.ini" in files:
            yield folder / "alembic.ini"
        elif "pyproject.toml" in files and _configures_alembic(folder / "pyproject.toml"):
            yield folder / "pyproject.toml"


def _configures_alembic(file: Path) -> bool:
    """Return whether the file of a folder that nobody has named has the table.

    A broken one has not.
    """
    with contextlib.suppress(UsageError, OSError):
        return b"alembic" in file.read_bytes() and "alembic" in tool_table(file)
    return False


def _worth_a_look(folders: Iterable[str]) -> list[str]:
    return [name for name in folders if not name.startswith(".") and name not in _NOT_OURS]


def _has_table(folder: Path) -> bool:
    return "nox-alembic" in tool_table(folder / "pyproject.toml")
