"""Finds the Alembic configuration of a project, and the folder where it is run."""

import ast
import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nox_alembic.core.config import Config
from nox_alembic.core.errors import UsageError
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.edges.project import alembic_options
from nox_alembic.edges.project.alembic_options import Options
from nox_alembic.edges.project.compose_files import repository_of
from nox_alembic.edges.project.discovery import Project, is_of_flask


def configuration_of(project: Project, config: Config) -> Configuration | None:
    """Return Alembic's configuration of a project, None when it has none."""
    root = project.root
    file = root / config.alembic if config.alembic else project.configuration
    if file is None:
        return None
    is_flask = is_of_flask(file)
    section = config.alembic_section or alembic_options.only_section(file)
    known = Configuration(
        file=file, folder=file.parent, beside=alembic_options.beside(file), section=section, arguments=config.alembic_x,
        is_of_flask=is_flask,
    )  # fmt: skip
    if config.alembic_folder:
        return _in_folder(known, root / config.alembic_folder)
    if is_flask:
        return _in_folder(known, root)
    folders = tuple(dict.fromkeys((file.parent, root, repository_of(root) or root)))
    return _in_folder(known, _chosen(known, folders)) if len(folders) > 1 else known


def _chosen(configuration: Configuration, folders: Sequence[Path]) -> Path:
    """Return that one of the folders; the first, where nothing decides.

    A relative script_location must be there, and then what env.py imports of the
    project's own.
    """
    try:
        options = alembic_options.read(configuration)
    except UsageError:  # told by who reads it for more than this
        return folders[0]
    script = options.script_location
    if alembic_options.is_in_package(script):
        with_scripts = [folder for folder in folders if _scripts(configuration, options, folder)] or folders
    else:
        with_scripts = [folder for folder in folders if (folder / script / "env.py").is_file()] or folders
    if len(with_scripts) == 1:
        return with_scripts[0]
    place = _scripts(configuration, options, with_scripts[0])
    names = tuple(_imported(place / "env.py")) if place else ()
    return max(with_scripts, key=lambda folder: sum(_is_in(folder, options, name) for name in names))


def _in_folder(configuration: Configuration, folder: Path) -> Configuration:
    """Return the configuration as it is when Alembic is run in the folder."""
    return Configuration(
        file=configuration.file,
        folder=Path(os.path.normpath(folder)),
        beside=configuration.beside or alembic_options.beside(configuration.file, folder),
        section=configuration.section,
        arguments=configuration.arguments,
        is_of_flask=configuration.is_of_flask,
    )


def _scripts(configuration: Configuration, options: Options, folder: Path) -> Path | None:
    return alembic_options.locate(options.script_location, replace(configuration, folder=folder), options)


def _imported(file: Path) -> Iterator[str]:
    """Yield the packages that a file imports at its top."""
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        for node in ast.parse(file.read_bytes()).body:
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def _is_in(folder: Path, options: Options, name: str) -> bool:
    places = [folder / path for path in (*options.import_paths, ".")]
    # A folder `alembic` is not the library, which env.py imports.
    return name != "alembic" and any((place / f"{name}.py").is_file() or (place / name).is_dir() for place in places)
