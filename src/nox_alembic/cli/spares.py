"""The verb that makes spares: what the next reset uses, made ahead."""

from functools import partial
from typing import TYPE_CHECKING

import click

from nox_alembic.cli.options import Shared, verb
from nox_alembic.cli.prompt import Person
from nox_alembic.cli.running import tell
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.verbs import VERBS, Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from nox_alembic.core.facts import Facts
    from nox_alembic.run.environment import Environment

# A pull while a spare is made asks for another spare. After so many rounds the last
# spare is good enough.
ROUNDS = 3


@verb("spare")
@click.option("--delete", is_flag=True, help="Delete the spares; the next reset begins with nothing.")
@click.option("--background", is_flag=True, hidden=True)
def spare(shared: Shared, *, delete: bool, background: bool) -> int:
    """Make the spares that the next reset uses, and list them."""
    return tell("spare", shared, partial(_spare, shared, _facts_of, _end_making, delete=delete, background=background))


def _facts_of(environment: "Environment") -> "Facts":
    from nox_alembic.run.facts import facts_of  # noqa: PLC0415 - imported when it was opened

    return facts_of(environment, VERBS["spare"], Options())


def _spare(
    shared: Shared,
    facts_of: "Callable[[Environment], Facts]",
    end_making: "Callable[[Environment], None]",
    environment: "Environment",
    *,
    delete: bool,
    background: bool,
) -> int:
    if background:
        from nox_alembic.edges.engines.embedded import processes  # noqa: PLC0415 - psutil

        processes.step_back()
    if delete and not shared.changes_nothing:
        end_making(environment)
    with environment.spare_lock() as holder:
        if not holder:
            _work(shared, environment, delete=delete, background=background)
        elif delete:
            message = f"a spare is being made by {holder}"
            raise PreconditionError("NA651", message, hint="wait for it to end, or end it")
        else:
            environment.report.note(f"it is being made by {holder}")
    environment.report.spares(facts_of(environment).spares)
    return 0


def _end_making(environment: "Environment") -> None:
    """End the process that makes spares in the background.

    A person who makes them is not interrupted.
    """
    from nox_alembic.core.revisions.graph import History  # noqa: PLC0415 - imported when it was opened
    from nox_alembic.run.wiring import WiredActs  # noqa: PLC0415 - imported when it was opened

    if WiredActs(environment, History()).spares.end_making():
        environment.report.note("the making of spares in the background was ended")


def _work(shared: Shared, environment: "Environment", *, delete: bool, background: bool) -> None:
    """Make or delete the spares, and look again: the need may have changed."""
    from nox_alembic.run import wiring  # noqa: PLC0415 - imported when it was opened
    from nox_alembic.run.facts import plan_of  # noqa: PLC0415 - imported when it was opened

    options = Options(delete=delete, background=background)
    for _ in range(1 if delete or shared.changes_nothing else ROUNDS):
        facts, plan = plan_of(environment, VERBS["spare"], options)
        if shared.changes_nothing:
            environment.report.dry_run(plan)
        for note in plan.notes:
            environment.report.note(note)
        if shared.changes_nothing or not plan.steps:
            return
        wiring.run(environment, plan, facts.history, Person(shared))
