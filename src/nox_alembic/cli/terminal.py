"""The verbs that hand the terminal over: to psql, or to a shell."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nox_alembic.cli.options import Shared, verb
from nox_alembic.cli.prompt import Person
from nox_alembic.cli.running import tell
from nox_alembic.core.errors import FailedError, PreconditionError, UsageError

if TYPE_CHECKING:
    from nox_alembic.edges.system.invocation import Invocation
    from nox_alembic.run.environment import Environment

_PASSED_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@verb("sql", context_settings=_PASSED_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sql(shared: Shared, *, arguments: tuple[str, ...]) -> int:
    """Run psql on the database; ARGUMENTS are psql's own, such as -c SQL or -f FILE.

    Without arguments psql prompts, or reads standard input. The options of this verb
    come first. Two dashes before an option that both have, such as -v, make it psql's.
    """
    return tell("sql", shared, lambda environment: _sql(environment, shared, arguments))


@verb("shell", context_settings=_PASSED_ON)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def shell(shared: Shared, *, command: tuple[str, ...]) -> int:
    """Open a shell where the backend is, or run COMMAND there.

    That is the backend's container, or this machine with the backend's variables. The
    options of this verb come first.
    """
    return tell("shell", shared, lambda environment: _shell(environment, shared, command))


def _sql(environment: "Environment", shared: Shared, arguments: tuple[str, ...]) -> int:
    from nox_alembic.core.psql import Psql  # noqa: PLC0415 - `--help` imports nothing of this

    _require_database(environment)
    _ask_where_it_is_not_ours(environment, shared)
    psql = Psql.of(arguments)
    files = [_existing(name) for name in psql.files]
    terminal = _is_terminal(shared) and not files
    client = environment.engine.client("psql", terminal=terminal)
    run = client.adding(*psql.run_by(terminal=terminal))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files) if files else None
    return _hand_over(environment, shared, run, "psql", text=text)


def _shell(environment: "Environment", shared: Shared, command: tuple[str, ...]) -> int:
    _ask_where_it_is_not_ours(environment, shared)
    run = environment.engine.shell(command, terminal=_is_terminal(shared))
    # A shell's code is that of the last command in it, and no failure of this verb.
    return _hand_over(environment, shared, run, " ".join(command), ends_well=not command)


def _hand_over(
    environment: "Environment",
    shared: Shared,
    run: "Invocation",
    name: str,
    *,
    text: str | None = None,
    ends_well: bool = False,
) -> int:
    """Run it with the user's streams, or keep its output for JSON.

    Raises FailedError (NA468).
    """
    code = environment.hand_over(run, text=text, dry_run=shared.dry_run)
    if code and not ends_well:
        raise FailedError("NA468", f"`{name}` ended with {code}", hint="see what it says above")
    return 0


def _require_database(environment: "Environment") -> None:
    if not environment.engine.is_alive("database"):
        message = f"the {environment.engine.name} database is not running"
        raise PreconditionError("NA202", message, hint="`nox -s dev` starts it")


def _ask_where_it_is_not_ours(environment: "Environment", shared: Shared) -> None:
    """Ask before the user types into what another clone has started (NA010, NA011)."""
    if shared.dry_run:
        return
    if other := environment.engine.foreign():
        Person(shared).confirm(other.sentence, hint=f"{other.cure}; or repeat it with `--yes`")


def _existing(name: str) -> Path:
    if not Path(name).is_file():
        raise UsageError("NA006", f'there is no file "{name}" to be run', hint="correct the name after -f")
    return Path(name)


def _is_terminal(shared: Shared) -> bool:
    return not shared.json and sys.stdin.isatty() and sys.stdout.isatty()
