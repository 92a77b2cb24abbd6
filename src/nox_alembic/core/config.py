"""The frozen `Config` of the `[tool.nox-alembic]` table: each key, type and default."""

import contextlib
import posixpath
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import PurePath
from typing import Literal

from nox_alembic.core.errors import UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.placeholders import NAMES, placeholders_of
from nox_alembic.core.sizes import parse_size

EngineChoice = Literal["auto", "compose", "embedded"]
TABLE = "[tool.nox-alembic]"
DEFAULT_ENVIRONMENT = "dev"


@frozen(kw_only=True)
class Config:
    """The configuration of an environment.

    The field `undo_keep` is the key `undo-keep`. An empty value means "find it": the
    Compose file, the services, the Alembic configuration, a free port.
    """

    root: PurePath
    kept_as: PurePath | None = None  # the folder after which what is kept of it is called, None: `root`
    environment: str = DEFAULT_ENVIRONMENT
    engine: EngineChoice = "auto"
    compose_files: tuple[str, ...] = ()
    compose_project: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    database_service: str = ""
    database_name: str = ""
    database_port: int = 0  # 0: any free port
    data: str = ""
    postgres_bin: str = ""
    backend_service: str = ""
    backend_command: tuple[str, ...] = ()
    backend_port: int = 0  # 0: any free port
    health_url: str = ""
    alembic: str = ""
    alembic_folder: str = ""
    alembic_section: str = ""
    alembic_x: tuple[str, ...] = ()
    alembic_in: Literal["host", "backend"] = "host"
    alembic_variables: Mapping[str, str] = field(default_factory=dict)
    seed: tuple[str, ...] = ()
    test_command: tuple[str, ...] = ()
    timeout: int = 60  # in seconds
    lock_timeout: int = 10  # in seconds
    undo_keep: int = 2  # entries
    undo_limit: int = 2_000_000_000  # in bytes
    spare: bool = True
    fast_backend: Literal["restart", "reconnect"] = "restart"
    protected: bool = False

    @property
    def clone(self) -> PurePath:
        """The folder that stands for the clone in names and marks of what is kept."""
        return self.kept_as or self.root


def parse(table: Mapping[str, object], *, root: PurePath, environment: str | None = None) -> Config:
    """Return the configuration of an environment (None: `default-env`, else `dev`).

    Any key of an environment may also stand in the table itself, as the default of all
    environments. Raises UsageError on an unknown environment (NA002), a misspelt key
    (NA003, with the nearest key) or a wrong type (NA004).
    """
    _refuse_unknown(table, [*_KEYS, "default-env", "env"], where=TABLE)
    environments = _environments(table)
    name = environment or _text("default-env", table.get("default-env", DEFAULT_ENVIRONMENT))
    if name not in {*environments, DEFAULT_ENVIRONMENT}:
        raise _unknown_environment(name, {*environments, DEFAULT_ENVIRONMENT})
    shared = {key: value for key, value in table.items() if key in _KEYS}
    _refuse_shared_data(name, {other: {**shared, **own} for other, own in environments.items()}, shared)
    values = {
        key.replace("-", "_"): _KEYS[key](key, value) for key, value in {**shared, **environments.get(name, {})}.items()
    }
    return Config(root=root, environment=name, **values)  # type: ignore[arg-type] # each parser gives its field's type


def _refuse_shared_data(
    name: str, environments: Mapping[str, Mapping[str, object]], shared: Mapping[str, object]
) -> None:
    """Refuse a data folder that another environment names, too (NA015).

    Each would end the server of the other, and wipe its data.
    """
    own = environments.get(name, shared).get("data")
    for other, values in environments.items():
        if isinstance(own, str) and own and other != name and _same_folder(own, values.get("data")):
            message = f'the environments "{name}" and "{other}" have the same "data" folder, {own}'
            hint = f'set "data" in [tool.nox-alembic.env.{other}] of pyproject.toml to a folder of its own'
            raise UsageError("NA015", message, hint=hint)


def _same_folder(one: str, other: object) -> bool:
    return isinstance(other, str) and posixpath.normpath(one) == posixpath.normpath(other)


def nearest(word: str, possible: Iterable[str]) -> str:
    """Return ` Did you mean "x"?`, or "" when no candidate is close."""
    import difflib  # noqa: PLC0415 - for mistakes only

    found = difflib.get_close_matches(word, list(possible), n=1, cutoff=0.6)
    return f' Did you mean "{found[0]}"?' if found else ""


