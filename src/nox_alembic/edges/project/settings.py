"""Finds the project and reads its settings.

They are in pyproject.toml and in the Alembic configuration.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nox_alembic.core.config import Config, parse
from nox_alembic.core.errors import UsageError
from nox_alembic.edges.system.files import read_toml


def find_root(start: Path) -> Path:
    """Return the nearest folder, upwards, with an Alembic configuration.

    Raises UsageError when there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if alembic_configuration(folder) or "nox-alembic" in _tool(folder):
            return folder
    message = f"no project found in {start.resolve()} or above it: there is no alembic.ini and no [tool.alembic]"
    raise UsageError("NA001", message, hint="change into the project, or name it with `--project DIR`")


def read_config(root: Path, environment: str | None) -> Config:
    """Return the configuration of an environment; each file that it names exists."""
    config = parse(_tool(root).get("nox-alembic", {}), root=root, environment=environment)
    for name in config.compose_files:
        if not (root / name).is_file():
            message = f'the Compose file "{name}" in "compose-files" does not exist in {root}'
            raise UsageError("NA104", message, hint="correct the name in pyproject.toml")
    if config.alembic and not (root / config.alembic).is_file():
        message = f'the Alembic configuration "{config.alembic}" does not exist in {root}'
        raise UsageError("NA007", message, hint='correct "alembic" in pyproject.toml')
    return config


def alembic_configuration(root: Path) -> Path | None:
    """Return alembic.ini, or pyproject.toml with a [tool.alembic] table, or None."""
    if (root / "alembic.ini").is_file():
        return root / "alembic.ini"
    return root / "pyproject.toml" if "alembic" in _tool(root) else None


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
