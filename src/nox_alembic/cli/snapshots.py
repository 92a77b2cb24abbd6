"""Named states of the database."""

from typing import TYPE_CHECKING

import click

from nox_alembic.cli.options import Shared, family, verb
from nox_alembic.cli.running import perform, tell

if TYPE_CHECKING:
    from nox_alembic.run.environment import Environment

snapshot = family("snapshot", "Save, list and restore named states of the database, kept outside the repository.")


@verb("save", snapshot)
@click.argument("name")
def save(shared: Shared, *, name: str) -> int:
    """Dump the database into a compressed file."""
    return perform("snapshot save", shared, snapshot=name)


@verb("list", snapshot)
def list_(shared: Shared) -> int:
    """Show the snapshots of the environment."""
    return tell("snapshot list", shared, _list)


@verb("restore", snapshot)
@click.argument("name")
@click.option("--migrate", is_flag=True, help="Upgrade it to head, too.")
def restore(shared: Shared, *, name: str, migrate: bool) -> int:
    """Put a snapshot in the database's place, and keep the database for `undo`."""
    return perform("snapshot restore", shared, snapshot=name, migrate=migrate)


@verb("delete", snapshot)
@click.argument("name")
def delete(shared: Shared, *, name: str) -> int:
    """Delete a snapshot."""
    return perform("snapshot delete", shared, snapshot=name)


@verb("prune", snapshot)
@click.option("--keep", type=click.IntRange(min=0), required=True, metavar="N", help="How many snapshots stay.")
def prune(shared: Shared, *, keep: int) -> int:
    """Delete all snapshots but the newest N."""
    return perform("snapshot prune", shared, keep=keep)


def _list(environment: "Environment") -> int:
    from nox_alembic.core.revisions.graph import History  # noqa: PLC0415 - `--help` imports nothing of this
    from nox_alembic.run.wiring import WiredActs  # noqa: PLC0415 - `--help` imports nothing of this

    environment.report.snapshots(WiredActs(environment, History()).snapshots.shelf, environment.history())
    return 0
