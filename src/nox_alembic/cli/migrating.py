"""The verbs that move the database along its history."""

import os

import click

from nox_alembic.cli.options import Shared, verb, wait_option
from nox_alembic.cli.prompt import is_interactive
from nox_alembic.cli.running import perform


@verb("migrate")
@click.argument("revision", default="", metavar="[REV]")
@click.option("--sql", is_flag=True, help="Print the SQL and change nothing.")
@wait_option
def migrate(shared: Shared, *, revision: str, sql: bool, wait: bool) -> int:
    """Upgrade the database, to head by default."""
    return perform("migrate", shared, wait=wait, revision=revision, sql=sql)


@verb("revision")
@click.option("-m", "--message", default="", help="What the revision does.")
@click.option("--head", default="", metavar="REV", help="The head that it follows, where there are several branches.")
@click.option("--empty", is_flag=True, help="Compare nothing, and write a file to fill by hand, for data.")
@click.option("--apply", is_flag=True, help="Migrate at once.")
def revision(shared: Shared, *, message: str, head: str, empty: bool, apply: bool) -> int:
    """Write a revision of what changed in the models."""
    return perform("revision", shared, message=message, revision=head, empty=empty, apply=apply)


@verb("downgrade", context_settings={"ignore_unknown_options": True})
@click.argument("revision", default="", metavar="[REV]")
def downgrade(shared: Shared, *, revision: str) -> int:
    """Go back one revision, -N revisions, or to REV; other data stays."""
    return perform("downgrade", shared, revision=revision)


@verb("reapply")
@click.argument("revision", default="", metavar="[REV]")
@click.option("--edit", is_flag=True, help="Wait between down and up until the script is edited.")
def reapply(shared: Shared, *, revision: str, edit: bool) -> int:
    """Go down and up again: the last revision, or from REV on.

    It is rehearsed on a copy of the database first.
    """
    return perform(
        "reapply", shared, revision=revision, edit=edit, interactive=shared.dry_run or is_interactive(shared)
    )


@verb("merge")
@click.option("-m", "--message", default="", metavar="MSG", help="What the revision says (default: what it joins).")
@click.option("--apply", is_flag=True, help="Upgrade the running database afterwards.")
def merge(shared: Shared, *, message: str, apply: bool) -> int:
    """Join the heads by a new revision; nothing is applied by itself."""
    return perform("merge", shared, message=message, apply=apply, new_id=os.urandom(6).hex())


@verb("rebase")
@click.option("--onto", default="", metavar="REV", help="The head that stays below (default: the one that git has).")
@click.option("--no-database", is_flag=True, help="Change the files only.")
def rebase(shared: Shared, *, onto: str, no_database: bool) -> int:
    """Put your unpublished revisions on top of the others', and the database too."""
    return perform("rebase", shared, onto=onto, database=not no_database)
