"""The person at the terminal: asked before data is destroyed, and to edit a file."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nox_alembic.cli.options import Shared
from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.printable import printable

if TYPE_CHECKING:
    from nox_alembic.core.consent import Inventory
    from nox_alembic.core.steps import Plan


def is_interactive(shared: Shared) -> bool:
    """Return whether a person is there to answer."""
    return not shared.json and sys.stdin.isatty() and sys.stderr.isatty()


@frozen
class Person:
    """Asks the person on stderr, since stdout is for data."""

    shared: Shared

    def consent(
        self, destroys: str, *, more: Callable[[], str] = lambda: "", hint: str = "repeat it with `--yes`"
    ) -> None:
        """Ask on a terminal; without a terminal only `--yes` consents (NA010, NA011).

        `more` is added to the question; `hint` is for the error without a terminal.
        """
        if destroys:
            self.confirm(f"this destroys {destroys}", more=more, hint=hint)

    def confirm(self, sentence: str, *, more: Callable[[], str] = lambda: "", hint: str) -> None:
        """Return if the person goes on with the sentence.

        Raises RefusedError (NA010, NA011).
        """
        if self.shared.yes:
            return
        if not is_interactive(self.shared):
            raise RefusedError("NA010", f"without a terminal nobody can be asked, and {sentence}", hint=hint)
        details = more()
        question = f"{sentence[0].upper()}{sentence[1:]}{f' ({details})' if details else ''}. Go on?"
        if not click.confirm(printable(question), err=True):
            message = "not confirmed: nothing was changed"
            raise RefusedError("NA011", message, hint="answer y, or repeat it with `--yes`")

    def edit(self, path: Path) -> bool:
        """Open the file in $VISUAL or $EDITOR, else wait for Enter.

        Returns whether the file has changed; raises FailedError (NA439).
        """
        before = _content(path)
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        if editor:
            self._open(editor, path)
        else:
            click.prompt(
                printable(f"Edit {path}, then press Enter"), default="", show_default=False, prompt_suffix=" ", err=True
            )
        return _content(path) != before

    def _open(self, editor: str, path: Path) -> None:
        from nox_alembic.edges.system import process  # noqa: PLC0415 - `--help` imports no edge

        if code := process.stream([*shlex.split(editor, posix=os.name != "nt"), str(path)]):
            message = f"the editor `{editor}` ended with {code}, and the database is without the revision now"
            raise FailedError("NA439", message, hint=f"edit {path} and run `nox -s migrate`")


def _content(path: Path) -> bytes:
    """Return the content of a file, b"" for a path in a container."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


Seen = tuple["Inventory", str]


def agree(plan: "Plan", shared: Shared, probe: Callable[[], Seen]) -> None:
    """Return if the person agrees to what the plan destroys, else raise RefusedError.

    `probe` returns the inventory and its hash. It is called only if they will be shown.
    """
    if plan.again and not plan.destroys:
        return  # this plan only makes the next look possible
    if shared.approve:
        _compare(plan, shared.approve, probe)
    else:
        Person(shared).consent(plan.destroys, more=lambda: probe()[0].summary, hint=_HINT)


_HINT = "look at it with `--plan`, and repeat it with the `--approve HASH` that is shown there, or with `--yes`"


def _compare(plan: "Plan", given: str, probe: Callable[[], Seen]) -> None:
    """Compare the hash that was typed with the hash of what would go now."""
    from nox_alembic.core.consent import asks_later  # noqa: PLC0415 - `--help` imports nothing of this

    if asks_later(plan):
        message = f"{given} cannot be compared with what the rehearsal has yet to find out"
        raise RefusedError("NA626", message, hint="repeat it without `--approve`: it asks before anything is lost")
    if not plan.destroys:
        message = f"there is nothing to approve with {given}: this destroys nothing"
        raise RefusedError("NA624", message, hint="look at it with `--plan`, and repeat it without `--approve`")
    inventory, approve = probe()
    detail = "\n".join(inventory.lines)
    if not approve:
        message = f"{given} cannot be compared with {plan.destroys}: nothing shows whether it has changed"
        hint = "`nox -s dev` starts the database, which then can be asked; or repeat it with `--yes`"
        raise RefusedError("NA625", message, hint=hint, detail=detail)
    if given != approve:
        message = f"{given} does not approve of this: it has the hash {approve}, and destroys {plan.destroys}"
        hint = f"look at it with `--plan`; `--approve {approve}` lets exactly that go"
        raise RefusedError("NA623", message, hint=hint, detail=detail)
