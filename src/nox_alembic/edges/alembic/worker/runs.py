"""Upgrades, downgrades, the SQL of an upgrade, and the graph of revisions.

The graph is read here only where its files must be run for it.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nox_alembic.edges.alembic.worker import environment
from nox_alembic.edges.alembic.worker.environment import run_env
from nox_alembic.edges.alembic.worker.project import open_scripts
from nox_alembic.edges.alembic.worker.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.script import Script

OnRevision = Callable[["Script"], None]
OnCommit = Callable[[], None]

_COMMIT = re.compile(r"(^|;)\s*COMMIT\b(?!\s+PREPARED)", re.IGNORECASE)


def move(
    config: Config, direction: str, target: str, *, extra: dict[str, str], begins: OnRevision, commits: OnCommit
) -> None:
    """Do what `alembic.command.upgrade` and `downgrade` do, and watch the steps.

    env.py need know nothing of it. `begins` is called before each revision, `commits`
    when one commits what it did so far. `extra` are revision files that are not the
    project's: by name, each byte as a character.
    """
    with tempfile.TemporaryDirectory() if extra else contextlib.nullcontext("") as folder:
        for name, text in extra.items():
            Path(folder, name).write_bytes(text.encode("latin-1"))
        scripts = open_scripts(config, [folder] if extra else [])
        plan = {"upgrade": scripts._upgrade_revs, "downgrade": scripts._downgrade_revs}[direction]  # noqa: SLF001

        def steps(current: Any, context: Any) -> Iterator[Any]:
            context.autocommit_block = _telling(context.autocommit_block, commits)
            sa.event.listen(context.connection, "before_cursor_execute", _hearing(commits))
            for step in plan(target, current):
                begins(step.revision)
                yield step

        run_env(config, scripts, steps, destination_rev=target)


def probe(config: Config) -> bool:
    """Return whether env.py comes to its migrations; none is run. Raises Refused."""
    return environment.probe(config, open_scripts(config), destination_rev="heads")


def _commits_at_once(connection: Any) -> bool:
    """Return whether each statement is committed by itself, as env.py may have it.

    Drivers say it by one of two attributes.
    """
    driver = getattr(connection.connection, "dbapi_connection", connection.connection)
    return getattr(driver, "autocommit", False) is True or getattr(driver, "isolation_level", None) == "autocommit"


def _hearing(commits: OnCommit) -> Callable[..., None]:
    """Return what hears of statements by which a revision commits by itself."""

    def before(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _COMMIT.search(statement) or _commits_at_once(connection):
            commits()

    return before


def _telling(block: Callable[[], Any], commits: OnCommit) -> Callable[[], Any]:
    """Return `block` with a call of `commits` before it.

    An autocommit block commits what came before it.
    """

    def autocommit_block() -> Any:
        commits()
        return block()

    return autocommit_block


def find_table(config: Config) -> str:
    """Return the table in which env.py keeps the revisions, "" when it runs nothing.

    No migrations are run, and the table is not made. An env.py that makes its schema
    first does not come through without writing: it is run as `alembic current` runs it.
    """
    tables: list[str] = config.attributes.setdefault(TABLES, [])
    scripts = open_scripts(config)
    environment.probe(config, scripts, dont_mutate=True)
    if not tables:
        run_env(config, scripts, lambda *_: [], dont_mutate=True)
    return next(iter(tables), "")


def upgrade_sql(config: Config, start: str, target: str) -> str:
    """Return the SQL of an upgrade to `target`; nothing is connected to.

    `start` is "" for an upgrade from nothing.
    """
    scripts = open_scripts(config)
    config.output_buffer = written = io.StringIO()

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(target, revision)  # noqa: SLF001 - what alembic.command does

    run_env(config, scripts, steps, as_sql=True, starting_rev=start or None, destination_rev=target)
    return written.getvalue()


def history(config: Config) -> list[dict[str, Any]]:
    """Return each revision's id, parents, labels, message and path.

    Its file is run for them.
    """
    return [
        {
            "id": script.revision,
            "down": _ids(script.down_revision),
            "depends_on": _ids(script.dependencies),
            "labels": list(script.branch_labels),
            "message": script.doc or "",
            "path": script.path,
        }
        for script in open_scripts(config).walk_revisions()
    ]


def _ids(value: Any) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)
