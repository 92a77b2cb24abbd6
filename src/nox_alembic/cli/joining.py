"""The verbs for two heads."""

import os

import click

from nox_alembic.cli.options import Shared, verb
from nox_alembic.cli.running import perform


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
    """Put your unpublished revisions on top of the others', and the database with them."""
    return perform("rebase", shared, onto=onto, database=not no_database)
