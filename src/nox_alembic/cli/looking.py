"""The verbs that look and change nothing."""

from typing import TYPE_CHECKING, Any

import click

from nox_alembic.cli.call import FINDING, tell
from nox_alembic.cli.words import Shared, verb

if TYPE_CHECKING:
    from nox_alembic.environment import Environment


@verb("status")
def status(shared: Shared) -> int:
    """Show the engine, the database, each revision and the backend; exit 3 when something needs a hand."""
    return tell("status", shared, _status)


@verb("logs")
@click.argument("service", required=False, type=click.Choice(["database", "backend"]))
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("-n", "--tail", "lines", type=click.IntRange(min=0), help="Only the last lines.")
def logs(shared: Shared, *, service: Any, follow: bool, lines: int | None) -> int:
    """Show the log of the database and the backend."""
    return show_logs(shared, service, follow=follow, lines=lines)


def show_logs(shared: Shared, service: Any, *, follow: bool, lines: int | None) -> int:
    """Print the logs, also for a verb that follows them at its end."""

    def show(environment: "Environment") -> int:
        environment.engine.stream_logs(service, follow=follow, lines=lines)
        return 0

    return tell("logs", shared, show)


def _status(environment: "Environment") -> int:
    from nox_alembic.core.status import status_of  # noqa: PLC0415 - `--help` imports nothing of this

    facts = environment.look()
    seen = status_of(facts)
    environment.report.status(facts, seen)
    return FINDING if seen.findings else 0
