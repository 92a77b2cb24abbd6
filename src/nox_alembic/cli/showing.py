"""The verbs that look and change nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nox_alembic.cli.options import Shared, verb
from nox_alembic.cli.running import FINDING, report_on, tell
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.verbs import VERBS, Options

if TYPE_CHECKING:
    from nox_alembic.core.exports import Form
    from nox_alembic.report import Reporter
    from nox_alembic.run.environment import Environment


@verb("status")
@click.option("--all", "all_revisions", is_flag=True, help="List each revision, however long ago it was applied.")
def status(shared: Shared, *, all_revisions: bool) -> int:
    """Show the engine, the database, each revision and the backend.

    It ends with 3 when something needs a hand.
    """
    return tell("status", shared, lambda environment: _status(environment, all_revisions=all_revisions))


@verb("history")
@click.option("--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a page.")
def history(shared: Shared, *, page: Path | None) -> int:
    """Draw the revision graph, and where the database is in it."""
    return report_on("history", shared, lambda report: _history(shared, report, page))


@verb("logs")
@click.argument("service", required=False, type=click.Choice(["database", "backend"]))
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("-n", "--tail", "lines", type=click.IntRange(min=0), help="Only the last lines.")
def logs(shared: Shared, *, service: Any, follow: bool, lines: int | None) -> int:
    """Show the log of the database and the backend."""
    return show_logs(shared, service, follow=follow, lines=lines)


@verb("env")
@click.option(
    "--format",
    "form",
    type=click.Choice(["dotenv", "json", "sh", "powershell"]),
    default="dotenv",
    show_default=True,
    help="How they are written.",
)
def env(shared: Shared, *, form: Any) -> int:
    """Print the variables that lead other programs to the database and the backend.

    The password is among them, but not with --json.
    """
    return tell("env", shared, lambda environment: _env(environment, form))


def show_logs(shared: Shared, service: Any, *, follow: bool, lines: int | None) -> int:
    """Print the logs; return the exit code."""

    def show(environment: "Environment") -> int:
        environment.engine.stream_logs(service, follow=follow, lines=lines)
        return 0

    return tell("logs", shared, show)


def _status(environment: "Environment", *, all_revisions: bool) -> int:
    from nox_alembic.core.findings.status import status_of  # noqa: PLC0415 - `--help` imports nothing of this
    from nox_alembic.run.facts import facts_of  # noqa: PLC0415 - imported when it was opened

    facts = facts_of(environment, VERBS["status"], Options())
    authors = environment.authors(facts.history)
    seen = status_of(facts, authors)
    environment.report.status(facts, seen, all_revisions=all_revisions)
    if authors.limit:
        environment.report.note(authors.limit)
    return FINDING if seen.findings else 0


def _env(environment: "Environment", form: "Form") -> int:
    from nox_alembic.core.exports import without_password, written  # noqa: PLC0415 - `--help` imports nothing of this
    from nox_alembic.core.verbs.guards import refuse_foreign_clone  # noqa: PLC0415 - as above
    from nox_alembic.run.facts import facts_of  # noqa: PLC0415 - imported when it was opened

    facts = facts_of(environment, VERBS["env"], Options())
    refuse_foreign_clone(facts)
    address = facts.engine.address
    if address is None:
        message = f"the {facts.engine.name} database has no port yet: it was not started"
        raise PreconditionError("NA202", message, hint="`nox -s dev` starts it")
    variables = environment.variables(address, facts.engine.backend.url)
    environment.report.variables(written(variables, form), without_password(variables, address))
    if not facts.engine.database_running:
        environment.report.note("the database is not running: `nox -s dev` starts it")
    return 0


def _history(shared: Shared, report: "Reporter", page: Path | None) -> int:
    from nox_alembic.core.revisions.page import page as page_of  # noqa: PLC0415 - `--help` imports nothing of this
    from nox_alembic.edges.project import pages  # noqa: PLC0415 - for --html alone
    from nox_alembic.run.opening import probe_history  # noqa: PLC0415 - for history alone

    seen = probe_history(shared.project, shared.env, report, engine=shared.engine)
    if page is None or shared.json:
        report.history(seen)
    if page is not None and not shared.dry_run:
        pages.write(page, page_of(seen))
        report.page(page)
    if seen.authors and seen.authors.limit:
        report.note(seen.authors.limit)
    return 0
