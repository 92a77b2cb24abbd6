"""Makes the plan of a verb from its record.

It finds the facts that the verb needs, and adds what surrounds its steps.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

from nox_alembic.core.config import Config
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan
from nox_alembic.core.verbs import Need, Options, Verb, gate, needs_of
from nox_alembic.core.verbs.sharing import shared_by
from nox_alembic.core.verbs.undoable import changes, undoable

PlanFunction = Callable[[Config, Facts, Options], Plan]


def needs_after(verb: Verb, facts: Facts, options: Options) -> tuple[Need, ...]:
    """Return the needs that a first look adds: an impossible swap becomes a wipe."""
    from nox_alembic.core.verbs.spares import obstacle  # noqa: PLC0415 - for --fast alone

    if not obstacle(facts):
        return ()
    known = needs_of(verb, options)
    return tuple(need for need in needs_of(verb, replace(options, fast=False)) if need not in known)


def files_of(verb: Verb, facts: Facts, options: Options) -> tuple[str, ...]:
    """Return the paths of the files that the plan needs.

    The plan itself refuses what cannot be named now.
    """
    try:
        return tuple(_function(verb.reads)(facts, options))
    except NoxAlembicError:
        return ()


def draft(verb: Verb, config: Config, facts: Facts, options: Options) -> Plan:
    """Return the steps of the verb itself; raises NoxAlembicError when it refuses."""
    gate.admit(verb, facts)
    said: tuple[str, ...] = ()
    if facts.undo.is_doubtful or facts.undo.begun:
        try:
            if first := _finishing(verb, config, facts, options):
                return first
        except NoxAlembicError as error:
            said = (f"an `undo` that was killed is not finished: {error.message}; {error.hint}",)
    function: PlanFunction = _function(verb.plan)
    plan = function(config, facts, options)
    return replace(plan, notes=(*said, *plan.notes)) if said else plan


def files_of_undo(facts: Facts) -> tuple[str, ...]:
    """Return the paths of the files that a killed `undo` has to bring back."""
    from nox_alembic.core.verbs import undo  # noqa: PLC0415 - such runs are seldom

    begun = undo.half_way(facts)
    return undo.changed_files(facts, Options(entry=begun.id)) if begun else ()


def needs_of_copy(verb: Verb, facts: Facts, plan: Plan) -> tuple[Need, ...]:
    """Return the needs of a copy for `undo`, of the database or of all data."""
    if not verb.undoable or plan.again or not changes(plan):
        return ()
    return ("room", "data size", "place") if shared_by(facts, plan) else ("room",)


def finished(verb: Verb, config: Config, facts: Facts, plan: Plan) -> Plan:
    """Return the plan with all that surrounds the steps of the verb itself."""
    around = verb.undoable and not plan.again
    return gate.guarded(facts, undoable(config, facts, verb.name, plan) if around else plan)


def plan_of(verb: Verb, config: Config, facts: Facts, options: Options) -> Plan:
    """Return the whole plan, from complete facts."""
    return finished(verb, config, facts, draft(verb, config, facts, options))


def _finishing(verb: Verb, config: Config, facts: Facts, options: Options) -> Plan | None:
    """Return the plan that finishes what a killed run left half way.

    Afterwards there is another look. None if nothing was left, or just that was typed.
    """
    from nox_alembic.core.verbs import undo  # noqa: PLC0415 - such runs are seldom
    from nox_alembic.core.verbs.lifecycle import settling  # noqa: PLC0415 - such runs are seldom

    if facts.undo.is_doubtful:
        return settling(facts)
    begun = undo.half_way(facts)
    if begun is None or (verb.name == "undo" and options.entry in {"", begun.id}):
        return None
    plan = undo.undo(config, facts, Options(entry=begun.id))
    return replace(plan, again=True, notes=("an `undo` that was killed is finished first", *plan.notes))


def _function(place: str) -> Callable[..., Any]:
    """Return a function of this package; imports only the module that a verb needs."""
    module, _, name = place.partition(".")
    function: Callable[..., Any] = getattr(import_module(f"nox_alembic.core.verbs.{module}"), name)
    return function
