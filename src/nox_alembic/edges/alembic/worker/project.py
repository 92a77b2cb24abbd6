"""The project as Alembic sees it from its own folder.

That is its configuration, its revision files, and the environment of a run.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from nox_alembic.edges.alembic.worker import bytecode

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping, Sequence

# The attribute of Alembic's configuration that has its own URL, where that is not of a
# PostgreSQL.
OTHER = "nox_alembic_other"
_OTHERS = frozenset({"sqlite", "mysql", "mariadb", "oracle", "mssql"})


def absolute(found: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with whole paths.

    In a container they may count from its working folder.
    """
    return {**found, **{name: found[name] and os.path.abspath(found[name]) for name in ("ini", "toml", "folder")}}  # noqa: PTH100 - links stay


def read_config(found: dict[str, Any], url: str, environ: Mapping[str, str], words: Namespace) -> tuple[Config, str]:
    """Return Alembic's configuration with the URL in it, and that URL.

    `found` has the files `ini` and `toml`, either of them or both, the `section` of the
    ini, and whether it `is_of_flask`. `words` are the arguments that env.py sees. The
    URL has the driver that the project names: an env.py that makes an async engine
    takes no other one.
    """
    config = Config(file_=found["ini"], toml_file=found["toml"], ini_section=found["section"], cmd_opts=words)
    if found["is_of_flask"] and not config.get_alembic_option("script_location"):
        config.set_main_option("script_location", str(Path(found["ini"]).parent).replace("%", "%%"))
    written = _written(config)
    url = with_driver_of(url, environ.get("DATABASE_URL", ""), written)
    config.attributes[OTHER] = "" if "DATABASE_URL" in environ else _other_database(written)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))  # the ini format interpolates
    config.attributes["configure_logger"] = False
    return config, url


def with_driver_of(url: str, *named: str) -> str:
    """Return the URL with the driver of the first PostgreSQL URL among the others."""
    for other in named:
        with contextlib.suppress(ArgumentError):
            backend, _, driver = make_url(other).drivername.partition("+")
            if backend == "postgresql" and driver:
                return make_url(url).set(drivername=f"{backend}+{driver}").render_as_string(hide_password=False)
    return url


def _other_database(url: str) -> str:
    """Return a URL of another database than PostgreSQL, else "", with no password."""
    with contextlib.suppress(ArgumentError):
        found = make_url(url)
        return found.render_as_string() if found.get_backend_name() in _OTHERS else ""
    return ""


def _written(config: Config) -> str:
    """Return the URL in the configuration itself, "" where that has none.

    One that is filled in later counts as none.
    """
    with contextlib.suppress(configparser.Error, KeyError, CommandError):
        return config.get_main_option("sqlalchemy.url") or ""
    return ""


def open_scripts(config: Config, extra: Sequence[str] = ()) -> ScriptDirectory:
    """Return the revision files of the project, and those of `extra` folders."""
    scripts = ScriptDirectory.from_config(config)
    if extra:
        scripts.version_locations = [*map(str, version_locations(scripts)), *extra]
        scripts.__dict__.pop("_version_locations", None)  # computed once from the line above
    bytecode.forget_outdated(_python_folders(scripts))
    return scripts


def version_locations(scripts: ScriptDirectory) -> list[Path]:
    """Return the folders of revision files."""
    return [Path(location) for location in scripts._version_locations]  # noqa: SLF001 - there is no public name


def _python_folders(scripts: ScriptDirectory) -> Iterator[Path]:
    """Yield the folders of env.py and of the revision files."""
    yield Path(scripts.dir)
    for location in version_locations(scripts):
        yield location
        if scripts.recursive_version_locations:
            yield from (Path(folder, name) for folder, names, _ in os.walk(location) for name in names)


@contextlib.contextmanager
def inside(folder: Path, variables: Mapping[str, str | None]) -> Iterator[None]:
    """Be in the project's folder, as `alembic` on the command line is.

    `variables` are set, but for those whose value is None, which are not set meanwhile.
    The project's imports are found. What env.py, revisions, and the programs that they
    or `post_write_hooks` start print goes to stderr: stdout is for data.
    """
    environ, path, here = dict(os.environ), list(sys.path), Path.cwd()
    os.chdir(folder)
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    sys.path[:0] = [str(folder)]
    try:
        with contextlib.redirect_stdout(sys.stderr), _programs_on_stderr():
            yield
    finally:
        _restore(os.environ, environ)
        sys.path[:] = path
        os.chdir(here)


@contextlib.contextmanager
def _programs_on_stderr() -> Iterator[None]:
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _restore(target: Any, saved: dict[str, str]) -> None:
    target.clear()
    target.update(saved)
