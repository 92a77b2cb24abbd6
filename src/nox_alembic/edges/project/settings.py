"""Finds the project and reads what it says of itself: pyproject.toml and the Alembic configuration."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nox_alembic.core.config import Config, parse
from nox_alembic.core.errors import UsageError


def find_root(start: Path) -> Path:
    """Return the nearest folder, upwards, with an Alembic configuration; raises UsageError when there is none."""
    for folder in (start.resolve(), *start.resolve().parents):
        if alembic_configuration(folder) or "nox-alembic" in _tool(folder):
            return folder
    message = f"no project found in {start.resolve()} or above it: there is no alembic.ini and no [tool.alembic]"
    raise UsageError("NA001", message, hint="change into the project, or name it with `--project DIR`")


def read_config(root: Path, environment: str | None) -> Config:
    """Return the configuration of one environment, in which each file that it names is there."""
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
    """Return alembic.ini, or pyproject.toml when it has a [tool.alembic] table, or None."""
    if (root / "alembic.ini").is_file():
        return root / "alembic.ini"
    return root / "pyproject.toml" if "alembic" in _tool(root) else None


def _tool(root: Path) -> Mapping[str, Any]:
    """Return the [tool] table of pyproject.toml, empty when there is none."""
    try:
        text = (root / "pyproject.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        return tomllib.loads(text).get("tool", {})  # type: ignore[no-any-return] # TOML is untyped until `parse`
    except tomllib.TOMLDecodeError as error:
        message = f"{root / 'pyproject.toml'} is not valid TOML: {error}"
        raise UsageError("NA005", message, hint="correct the file") from None
