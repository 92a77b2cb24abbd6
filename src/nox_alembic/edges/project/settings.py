"""Reads the settings of a project, which are in pyproject.toml."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nox_alembic.core.config import DEFAULT_ENVIRONMENT, Config, parse
from nox_alembic.core.errors import UsageError
from nox_alembic.edges.system.files import read_toml


def read_config(root: Path, environment: str | None) -> Config:
    """Return the configuration of an environment; what it names exists."""
    config = parse(_tool(root).get("nox-alembic", {}), root=root, environment=environment)
    for name in config.compose_files:
        if not (root / name).is_file():
            message = f'the Compose file "{name}" in "compose-files" does not exist in {root}'
            raise UsageError("NA104", message, hint="correct the name in pyproject.toml")
    if config.alembic and not (root / config.alembic).is_file():
        message = f'the Alembic configuration "{config.alembic}" does not exist in {root}'
        raise UsageError("NA007", message, hint='correct "alembic" in pyproject.toml')
    if not (root / config.alembic_folder).is_dir():
        message = f'the folder "{config.alembic_folder}" in which Alembic is to be run does not exist in {root}'
        raise UsageError("NA007", message, hint='correct "alembic-folder" in pyproject.toml')
    return config


def alembic_key(root: Path, environment: str | None) -> Path | None:
    """Return the Alembic configuration that `alembic` names for an environment.

    The table is not parsed here, so that a mistake in it is told by who needs the whole
    of it.
    """
    table = _table(_tool(root).get("nox-alembic"))
    name = environment or str(table.get("default-env", DEFAULT_ENVIRONMENT))
    own = _table(_table(table.get("env")).get(name))
    found = own.get("alembic", table.get("alembic"))
    return Path(os.path.normpath(root / found)) if isinstance(found, str) and found else None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def tool_table(path: Path) -> Mapping[str, Any]:
    """Return the [tool] table of a TOML file, empty without that table.

    Raises UsageError (NA005).
    """
    try:
        return read_toml(path).get("tool", {})  # type: ignore[no-any-return] # TOML is untyped until `parse`
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError("NA005", f"{path} is not valid TOML: {error}", hint="correct the file") from None


def _tool(root: Path) -> Mapping[str, Any]:
    """Return the [tool] table of pyproject.toml, empty when there is none."""
    return tool_table(root / "pyproject.toml")
