"""Finds a project, its settings and its engine, and opens an environment.

It starts nothing. It imports little, so that Compose reads its files early; meanwhile
it imports what else a verb needs.
"""

import importlib
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nox_alembic.core.config import Config, EngineChoice
from nox_alembic.core.engines import VARIABLE, ComposeFiles, Wanted, wanted
from nox_alembic.core.errors import PreconditionError
from nox_alembic.edges.engines.selection import Place, open_engine, unique_word
from nox_alembic.edges.home import last_engine
from nox_alembic.edges.home.folders import Folders, clone_of, close_folders, folders_of
from nox_alembic.edges.project import settings
from nox_alembic.edges.project.alembic_folder import configuration_of
from nox_alembic.edges.project.discovery import Project, find_project

if TYPE_CHECKING:
    from nox_alembic.core.revisions.timeline import Timeline
    from nox_alembic.report import Reporter
    from nox_alembic.run.environment import Environment

_THE_REST = ("nox_alembic.run.facts", "nox_alembic.report")


def open_environment(
    project: Path | None,
    name: str | None,
    report: "Reporter",
    *,
    engine: EngineChoice | None = None,
    throwaway: bool = False,
    arguments: Sequence[str] = (),
) -> "Environment":
    """Find the project and its engine, which `engine` may choose.

    `arguments` are given to env.py beside those of the configuration. Raises
    NoxAlembicError when the project or its engine is not there.
    """
    found, config, folders = _project(project, name)
    config = replace(config, alembic_x=(*config.alembic_x, *arguments))
    state = folders.state / config.environment
    asked, last = wanted(engine, os.environ.get(VARIABLE, ""), config.engine), last_engine.read(state)
    place = Place(
        config=config,
        wanted=asked,
        files=_compose_files(found.root, config, asked, last),
        folders=folders,
        environ=os.environ,
        last=last,
        started=partial(last_engine.write, state),
        throwaway=unique_word() if throwaway else "",
    )
    if not (project or Path.cwd()).resolve().is_relative_to(found.root):
        report.note(f"the project is the one in {found.root}")
    close_folders(place.folders, os.environ)
    opened, choice = open_engine(place, meanwhile=_import_the_rest)
    report.opened(config.environment, opened.name, choice.reason)
    if choice.warning:
        report.warn(choice.warning)

    from nox_alembic.run.environment import Environment  # noqa: PLC0415 - imported meanwhile

    return Environment(
        place=place,
        project=found,
        configuration=configuration_of(found, config),
        engine=opened,
        report=report,
        typed=name or "",
    )


def probe_history(
    project: Path | None, name: str | None, report: "Reporter", *, engine: EngineChoice | None = None
) -> "Timeline":
    """Return the history, with what an engine and git add to it, if they are there."""
    from nox_alembic.core.revisions.timeline import Timeline  # noqa: PLC0415 - for `history` alone
    from nox_alembic.edges.alembic import workers  # noqa: PLC0415 - for `history` alone
    from nox_alembic.edges.probe import facts  # noqa: PLC0415 - for `history` alone

    current = None
    try:
        current = facts.current(open_environment(project, name, report, engine=engine).engine)
    except PreconditionError as error:
        report.note(f"without a database: {error.message}")
    found, config, folders = _project(project, name)
    history = facts.read_history(configuration_of(found, config), workers.in_process, folders.cache)
    authors = facts.authors(found.root, history, folders.cache)
    return Timeline(project=found.root.name, history=history, current=current, authors=authors)


def _import_the_rest() -> None:
    for module in _THE_REST:
        importlib.import_module(module)


def _project(folder: Path | None, name: str | None) -> tuple[Project, Config, Folders]:
    """Return the project of a folder, its settings, and the folders of what is kept."""
    found = find_project(folder or Path.cwd(), name)
    clone = clone_of(found.clones, os.environ)
    config = replace(settings.read_config(found.root, name), kept_as=clone)
    return found, config, folders_of(clone, os.environ)


def _compose_files(root: Path, config: Config, asked: Wanted, last: str) -> ComposeFiles:
    if asked.engine == "embedded" or (asked.engine == "auto" and last == "embedded"):
        return ComposeFiles(names=config.compose_files)
    from nox_alembic.edges.project import compose_files  # noqa: PLC0415 - where Compose may be asked

    environ = {**os.environ, **config.variables}
    if config.compose_files:
        return compose_files.with_profiles(root, ComposeFiles(names=config.compose_files), environ)
    return compose_files.find(root, environ)
