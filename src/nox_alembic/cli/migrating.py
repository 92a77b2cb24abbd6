"""The verbs that move the database along its history."""

import click

from nox_alembic.cli.call import perform
from nox_alembic.cli.words import Shared, verb


@verb("migrate")
@click.argument("revision", default="", metavar="[REV]")
@click.option("--sql", is_flag=True, help="Print the SQL and change nothing.")
def migrate(shared: Shared, *, revision: str, sql: bool) -> int:
    """Upgrade the database, to head by default."""
    return perform("migrate", shared, revision=revision, sql=sql)


@verb("downgrade", context_settings={"ignore_unknown_options": True})
@click.argument("revision", default="", metavar="[REV]")
def downgrade(shared: Shared, *, revision: str) -> int:
    """Go back one revision, -N revisions, or to REV; other data stays."""
    return perform("downgrade", shared, revision=revision)
