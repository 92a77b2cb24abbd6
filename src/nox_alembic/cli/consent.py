"""Whether somebody who knows what goes has agreed to it: `--yes`, `--approve HASH`, or an answer on a terminal."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from nox_alembic.cli.options import Shared
from nox_alembic.cli.prompt import Person
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
    else:
        Person(shared).consent(plan.destroys, more=lambda: look()[0].summary, hint=_HINT)


_HINT = "look at it with `--plan`, and repeat it with the `--approve HASH` that is shown there, or with `--yes`"


def _compare(plan: "Plan", given: str, look: Callable[[], Seen]) -> None:
    """Hold the hash that was typed against that of what would go now."""
    from nox_alembic.core.consent import asks_later  # noqa: PLC0415 - `--help` imports nothing of this

    if asks_later(plan):
        message = f"{given} cannot be held against what a rehearsal has still to find out"
        raise RefusedError("NA626", message, hint="repeat it without `--approve`: it asks before anything is lost")
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
