"""The group of all verbs, and the options that every verb has."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from nox_alembic import __version__
from nox_alembic.core.config import EngineChoice, nearest
from nox_alembic.core.frozen import frozen
from nox_alembic.core.verbs import VERBS

# The verb of each alias.
_ALIASES = {alias: verb.name for verb in VERBS.values() for alias in verb.aliases}


@frozen(kw_only=True)
class Shared:
    """The options that every verb has."""

    project: Path | None
    env: str | None
    engine: EngineChoice | None
    json: bool
    dry_run: bool
    plan: bool
    approve: str
    yes: bool
    verbose: bool
    alembic_x: tuple[str, ...] = ()  # of the verbs that run env.py

    @property
    def changes_nothing(self) -> bool:
        """Whether nothing is to change."""
        return self.dry_run or self.plan


class _Verbs(click.Group):
    """Lists the verbs in the order of their records, and suggests a verb for a typo."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(dict.fromkeys(name for name in (*VERBS, *self.commands) if name in self.commands))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb of that name or alias."""
        return super().get_command(ctx, _ALIASES.get(cmd_name, cmd_name))

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


def family(name: str, help: str) -> click.Group:  # noqa: A002 - the field's name
    """Register a verb of two words, such as `snapshot save`."""
    group = _Verbs(name, help=help)
    nox_alembic.add_command(group)
    return group


def verb(name: str, group: click.Group | None = None, **settings: Any) -> Callable[[Callable[..., int]], click.Command]:
    """Register a verb with the shared options, the first argument of its function."""

    def decorate(function: Callable[..., int]) -> click.Command:
        @wraps(function)
        def call(**words: Any) -> int:
            shared = Shared(**{entry.name: words.pop(entry.name) for entry in fields(Shared) if entry.name in words})
            return function(shared, **words)

        wrapped: Callable[..., int] = call
        for option in [*_SHARED_OPTIONS, *([_x_option] if name in _RUN_ENV_PY else [])]:
            wrapped = option(wrapped)
        return (group or nox_alembic).command(name, **settings)(wrapped)

    return decorate


wait_option = click.option("--wait", is_flag=True, help="Return when the spare for the next reset is made.")

# Not `test` and `sql`, which hand a `-x` on to pytest and psql.
_RUN_ENV_PY = frozenset((
    "dev", "reset", "undo", "spare", "migrate", "revision", "downgrade", "reapply", "merge", "rebase", "check",
))  # fmt: skip
_x_option = click.option("-x", "alembic_x", multiple=True, metavar="KEY=VALUE",
                         help="An argument for env.py, as `alembic -x` gives it.")  # fmt: skip
_SHARED_OPTIONS = [
    click.option("--project", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
                 help="The project's folder (default: search upwards, then below the repository)."),
    click.option("--env", metavar="NAME", help="The environment (default: from pyproject.toml, else dev)."),
    click.option("--engine", type=click.Choice(["auto", "compose", "embedded"]),
                 help="What runs the database (default: from pyproject.toml, else as the last time)."),
    click.option("--json", is_flag=True, help="Print one JSON object on stdout."),
    click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing."),
    click.option("--plan", is_flag=True, help="Like --dry-run; also print what data goes, and a hash to approve it."),
    click.option("--approve", default="", metavar="HASH", help="Do not ask if --plan would print this hash now."),
    click.option("-y", "--yes", is_flag=True, help="Do not ask before data is destroyed."),
    click.option("-v", "--verbose", is_flag=True, help="Show each command that is run."),
]  # fmt: skip
