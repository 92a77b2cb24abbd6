"""Words in, exit code out: the only place that wires the real edges, catches errors and exits."""

import contextlib
import json
import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from nox_alembic import __version__
from nox_alembic.core.config import nearest
from nox_alembic.core.errors import FailedError, NoxAlembicError, RefusedError, UsageError

if TYPE_CHECKING:
    from nox_alembic.environment import Environment

INTERRUPTED = 130
FINDING = 3


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The options that every verb has."""

    project: Path | None
    env: str | None
    json: bool
    dry_run: bool
    yes: bool
    verbose: bool


def main() -> NoReturn:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Return the exit code for the words after the program's name; nothing escapes but a bug in this function."""
    try:
        return int(nox_alembic.main(args=list(words), prog_name="nox-alembic", standalone_mode=False) or 0)
    except click.UsageError as error:
        return _usage_error(error, words)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED


class _Verbs(click.Group):
    """Lists the verbs in the order of this file, and names the nearest one when one is mistyped."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            names = self.list_commands(ctx)
            ctx.fail(f'there is no verb "{args[0]}".{nearest(args[0], names)} The verbs are: {", ".join(names)}')
        return super().resolve_command(ctx, args)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "--version", prog_name="nox-alembic")
def nox_alembic() -> None:
    """Keep a development database in a known good state.

    Under Nox the same words are `nox -s VERB -- OPTIONS`.
    """


def _verb(name: str, **settings: Any) -> Callable[[Callable[..., int]], click.Command]:
    """Register a verb with the shared options; the function gets them as its first argument."""

    def decorate(function: Callable[..., int]) -> click.Command:
        @wraps(function)
        def call(**words: Any) -> int:
            shared = Shared(**{entry.name: words.pop(entry.name) for entry in fields(Shared)})
            return function(shared, **words)

        wrapped: Callable[..., int] = call
        for option in _SHARED_OPTIONS:
            wrapped = option(wrapped)
        return nox_alembic.command(name, **settings)(wrapped)

    return decorate


_SHARED_OPTIONS = [
    click.option("--project", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
                 help="The project's folder (default: search upwards)."),
    click.option("--env", metavar="NAME", help="The environment (default: from pyproject.toml, else dev)."),
    click.option("--json", is_flag=True, help="Print one JSON object on stdout."),
    click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing."),
    click.option("-y", "--yes", is_flag=True, help="Do not ask before data is destroyed."),
    click.option("-v", "--verbose", is_flag=True, help="Show each command that is run."),
]  # fmt: skip


@_verb("dev")
@click.option("--no-seed", is_flag=True, help="Leave a new database without sample data.")
@click.option("--attach", is_flag=True, help="Follow the logs afterwards; Ctrl-C ends that, and nothing else.")
def dev(shared: Shared, *, no_seed: bool, attach: bool) -> int:
    """Make it right: database up, migrated, seeded, backend healthy."""
    code = _perform("dev", shared, seed=not no_seed)
    return _logs(shared, None, follow=True, lines=20) if attach and code == 0 and not shared.dry_run else code


@_verb("down")
def down(shared: Shared) -> int:
    """Stop the environment; the data stays."""
    return _perform("down", shared)


@_verb("reset")
@click.option("--to", "revision", default="", metavar="REV", help="Stop at this revision instead of head.")
@click.option("--no-seed", is_flag=True, help="Leave the new database without sample data.")
def reset(shared: Shared, *, revision: str, no_seed: bool) -> int:
    """Wipe the data and come back fresh: migrated, seeded, the backend started once."""
    return _perform("reset", shared, revision=revision, seed=not no_seed)


@_verb("test", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(shared: Shared, *, arguments: tuple[str, ...]) -> int:
    """Run the project's tests against a throw-away database; ARGUMENTS go to the test command."""
    return _perform("test", shared, arguments=arguments)


@_verb("migrate")
@click.argument("revision", default="", metavar="[REV]")
@click.option("--sql", is_flag=True, help="Print the SQL and change nothing.")
def migrate(shared: Shared, *, revision: str, sql: bool) -> int:
    """Upgrade the database, to head by default."""
    return _perform("migrate", shared, revision=revision, sql=sql)


@_verb("downgrade", context_settings={"ignore_unknown_options": True})
@click.argument("revision", default="", metavar="[REV]")
def downgrade(shared: Shared, *, revision: str) -> int:
    """Go back one revision, -N revisions, or to REV; other data stays."""
    return _perform("downgrade", shared, revision=revision)


