"""From a verb's record to its plan: what has to be known for it, and what goes around its steps."""

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
    """Return what has to be known, too, after a first look: a swap that cannot be done goes on by the wipe."""
    from nox_alembic.core.verbs.spares import obstacle  # noqa: PLC0415 - for --fast alone

    if not obstacle(facts):
        return ()
    known = needs_of(verb, options)
    return tuple(need for need in needs_of(verb, replace(options, fast=False)) if need not in known)


def files_of(verb: Verb, facts: Facts, options: Options) -> tuple[str, ...]:
    """Return the paths of the files that the plan needs; what cannot be named now is refused by the plan itself."""
    try:
        return tuple(_function(verb.reads)(facts, options))
    except NoxAlembicError:
        return ()


def draft(verb: Verb, config: Config, facts: Facts, options: Options) -> Plan:
    """Return what the verb itself does; raises NoxAlembicError when it refuses."""
    gate.admit(verb, facts)
    function: PlanFunction = _function(verb.plan)
    return function(config, facts, options)


def needs_of_copy(verb: Verb, facts: Facts, plan: Plan) -> tuple[Need, ...]:
    """Return what has to be known of the size of the database, or of the whole data, to keep a copy for `undo`."""
    if not verb.undoable or not changes(plan):
        return ()
    return ("room", "data size") if shared_by(facts, plan) else ("room",)


def finished(verb: Verb, config: Config, facts: Facts, plan: Plan) -> Plan:
    """Return the plan with all that goes around the steps of the verb itself."""
    return gate.guarded(facts, undoable(config, facts, verb.name, plan) if verb.undoable else plan)


def plan_of(verb: Verb, config: Config, facts: Facts, options: Options) -> Plan:
    """Return the whole plan, from facts of which none is missing."""
    return finished(verb, config, facts, draft(verb, config, facts, options))


def _function(place: str) -> Callable[..., Any]:
    """Return a function of this package; one verb needs one of its modules, and only that is imported."""
    module, _, name = place.partition(".")
    function: Callable[..., Any] = getattr(import_module(f"nox_alembic.core.verbs.{module}"), name)
    return function
