"""Alembic's configuration of a project, and how its team runs Alembic."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nox_alembic.core.frozen import frozen

SECTION = "alembic"


@frozen(kw_only=True)
class Configuration:
    """What the options of the command `alembic` say, and the folder where it is run.

    `file` is the ini, or pyproject.toml. `beside` is a pyproject.toml whose
    [tool.alembic] is read with the ini. `arguments` are those of `-x`. Relative paths
    in the files count from `folder`.
    """

    file: Path
    folder: Path
    beside: Path | None = None
    section: str = SECTION
    arguments: tuple[str, ...] = ()
    is_of_flask: bool = False  # Flask-Migrate runs it, in an application's context

    @property
    def ini(self) -> Path | None:
        """The ini, None where pyproject.toml has everything."""
        return None if self.file.suffix == ".toml" else self.file

    @property
    def toml(self) -> Path | None:
        """The pyproject.toml with [tool.alembic], None where there is none."""
        return self.beside if self.ini else self.file


def differences(configuration: Configuration) -> Mapping[str, Any]:
    """Return what of it changes what a run of Alembic does, apart from its files."""
    usual = Configuration(file=configuration.file, folder=configuration.file.parent)
    found = {
        "section": configuration.section,
        "arguments": configuration.arguments,
        "folder": str(configuration.folder),
    }
    return {name: value for name, value in found.items() if value != _usual(usual, name)}


def _usual(configuration: Configuration, name: str) -> Any:
    value = getattr(configuration, name)
    return str(value) if isinstance(value, Path) else value
