"""Reads Alembic's configuration whole, without Alembic, and finds where it is run.

An ini and pyproject.toml are read together. Alembic's own `alembic.config` says how.
"""

import configparser
import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nox_alembic.core.errors import UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.configuration import SECTION, Configuration
from nox_alembic.edges.project.settings import tool_table


@frozen(kw_only=True)
class Options:
    """Where the project has its scripts: env.py, revisions, and what they import.

    All are as they are written, with `%(here)s` filled in.
    """

    script_location: str
    version_locations: tuple[str, ...]
    recursive: bool
    import_paths: tuple[str, ...]


def read(configuration: Configuration) -> Options:
    """Return what the files say; raises UsageError (NA007)."""
    section, table = _ini(configuration), _table(configuration)
    if section is None and not table:
        raise _without_section(configuration)
    ini = section or {}
    script = ini.get("script_location") or _text(table.get("script_location", ""))
    if not script and not configuration.is_of_flask:
        message = f"{configuration.file} does not set script_location"
        raise UsageError("NA007", message, hint="correct the file")
    recursive = ini.get("recursive_version_locations", str(table.get("recursive_version_locations", False)))
    return Options(
        script_location=script or str(configuration.file.parent),
        version_locations=_paths(ini, table, "version_locations", ", "),
        recursive=recursive.lower() == "true",
        import_paths=_paths(ini, table, "prepend_sys_path", ", :" if os.pathsep == ":" else ", "),
    )


def is_in_package(location: str) -> bool:
    """Return whether it is a folder of a package: `package:folder`."""
    return ":" in location.replace(":\\", "").replace(":/", "")


def locate(location: str, configuration: Configuration, options: Options) -> Path | None:
    """Return where a folder is, None for one in a package that is not the project's."""
    if not is_in_package(location):
        return configuration.folder / location
    package, _, below = location.partition(":")
    for place in (*options.import_paths, "."):
        found = configuration.folder / place / package.replace(".", "/")
        if found.is_dir():
            return found / below
    return None


def beside(file: Path, folder: Path | None = None) -> Path | None:
    """Return the pyproject.toml whose table Alembic reads with the ini."""
    toml = (folder or file.parent) / "pyproject.toml"
    return toml if file.suffix != ".toml" and "alembic" in tool_table(toml) else None


def only_section(file: Path) -> str:
    """Return the section that says where the scripts are, if it is the only one."""
    with contextlib.suppress(OSError):
        if file.suffix == ".toml" or f"[{SECTION}]".encode() in file.read_bytes():
            return SECTION
    named = _sections(file)
    return named[0] if len(named) == 1 and SECTION not in named else SECTION


def _sections(file: Path) -> list[str]:
    parser = configparser.RawConfigParser(strict=False)
    with contextlib.suppress(configparser.Error, OSError, UnicodeDecodeError):
        parser.read(file, encoding="utf-8")
    return [name for name in parser.sections() if parser.has_option(name, "script_location")]


def _ini(configuration: Configuration) -> Mapping[str, str] | None:
    """Return the section of the ini, None where there is none."""
    if configuration.ini is None:
        return None
    parser = configparser.ConfigParser({"here": _here(configuration.ini).replace("%", "%%")})
    section = configuration.section
    try:
        parser.read(configuration.ini, encoding="utf-8")
        if not parser.has_section(section):
            return None
        return {name: parser.get(section, name) for name in _NAMES if parser.has_option(section, name)}
    except (configparser.Error, UnicodeDecodeError) as error:
        message = f"{configuration.ini} cannot be read: {' '.join(str(error).split())}"
        raise UsageError("NA007", message, hint="correct the file") from None


def _table(configuration: Configuration) -> Mapping[str, Any]:
    """Return [tool.alembic], with `%(here)s` and the like filled in."""
    if configuration.toml is None:
        return {}
    here = {"here": _here(configuration.toml)}
    table = tool_table(configuration.toml).get("alembic", {})
    try:
        return {name: _filled(table[name], here) for name in _NAMES if name in table}
    except (TypeError, ValueError, KeyError) as error:
        message = f"[tool.alembic] of {configuration.toml} cannot be read: {error!r}"
        raise UsageError("NA007", message, hint="correct the file; a percent sign is written twice there") from None


def _filled(value: Any, here: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [str(item) % here for item in value]
    return value % here if isinstance(value, str) else value


def _paths(ini: Mapping[str, str], table: Mapping[str, Any], name: str, legacy: str) -> tuple[str, ...]:
    """Return a list of paths; `legacy` are the characters between them by default."""
    if not ini.get(name):
        found = table.get(name) or ()
        return (found,) if isinstance(found, str) else tuple(map(str, found))
    return tuple(_split(ini, name, legacy))


def _split(ini: Mapping[str, str], name: str, legacy: str) -> Iterator[str]:
    separator = ini.get("path_separator", ini.get("version_path_separator", "") if name == "version_locations" else "")
    known = {"newline": "\n", "space": " ", "os": os.pathsep, ":": ":", ";": ";"}.get(separator)
    text = ini[name]
    for character in legacy if known is None else known:
        text = text.replace(character, "\n")
    yield from (part.strip() for part in text.split("\n") if part.strip())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _here(file: Path) -> str:
    return file.absolute().parent.as_posix()


def _without_section(configuration: Configuration) -> UsageError:
    named: Sequence[str] = _sections(configuration.file)
    message = f"{configuration.file} has no [{configuration.section}] section"
    if not named:
        return UsageError("NA007", message, hint="correct the file")
    hint = f'set `alembic-section = "{named[0]}"` in [tool.nox-alembic] of pyproject.toml'
    return UsageError("NA007", f"{message}; those with a script_location are: {_listed(named)}", hint=hint)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}]" for name in names)


_NAMES = (
    "script_location", "version_locations", "path_separator", "version_path_separator", "recursive_version_locations",
    "prepend_sys_path",
)  # fmt: skip
