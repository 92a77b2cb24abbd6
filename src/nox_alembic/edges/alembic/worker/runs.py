"""Upgrades and downgrades, the SQL of an upgrade, and the revision graph where only running the files can tell it."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext
from alembic.util import CommandError

from nox_alembic.edges.alembic.worker.project import open_scripts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.script import Script

OnRevision = Callable[["Script"], None]
OnCommit = Callable[[], None]


def move(
    config: Config,
    direction: str,
    target: str,
    *,
    extra: dict[str, str],
    only: str,
    mark: str,
    begins: OnRevision,
    commits: OnCommit,
) -> None:
    """Do what alembic.command.upgrade and downgrade do, with the steps watched: env.py need know nothing of it.

    `begins` is called before each revision, `commits` when one commits what it did so far. `extra` are revision files
    that are not the project's: by name, each byte as a character. Raises CommandError before the first revision where
    env.py is not connected to the database `only`, if that is not "", with `mark` in it.
    """
    with tempfile.TemporaryDirectory() if extra else contextlib.nullcontext("") as folder:
        for name, text in extra.items():
            Path(folder, name).write_bytes(text.encode("latin-1"))
        scripts = open_scripts(config, [folder] if extra else [])
        plan = {"upgrade": scripts._upgrade_revs, "downgrade": scripts._downgrade_revs}[direction]  # noqa: SLF001

        def steps(current: Any, context: Any) -> Iterator[Any]:
            _require_database(context.connection, only, mark)
            context.autocommit_block = _telling(context.autocommit_block, commits)
            for step in plan(target, current):
                begins(step.revision)
                yield step

        with EnvironmentContext(config, scripts, fn=steps, destination_rev=target):
            scripts.run_env()


def _require_database(connection: Any, name: str, mark: str) -> None:
    """Ask the connection itself: what env.py makes of the URL that it is given is its own business."""
    if name:
        idle = not connection.in_transaction()
        found = connection.exec_driver_sql("SELECT current_database()").scalar()
        marked = connection.exec_driver_sql("SELECT coalesce(current_setting('nox_alembic.spare', true), '')").scalar()
        if idle:
            connection.rollback()
        if found != name:
            raise CommandError(f'env.py connects to the database "{found}", and not to "{name}" as it is told')
        if marked != mark:
            raise CommandError(f'env.py connects to a database "{name}" on another server than it is told')


def _telling(block: Callable[[], Any], commits: OnCommit) -> Callable[[], Any]:
    """Return the same as `block`, told: an autocommit block commits what came before it."""

    def autocommit_block() -> Any:
        commits()
        return block()

    return autocommit_block


def upgrade_sql(config: Config, start: str, target: str) -> str:
    """Return the SQL of an upgrade from `start` ("": from nothing) to `target`; nothing is connected to."""
    scripts = open_scripts(config)
    config.output_buffer = written = io.StringIO()

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(target, revision)  # noqa: SLF001 - what alembic.command does

    options = {"as_sql": True, "starting_rev": start or None, "destination_rev": target}
    with EnvironmentContext(config, scripts, fn=steps, **options):
        scripts.run_env()
    return written.getvalue()


def history(config: Config) -> list[dict[str, Any]]:
    """Return each revision's id, parents, labels, message and path, read by running its file."""
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
