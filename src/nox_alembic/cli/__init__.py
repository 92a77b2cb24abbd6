"""Words in, exit code out: the only place that ends the process.

`running` reports the errors of a verb.
"""

import contextlib
import gc
import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from nox_alembic.cli import (  # noqa: F401 - each registers its verbs
    checking,
    lifecycle,
    migrating,
    showing,
    snapshots,
    spares,
    terminal,
)
from nox_alembic.cli.options import nox_alembic
from nox_alembic.cli.running import INTERRUPTED
from nox_alembic.core.errors import UsageError
from nox_alembic.core.printable import printable

__all__ = ["main", "nox_alembic", "run"]


def main() -> NoReturn:
    """Run the command line and exit.

    A run is short, and needs what it makes until its end. Looking for garbage would
    take a twentieth of its time. Taking apart the imported modules, above all Alembic
    and SQLAlchemy, would take a quarter of a second.
    """
    gc.disable()
    code = run(sys.argv[1:])
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # the reader may be gone
            stream.flush()
    os._exit(code)


def run(words: Sequence[str]) -> int:
    """Return the exit code for the words after the program's name.

    Nothing escapes but a bug in this function.
    """
    try:
        return int(nox_alembic.main(args=list(words), prog_name="nox-alembic", standalone_mode=False) or 0)
    except click.UsageError as error:
        return _usage_error(error, words)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED


def _usage_error(error: click.UsageError, words: Sequence[str]) -> int:
    """Report click's own findings like all other errors, also as JSON."""
    help_words = error.ctx.command_path if error.ctx else "nox-alembic"
    usage = UsageError("NA006", error.format_message(), hint=f"`{help_words} --help` shows the usage")
    if "--json" in words:
        envelope = {"id": usage.id, "message": usage.message, "hint": usage.hint}
        click.echo(json.dumps({"ok": False, "verb": words[0], "environment": "", "engine": "", "steps": [],
                               "seconds": 0.0, "error": envelope}))  # fmt: skip
    click.echo(printable(f"error {usage.id}: {usage.message}\nhint: {usage.hint}"), err=True)
    return usage.exit_code
