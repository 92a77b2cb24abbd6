"""Alembic, in process: one ScriptDirectory a command, the project's own env.py, and a word for each revision."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from nox_alembic.core.errors import FailedError, NoxAlembicError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.history import History, Revision

OnRevision = Callable[[str], None]


def read_history(configuration: Path) -> History:
    """Return the revision graph by running the revision files, for those whose ids are computed."""
    try:
        with _inside_project(configuration, ""):
            scripts = list(ScriptDirectory.from_config(_config(configuration, "")).walk_revisions())
    except CommandError as error:
        raise FailedError("NA407", str(error), hint="correct the revision files") from error
    return History.of(
        Revision(
            id=script.revision,
            down=_ids(script.down_revision),
            depends_on=_ids(script.dependencies),
            labels=tuple(script.branch_labels),
            message=script.doc or "",
            path=script.path,
        )
        for script in scripts
    )


def upgrade(configuration: Path, address: DatabaseAddress, target: str, on_revision: OnRevision) -> None:
    """Upgrade to `target` (an id or `heads`), with a call before each revision; raises FailedError (NA405)."""
    _run(configuration, address.url, target, on_revision, direction="upgrade")


def downgrade(configuration: Path, address: DatabaseAddress, target: str, on_revision: OnRevision) -> None:
    """Downgrade to `target` (an id or `base`), with a call before each revision; raises FailedError (NA405)."""
    _run(configuration, address.url, target, on_revision, direction="downgrade")


def print_upgrade_sql(configuration: Path, start: str, target: str) -> None:
    """Print the SQL of an upgrade on stdout; nothing is connected to. Raises FailedError (NA405)."""
    url = "postgresql+psycopg2://"
    config = _config(configuration, url)
    config.output_buffer = sys.stdout

    with _inside_project(configuration, url), _explained(configuration, []):
        script = ScriptDirectory.from_config(config)

        def steps(revision: Any, _context: Any) -> Any:
            return script._upgrade_revs(target, revision)  # noqa: SLF001 - what alembic.command does

        options = {"as_sql": True, "starting_rev": start or None, "destination_rev": target}
        with EnvironmentContext(config, script, fn=steps, **options):
            script.run_env()


def _run(configuration: Path, url: str, target: str, on_revision: OnRevision, *, direction: str) -> None:
    """Do what alembic.command.upgrade and downgrade do, with the steps watched: env.py need know nothing of it."""
    config = _config(configuration, url)
    running: list[Script] = []

    # `contextlib.redirect_stdout`: what env.py and revisions print must not mix with JSON.
    with (
        _inside_project(configuration, url),
        contextlib.redirect_stdout(sys.stderr),
        _explained(configuration, running),
    ):
        script = ScriptDirectory.from_config(config)
        plan = {"upgrade": script._upgrade_revs, "downgrade": script._downgrade_revs}[direction]  # noqa: SLF001

        def steps(current: Any, _context: Any) -> Iterator[Any]:
            for step in plan(target, current):
                running[:] = [step.revision]
                on_revision(f"{step.revision.revision} {step.revision.doc or ''}".strip())
                yield step

        with EnvironmentContext(config, script, fn=steps, destination_rev=target):
            script.run_env()


def _config(configuration: Path, url: str) -> AlembicConfig:
    """Return Alembic's configuration with the URL in it; `%` is doubled for the ini format's interpolation."""
    if configuration.suffix == ".toml":
        config = AlembicConfig(toml_file=str(configuration))
    else:
        config = AlembicConfig(str(configuration))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes["configure_logger"] = False
    return config


@contextlib.contextmanager
def _inside_project(configuration: Path, url: str) -> Iterator[None]:
    """Be in the project's folder with DATABASE_URL set and its imports found, as `alembic` on the command line is."""
    environ, path = dict(os.environ), list(sys.path)
    with contextlib.chdir(configuration.parent):
        os.environ["DATABASE_URL"] = url
        sys.path[:0] = [str(configuration.parent)]
        try:
            yield
        finally:
            _restore(os.environ, environ)
            sys.path[:] = path


def _restore(target: Any, saved: Mapping[str, str]) -> None:
    target.clear()
    target.update(saved)


@contextlib.contextmanager
def _explained(configuration: Path, running: list[Script]) -> Iterator[None]:
    """Turn whatever a migration raises into one error that names the revision, its file and the cause."""
    try:
        yield
    except (NoxAlembicError, KeyboardInterrupt):
        raise
    except CommandError as error:
        raise FailedError("NA405", f"Alembic refuses: {error}", hint="`nox -s status` shows the revisions") from error
    except (Exception, SystemExit) as error:
        raise FailedError(
            "NA405",
            f"the migration failed{_place(running, configuration)}: {_cause(error)}",
            hint="correct the revision and run `nox -s migrate`; `nox -s status` shows what is applied",
            detail=_statement(error),
        ) from error


def _place(running: list[Script], configuration: Path) -> str:
    if not running:
        return " before the first revision, in env.py"
    path = Path(running[0].module.__file__ or "")
    shown = path.relative_to(configuration.parent) if path.is_relative_to(configuration.parent) else path
    return f" in the revision {running[0].revision} ({shown})"


def _cause(error: BaseException) -> str:
    """Return the database's own sentence, without the statement that SQLAlchemy adds below it."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = str(original).strip() if not isinstance(error, SQLAlchemyError) else str(original).partition("\n[SQL")[0]
    return f"{type(original).__name__}: {text.strip()}"


def _statement(error: BaseException) -> str:
    return (error.statement or "").strip() if isinstance(error, DBAPIError) else ""


def _ids(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