@_verb("status")
def status(shared: Shared) -> int:
    """Show the engine, the database, each revision and the backend; exit 3 when something needs a hand."""
    return _told("status", shared, _status)


@_verb("logs")
@click.argument("service", required=False, type=click.Choice(["database", "backend"]))
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("-n", "--tail", "lines", type=click.IntRange(min=0), help="Only the last lines.")
def logs(shared: Shared, *, service: Any, follow: bool, lines: int | None) -> int:
    """Show the log of the database and the backend."""
    return _logs(shared, service, follow=follow, lines=lines)


def _logs(shared: Shared, service: Any, *, follow: bool, lines: int | None) -> int:
    def show(environment: "Environment") -> int:
        environment.engine.stream_logs(service, follow=follow, lines=lines)
        return 0

    return _told("logs", shared, show)


def _status(environment: "Environment") -> int:
    from nox_alembic.core.status import status_of  # noqa: PLC0415 - `--help` imports nothing of this

    facts = environment.look()
    seen = status_of(facts)
    environment.report.status(facts, seen)
    return FINDING if seen.findings else 0


def _perform(verb: str, shared: Shared, **options: Any) -> int:
    """Look, plan, and either print the plan or run it; the plan is made under the lock that the run holds."""
    from nox_alembic.core.recipes import RECIPES, Options  # noqa: PLC0415 - `--help` imports nothing of this

    def perform(environment: "Environment") -> int:
        alone = shared.dry_run or verb == "test"  # the one changes nothing, the other nothing that is shared
        with contextlib.nullcontext() if alone else environment.lock(verb):
            facts = environment.look()
            plan = RECIPES[verb](environment.config, facts, Options(**options))
            for note in plan.notes:
                environment.report.note(note)
            if shared.dry_run:
                environment.report.dry_run(plan)
            elif plan.steps:
                _consent(plan.destroys, shared)
                environment.run(plan, facts.history)
        return 0

    return _told(verb, shared, perform)


def _told(verb: str, shared: Shared, work: Callable[["Environment"], int]) -> int:
    """Open the environment, do the work, and tell how it ended; returns the exit code."""
    from nox_alembic.environment import Environment  # noqa: PLC0415 - the edges
    from nox_alembic.report import Reporter, use_utf8  # noqa: PLC0415 - rich

    use_utf8()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("nox_alembic").setLevel(logging.DEBUG if shared.verbose else logging.WARNING)
    report = Reporter(verb, json=shared.json)
    try:
        code = work(
            Environment.open(shared.project, shared.env, report, throwaway=verb == "test" and not shared.dry_run)
        )
    except NoxAlembicError as error:
        report.finish(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        report.finish(FailedError("NA902", "interrupted", hint=f"`nox -s {verb}` again finishes what was begun"))
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug of ours, told like any other error
        report.finish(_unexpected(error))
        return FailedError.exit_code
    report.finish()
    return code


def _unexpected(error: Exception) -> NoxAlembicError:
    message = f"an unexpected error, which is a bug of nox-alembic: {type(error).__name__}: {error}"
    return FailedError("NA901", message, hint="please report it with the lines above", detail=traceback.format_exc())


def _consent(destroys: str, shared: Shared) -> None:
    """Ask on a terminal; without one, nobody can answer, so `--yes` must have been typed."""
    if not destroys or shared.yes:
        return
    if shared.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        message = f"without a terminal nobody can be asked, and this destroys {destroys}"
        raise RefusedError("NA010", message, hint="repeat it with `--yes`")
    if not click.confirm(f"This destroys {destroys}. Go on?", err=True):
        raise RefusedError("NA011", "not confirmed: nothing was changed", hint="answer y, or repeat it with `--yes`")


def _usage_error(error: click.UsageError, words: Sequence[str]) -> int:
    """Tell click's own findings as all other errors are told, also as JSON."""
    help_words = error.ctx.command_path if error.ctx else "nox-alembic"
    told = UsageError("NA006", error.format_message(), hint=f"`{help_words} --help` lists what there is")
    if "--json" in words:
        envelope = {"id": told.id, "message": told.message, "hint": told.hint}
        click.echo(json.dumps({"ok": False, "verb": words[0], "environment": "", "engine": "", "steps": [],
                               "seconds": 0.0, "error": envelope}))  # fmt: skip
    click.echo(f"error {told.id}: {told.message}\nhint: {told.hint}", err=True)
    return told.exit_code
