"""Whether somebody who knows what goes has agreed to it: `--yes`, `--approve HASH`, or an answer on a terminal."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from nox_alembic.cli.person import is_interactive
from nox_alembic.cli.words import Shared
from nox_alembic.core.errors import RefusedError

if TYPE_CHECKING:
    from nox_alembic.core.consent import Inventory
    from nox_alembic.core.steps import Plan

Seen = tuple["Inventory", str]


def agree(plan: "Plan", shared: Shared, look: Callable[[], Seen]) -> None:
    """Return when what the plan destroys was agreed to, else raise RefusedError.

    `look` returns the inventory and its hash; it is called only where somebody is to see them.
    """
    if plan.again and not plan.destroys:
        return  # it only makes the next look possible
    if shared.approve:
        _compare(plan, shared.approve, look)
    elif plan.destroys and not shared.yes:
        _ask(plan, shared, look)


def _compare(plan: "Plan", given: str, look: Callable[[], Seen]) -> None:
    """Hold the hash that was typed against that of what would go now."""
    if not plan.destroys:
        message = f"there is nothing to approve with {given}: this destroys nothing"
        raise RefusedError("NA624", message, hint="look at it with `--plan`, and repeat it without `--approve`")
    inventory, approve = look()
    detail = "\n".join(inventory.lines)
    if not approve:
        message = f"{given} cannot be held against {plan.destroys}: nobody can see whether it has changed"
        hint = "`nox -s dev` starts the database, which then can be asked; or repeat it with `--yes`"
        raise RefusedError("NA625", message, hint=hint, detail=detail)
    if given != approve:
        message = f"{given} does not approve of this: it has the hash {approve}, and destroys {plan.destroys}"
        hint = f"look at it with `--plan`; `--approve {approve}` lets exactly that go"
        raise RefusedError("NA623", message, hint=hint, detail=detail)


def _ask(plan: "Plan", shared: Shared, look: Callable[[], Seen]) -> None:
    """Ask on a terminal; without one, nobody can answer, so the answer must have been typed beforehand."""
    if not is_interactive(shared):
        message = f"without a terminal nobody can be asked, and this destroys {plan.destroys}"
        hint = "look at it with `--plan`, and repeat it with the `--approve HASH` that is shown there, or with `--yes`"
        raise RefusedError("NA010", message, hint=hint)
    summary = look()[0].summary
    if not click.confirm(f"This destroys {plan.destroys}{f' ({summary})' if summary else ''}. Go on?", err=True):
        raise RefusedError("NA011", "not confirmed: nothing was changed", hint="answer y, or repeat it with `--yes`")
