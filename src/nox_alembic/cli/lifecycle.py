"""The verbs that start, stop, and begin anew."""

from typing import TYPE_CHECKING

import click

from nox_alembic.cli.options import Shared, verb, wait_option
from nox_alembic.cli.running import perform, tell
from nox_alembic.cli.showing import show_logs

if TYPE_CHECKING:
    from nox_alembic.run.environment import Environment


@verb("dev")
@click.option("--no-seed", is_flag=True, help="Leave a new database without sample data.")
@click.option("--attach", is_flag=True, help="Follow the logs afterwards; Ctrl-C ends only that.")
@wait_option
def dev(shared: Shared, *, no_seed: bool, attach: bool, wait: bool) -> int:
    """Make it right: database up, migrated, seeded, backend healthy."""
    code = perform("dev", shared, wait=wait, seed=not no_seed)
    if not attach or code or shared.changes_nothing:
        return code
    return show_logs(shared, None, follow=True, lines=20)


@verb("down")
def down(shared: Shared) -> int:
    """Stop the environment; the data stays."""
    return perform("down", shared)


@verb("reset")
@click.option("--to", "revision", default="", metavar="REV", help="Stop at this revision instead of head.")
@click.option("--no-seed", is_flag=True, help="Leave the new database without sample data.")
@click.option("--fast", is_flag=True, help="Swap databases in the running server, or say why not and wipe.")
@click.option("--cold", is_flag=True, help="Begin with nothing, and use no spare.")
@wait_option
def reset(shared: Shared, *, revision: str, no_seed: bool, fast: bool, cold: bool, wait: bool) -> int:
    """Wipe the data and come back fresh: migrated, seeded, the backend started once."""
    return perform("reset", shared, wait=wait, revision=revision, seed=not no_seed, fast=fast, cold=cold)


@verb("undo")
@click.argument("entry", default="", metavar="[ID]")
@click.option("--list", "lists", is_flag=True, help="List the undo entries, and change nothing.")
def undo(shared: Shared, *, entry: str, lists: bool) -> int:
    """Take back the last verb that changed the database or its files.

    The present state is kept instead.
    """
    return tell("undo", shared, _list_entries) if lists else perform("undo", shared, entry=entry)


def _list_entries(environment: "Environment") -> int:
    from nox_alembic.core.revisions.graph import History  # noqa: PLC0415 - `--help` imports nothing of this
    from nox_alembic.run.wiring import WiredActs  # noqa: PLC0415 - `--help` imports nothing of this

    log = WiredActs(environment, History()).undo_log
    environment.report.undo_entries(log.kept(log.address()))
    return 0


@verb("test", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(shared: Shared, *, arguments: tuple[str, ...]) -> int:
    """Run the project's tests on a throw-away database.

    ARGUMENTS go to the test command.
    """
    return perform("test", shared, arguments=arguments)
