"""Reads revision files as text, without importing them: no Alembic, no SQLAlchemy, no code of the project runs."""

import ast
import configparser
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from nox_alembic.core.errors import FailedError, UsageError
from nox_alembic.core.history import History, Revision

_NAMES = {"revision", "down_revision", "branch_labels", "depends_on"}


class NotLiteralError(Exception):
    """A value that only running the file can tell."""


def read_history(configuration: Path) -> History:
    """Return the revision graph of the project that the Alembic configuration (ini or toml) describes.

    Raises FailedError when the files do not form a history, and NotLiteralError when an id is computed: then only
    Alembic, which runs the files, can tell.
    """
    return History.of(_read_all(configuration))


def script_folder(configuration: Path) -> Path | None:
    """Return the folder with env.py, None when it is inside a package, which only Alembic finds."""
    location = _options(configuration).get("script_location", "")
    return configuration.parent / location if location and not _in_package(location) else None


def write(path: Path, text: str) -> None:
    """Write a new revision file; raises FailedError (NA412) when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        message = f"{path} exists already"
        raise FailedError(
            "NA412", message, hint="choose another message, or another file_template in alembic.ini"
        ) from None


def version_folders(configuration: Path) -> tuple[tuple[Path, ...], bool]:
    """Return the folders with revision files, and whether those below them count, too; raises NotLiteralError."""
    options = _options(configuration)
    recursive = options.get("recursive_version_locations", "false").lower() == "true"
    return tuple(_locations(options, configuration)), recursive


def _read_all(configuration: Path) -> Iterator[Revision]:
    locations, recursive = version_folders(configuration)
    for location in locations:
        for path in sorted(location.rglob("*.py") if recursive else location.glob("*.py")):
            revision = parse(path.read_bytes(), str(path))
            if revision is not None:
                yield revision


def parse(content: bytes, path: str) -> Revision | None:
    """Return the revision that a file declares, None for a file that is none; `path` is what errors call it.

    Raises FailedError (NA407) when it is not Python, and NotLiteralError when one of its values is computed.
    """
    try:
        tree = ast.parse(content, filename=path)
    except (SyntaxError, ValueError) as error:
        message = f"{path} is not valid Python: {error}"
        raise FailedError("NA407", message, hint="correct the revision file") from None
    values = {name: _literal(value, path) for name, value in _assignments(tree) if name in _NAMES}
    if not values.get("revision"):
        return None
    return Revision(
        id=str(values["revision"]),
        down=_tuple(values.get("down_revision")),
        depends_on=_tuple(values.get("depends_on")),
        labels=_tuple(values.get("branch_labels")),
        message=(ast.get_docstring(tree) or "").partition("\n")[0].strip(),
        path=path,
    )


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _literal(value: ast.expr, path: str) -> object:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise NotLiteralError(f"{path}: {ast.unparse(value)} is not a literal") from None


def _tuple(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))  # type: ignore[call-overload] # a literal


def _options(configuration: Path) -> Mapping[str, str]:
    """Return Alembic's settings of where the revisions are; `%(here)s` is filled in as Alembic does."""
    here = str(configuration.parent.absolute())
    if configuration.suffix == ".toml":
        table = tomllib.loads(configuration.read_text(encoding="utf-8")).get("tool", {}).get("alembic", {})
        return {key: _toml_text(value).replace("%(here)s", here) for key, value in table.items()}
    parser = configparser.ConfigParser({"here": here.replace("%", "%%")})
    parser.read(configuration, encoding="utf-8")
    if not parser.has_section("alembic"):
        raise UsageError("NA007", f"{configuration} has no [alembic] section", hint="correct the file")
    names = ("script_location", "version_locations", "path_separator", "version_path_separator",
             "recursive_version_locations")  # fmt: skip
    return {name: parser.get("alembic", name) for name in names if parser.has_option("alembic", name)}


def _toml_text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _locations(options: Mapping[str, str], configuration: Path) -> Iterator[Path]:
    """Yield the folders with revision files; relative paths count from the configuration's folder, where we run."""
    script = options.get("script_location", "")
    texts = _split(options) or ([f"{script}/versions"] if script else [])
    if not texts:
        raise UsageError("NA007", f"{configuration} does not set script_location", hint="correct the file")
    for text in texts:
        if _in_package(text):
            raise NotLiteralError(f"{text} names a folder inside a package")
        yield configuration.parent / text


def _in_package(location: str) -> bool:
    return ":" in location.replace(":\\", "").replace(":/", "")


def _split(options: Mapping[str, str]) -> list[str]:
    value = options.get("version_locations", "")
    separator = options.get("path_separator", options.get("version_path_separator", ""))
    split = {"newline": "\n", "space": " ", "os": os.pathsep, ":": ":", ";": ";"}.get(separator)
    parts = value.replace("\n", split).split(split) if split else value.replace(",", " ").split()
    return [part.strip() for part in parts if part.strip()]
