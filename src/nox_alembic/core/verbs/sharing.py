"""What a verb does for revisions that change what all databases of a server share.

A copy of a database shares it, too: it has none of its own.
"""

from collections.abc import Iterable

from nox_alembic.core.effects import Way
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.checks import CompareModels
from nox_alembic.core.steps.migration import ApplyRevision, Downgrade, DowngradeOrphans, Migrate, Rehearse
from nox_alembic.core.steps.revisions import DropShadow, MakeShadow, WriteRevision
from nox_alembic.core.steps.throwaway import OnThrowaway


def what_is_shared(facts: Facts, keys: Iterable[str], way: Way = "upgrade") -> str:
    """Return which of these revisions changes what is shared, and what, "" for none.

    The text is a part of a sentence.
    """
    found = facts.history.shared(keys, way)
    return next((f"{facts.history.describe(key)} {changes}" for key, changes in found.items()), "")


def shared_by(facts: Facts, plan: Plan) -> str:
    """Return what a plan changes that is shared, as above.

    What is pending in a database that is down does not count.
    """
    return next(filter(None, (_shared_by_step(facts, step) for step in plan.steps)), "")


def replayed(
    facts: Facts, *steps: MakeShadow | CompareModels | WriteRevision | Rehearse, undone: Iterable[str] = ()
) -> tuple[Step, ...]:
    """Return steps that replay the history, and take `undone` back.

    They run where they reach nothing that belongs to others.
    """
    shared = what_is_shared(facts, facts.history.order) or what_is_shared(facts, undone, "downgrade")
    return (OnThrowaway(steps),) if shared else steps


def dropping(steps: Iterable[Step]) -> tuple[DropShadow, ...]:
    """Return the step that must come last after a shadow in the running server."""
    return tuple(DropShadow() for step in steps if isinstance(step, MakeShadow))


def _shared_by_step(facts: Facts, step: Step) -> str:
    history = facts.history
    if isinstance(step, Migrate):
        return what_is_shared(facts, step.pending)
    if isinstance(step, ApplyRevision):
        return what_is_shared(facts, history.pending(facts.current or (), history.heads))
    if isinstance(step, Downgrade):
        return what_is_shared(facts, step.undone, "downgrade")
    if isinstance(step, DowngradeOrphans):
        return step.orphans.shared
    return ""