def _environments(table: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    environments = _table("env", table.get("env", {}))
    for name, content in environments.items():
        _refuse_unknown(_table(f"env.{name}", content), _KEYS, where=f"[tool.nox-alembic.env.{name}]")
    return {name: _table(f"env.{name}", content) for name, content in environments.items()}


def _refuse_unknown(table: Mapping[str, object], known: Iterable[str], *, where: str) -> None:
    for key in table:
        if key not in known:
            message = f'the key "{key}" in {where} of pyproject.toml is not known.{nearest(key, known)}'
            raise UsageError("NA003", message, hint=f"the keys are: {', '.join(sorted(known))}")


def _unknown_environment(name: str, known: Iterable[str]) -> UsageError:
    names = sorted(known)
    message = f'there is no environment "{name}" in pyproject.toml.{nearest(name, names)}'
    return UsageError("NA002", message, hint=f"the environments are: {', '.join(names)}")


def _wrong(key: str, value: object, wanted: str) -> UsageError:
    message = f'the value of "{key}" in {TABLE} must be {wanted}, not {value!r}'
    return UsageError("NA004", message, hint=f'correct "{key}" in pyproject.toml')


def _table(key: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _wrong(key, value, "a table")
    return value


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(key, value, "a string")
    return value


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false")
    return value


def _port(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise _wrong(key, value, "a port number, 0 for any free one")
    return value


def _positive(wanted: str) -> Callable[[str, object], int]:
    def parser(key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _wrong(key, value, wanted)
        return value

    return parser


def _size(key: str, value: object) -> int:
    """Return the bytes of a text with a unit, or of a number."""
    with contextlib.suppress(ValueError):
        if isinstance(value, str):
            return parse_size(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    raise _wrong(key, value, 'a size such as "2 GB", 0 to keep nothing')


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(key, value, "a list of strings")
    return tuple(value)


def _command(key: str, value: object) -> tuple[str, ...]:
    """Return the words of a list, or of a line that is split as a POSIX shell would.

    No shell ever runs it.
    """
    if not isinstance(value, str):
        return _texts(key, value)
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise _wrong(key, value, f"a command ({error})") from None


def _variables(key: str, value: object) -> Mapping[str, str]:
    return {name: _text(f"{key}.{name}", content) for name, content in _table(key, value).items()}


def _templates(key: str, value: object) -> Mapping[str, str]:
    found = _variables(key, value)
    for name, text in found.items():
        try:
            unknown = [part for part in placeholders_of(text) if part not in NAMES]
        except ValueError:
            raise _wrong(
                f"{key}.{name}", text, "a string in which a brace that is no placeholder's is doubled"
            ) from None
        if unknown:
            raise _unknown_placeholder(f"{key}.{name}", unknown[0])
    return found


def _unknown_placeholder(key: str, name: str) -> UsageError:
    known = ", ".join(f"{{{one}}}" for one in NAMES)
    message = f'the placeholder "{{{name}}}" of "{key}" in {TABLE} is not known.{nearest(name, NAMES)}'
    return UsageError("NA004", message, hint=f"the placeholders are: {known}; any other brace is doubled")


def _one_of(*allowed: str) -> Callable[[str, object], str]:
    def parser(key: str, value: object) -> str:
        if value not in allowed:
            raise _wrong(key, value, "one of " + ", ".join(f'"{word}"' for word in allowed))
        return str(value)

    return parser


def _data(key: str, value: object) -> str:
    """Return the folder; "~" would be one of that name here, and not the home."""
    text = _text(key, value)
    if text.startswith("~"):
        raise _wrong(key, value, "a folder of the project")
    return text


_KEYS: Mapping[str, Callable[[str, object], object]] = {
    "engine": _one_of("auto", "compose", "embedded"),
    "compose-files": _texts,
    "compose-project": _text,
    "variables": _variables,
    "database-service": _text,
    "database-name": _text,
    "database-port": _port,
    "data": _data,
    "postgres-bin": _text,
    "backend-service": _text,
    "backend-command": _command,
    "backend-port": _port,
    "health-url": _text,
    "alembic": _text,
    "alembic-folder": _text,
    "alembic-section": _text,
    "alembic-x": _texts,
    "alembic-in": _one_of("host", "backend"),
    "alembic-variables": _templates,
    "seed": _command,
    "test-command": _command,
    "timeout": _positive("a whole number of seconds"),
    "lock-timeout": _positive("a whole number of seconds"),
    "undo-keep": _positive("a whole number of entries, at least 1"),
    "undo-limit": _size,
    "spare": _flag,
    "fast-backend": _one_of("restart", "reconnect"),
    "protected": _flag,
}

KEYS = tuple(_KEYS)
