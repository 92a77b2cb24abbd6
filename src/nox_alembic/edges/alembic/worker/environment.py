"""Runs env.py with an eye on what it connects to."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from nox_alembic.edges.alembic.worker.connections import Refused
from nox_alembic.edges.alembic.worker.envtext import may_repeat, reads_arguments, takes_written_url
from nox_alembic.edges.alembic.worker.project import OTHER
from nox_alembic.edges.alembic.worker.tables import TABLES, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config

    from nox_alembic.edges.alembic.worker.connections import Connections

# Where a run's `Connections` are among the attributes of Alembic's configuration.
CONNECTIONS = "nox_alembic"


def run_env(config: Config, scripts: ScriptDirectory, work: Callable[..., Any], **options: Any) -> None:
    """Run env.py with `work` as its migrations, on connections that are proved.

    Each is proved before anything is run on it. An env.py that may run migrations more
    than once is first run without them: whether it means several databases must be
    known before the first of them is changed. Raises Refused, also where it means a
    database that is not PostgreSQL's.
    """
    connections: Connections = config.attributes[CONNECTIONS]
    text = Path(scripts.env_py_location).read_bytes()
    _require_postgresql(config, text)
    if connections.key is not None and may_repeat(text):
        probe(config, scripts, **options)
    try:
        _run(config, scripts, work, **options)
    except (Exception, SystemExit):
        connections.check()  # what env.py makes of a refusal is no other error
        raise
    connections.check()


def probe(config: Config, scripts: ScriptDirectory, **options: Any) -> bool:
    """Run env.py without its migrations, and without writing.

    Return whether it came to its migrations. Raises Refused.
    """
    _require_postgresql(config, Path(scripts.env_py_location).read_bytes())
    connections, silence = config.attributes[CONNECTIONS], io.StringIO()
    with connections.probing(), contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        _run(config, scripts, lambda *_: (), **options)
    return bool(connections.has_come)


def _require_postgresql(config: Config, text: bytes) -> None:
    """Refuse an env.py that would take the URL of another kind of database."""
    if (other := config.attributes[OTHER]) and takes_written_url(text):
        meant = config.attributes[CONNECTIONS].meant.shown
        raise Refused("written", {"place": other, "meant": meant, "has_run": False})


def _run(config: Config, scripts: ScriptDirectory, work: Callable[..., Any], **options: Any) -> None:
    with EnvironmentContext(config, scripts, fn=work, **options) as environment:
        _watch(environment, config.attributes[CONNECTIONS], config.attributes.setdefault(TABLES, []))
        scripts.run_env()


def wants_arguments(config: Config) -> bool:
    """Return whether env.py reads arguments of `-x`, and none are given."""
    try:
        text = Path(ScriptDirectory.from_config(config).env_py_location).read_bytes()
    except (OSError, CommandError):
        return False
    return not (config.cmd_opts and config.cmd_opts.x) and reads_arguments(text)


def _watch(environment: Any, connections: Connections, tables: list[str]) -> None:
    """Put ours before two functions of `alembic.context`.

    It would not find a class of our own.
    """
    configure, run_migrations = environment.configure, environment.run_migrations

    def configure_proved(*given: Any, **named: Any) -> None:
        configure(*given, **named)
        connections.configured(environment.get_context())

    def run_watched(**named: Any) -> None:
        context = environment.get_context()
        if not context.as_sql:
            tables.append(name_of(context))
        with connections.running():
            if not connections.is_probing:
                run_migrations(**named)

    environment.configure, environment.run_migrations = configure_proved, run_watched
