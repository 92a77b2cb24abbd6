"""Who sits at the terminal: is asked before something is destroyed, and to edit a file."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click

from nox_alembic.cli.options import Shared
from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.core.frozen import frozen


def is_interactive(shared: Shared) -> bool:
    """Return whether somebody is there to be asked."""
    return not shared.json and sys.stdin.isatty() and sys.stderr.isatty()


@frozen
class Person:
    """Asks on stderr, since stdout is for data."""

    shared: Shared

    def consent(
        self, destroys: str, *, more: Callable[[], str] = lambda: "", hint: str = "repeat it with `--yes`"
    ) -> None:
        """Ask on a terminal; without one, nobody can answer, so `--yes` must have been typed (NA010, NA011).

        `more` is said with the question, `hint` where nobody can be asked.
        """
        if not destroys or self.shared.yes:
            return
        if not is_interactive(self.shared):
            message = f"without a terminal nobody can be asked, and this destroys {destroys}"
            raise RefusedError("NA010", message, hint=hint)
        details = more()
        if not click.confirm(f"This destroys {destroys}{f' ({details})' if details else ''}. Go on?", err=True):
            message = "not confirmed: nothing was changed"
            raise RefusedError("NA011", message, hint="answer y, or repeat it with `--yes`")

    def edit(self, path: Path) -> bool:
        """Open the file in $VISUAL or $EDITOR, else wait for Enter; return whether it has changed (NA439)."""
        before = _content(path)
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        if editor:
            self._open(editor, path)
        else:
            click.prompt(f"Edit {path}, then press Enter", default="", show_default=False, prompt_suffix=" ", err=True)
        return _content(path) != before

    def _open(self, editor: str, path: Path) -> None:
        from nox_alembic.edges.system import process  # noqa: PLC0415 - `--help` imports no edge

        if code := process.stream([*shlex.split(editor, posix=os.name != "nt"), str(path)]):
            message = f"the editor `{editor}` ended with {code}, and the database is without the revision now"
            raise FailedError("NA439", message, hint=f"edit {path} and run `nox -s migrate`")


def _content(path: Path) -> bytes:
    """Return what is in it; of a path in a container nothing is known."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
