"""The facts that a verb's record asks for, probed before the plan is made."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_alembic.core.facts import DataLocation, EngineFacts, Facts
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.verbs import Need, Options, Verb, needs_of
from nox_alembic.edges.probe import facts as probe
from nox_alembic.run.environment import Environment
from nox_alembic.run.wiring import WiredActs

if TYPE_CHECKING:
    from nox_alembic.core.consent import Inventory
    from nox_alembic.core.copies.spares import Needs
    from nox_alembic.core.steps import Plan


def facts_of(at: Environment, verb: Verb, options: Options) -> Facts:
    """Return what the verb decides on; changes nothing."""
    half_way = verb.finishes_undo and _is_undo_half_way(at)
    needs = needs_of(verb, options)
    needs = (*needs, *(need for need in _OF_UNDO if need not in needs)) if half_way else needs
    if not needs:
        return Facts(engine=at.engine.probe())
    nothing = Facts(engine=EngineFacts(name=at.engine.name, location=DataLocation(kind="container")))
    facts = _known(at, nothing, needs, options)
    return _more(at, facts, verb, options) if verb.reads or options.fast or half_way else facts


def _more(at: Environment, facts: Facts, verb: Verb, options: Options) -> Facts:
    """Return the facts, with those that a first look has shown to be needed."""
    from nox_alembic.core.verbs import planning  # noqa: PLC0415 - not for what only shows

    if options.fast:
        facts = _known(at, facts, planning.needs_after(verb, facts, options), options)
    own = planning.files_of(verb, facts, options) if verb.reads else ()
    paths = (*own, *planning.files_of_undo(facts))
    return replace(facts, contents={**facts.contents, **probe.contents(at.clone, paths)})


def plan_of(at: Environment, verb: Verb, options: Options) -> "tuple[Facts, Plan]":
    """Return the facts and the plan; raises NoxAlembicError when the verb refuses."""
    from nox_alembic.core.verbs import planning  # noqa: PLC0415 - not for what only shows

    facts = facts_of(at, verb, options)
    plan = planning.draft(verb, at.config, facts, options)
    facts = _known(at, facts, planning.needs_of_copy(verb, facts, plan), options)
    return facts, planning.finished(verb, at.config, facts, plan)


def inventory(at: Environment, verb: Verb, facts: Facts, plan: "Plan") -> "tuple[Inventory, str]":
    """Return what the plan takes away, and the hash that approves it.

    It changes nothing.
    """
    from nox_alembic.core.consent import hash_of  # noqa: PLC0415 - for who asks what goes

    found = probe.inventory(facts, plan, WiredActs(at, facts.history).undo_data.passing(plan))
    approve = hash_of(verb.name, at.config, plan, found)
    at.report.saw(found, approve)
    return found, approve


def _is_undo_half_way(at: Environment) -> bool:
    """Return whether a killed `undo` has to be finished."""
    from nox_alembic.edges.home import undo_log  # noqa: PLC0415 - not for what only shows

    return undo_log.is_half_way(at.undo_log)


def _known(at: Environment, facts: Facts, needs: tuple[Need, ...], options: Options) -> Facts:
    for need in needs:
        facts = _PROBES[need](at, facts, options)
    return facts


def _files(at: Environment, facts: Facts, _options: Options) -> Facts:
    return probe.probe_files(facts.engine, at.configuration, at.alembic, at.folders.cache)


def _database(at: Environment, _facts: Facts, _options: Options) -> Facts:
    return probe.probe(at.engine, at.configuration, at.alembic, copies=at.copies, cache=at.folders.cache)


def _undo_log(at: Environment, facts: Facts, _options: Options) -> Facts:
    return WiredActs(at, facts.history).undo_log.probe(facts)


def _blank(at: Environment, facts: Facts, _options: Options) -> Facts:
    """Ask whether the data of a reset that was cut off is initialised.

    It is asked only if no database answers in it.
    """
    engine = facts.engine
    if facts.current is not None or not engine.data_present or not facts.undo.is_half_made:
        return facts
    from nox_alembic.edges.postgres import server  # noqa: PLC0415 - such runs are seldom

    # A server that refuses nobody is on its way.
    over = not engine.database_running or (engine.address is not None and server.is_refused(engine.address))
    return replace(facts, blank=over and at.engine.is_blank())


def _cluster(_at: Environment, facts: Facts, _options: Options) -> Facts:
    from nox_alembic.edges.postgres import server  # noqa: PLC0415 - for `reset` alone

    address = facts.engine.address if facts.current is not None else None
    return replace(facts, cluster=server.cluster_of(address)) if address else facts


def _wipe(at: Environment, facts: Facts, _options: Options) -> Facts:
    return replace(facts, refusal=probe.refusal(at.engine, facts.engine, at.protected))


def _place(_at: Environment, facts: Facts, _options: Options) -> Facts:
    return replace(facts, fixed=probe.why_fixed(facts.engine.location))


def _data_size(_at: Environment, facts: Facts, _options: Options) -> Facts:
    return replace(facts, data_size=probe.data_size(facts)) if facts.engine.data_present else facts


def _room(_at: Environment, facts: Facts, _options: Options) -> Facts:
    return replace(facts, room=probe.room(facts.engine)) if facts.current is not None else facts


def _spares(at: Environment, facts: Facts, _options: Options) -> Facts:
    return replace(facts, spares=WiredActs(at, facts.history).spares.probe(facts))


def _swap(at: Environment, facts: Facts, _options: Options) -> Facts:
    from nox_alembic.core.copies.spare_databases import SwapFacts  # noqa: PLC0415 - few verbs ask
    from nox_alembic.edges.postgres import cluster, dropping  # noqa: PLC0415 - few verbs ask

    address = facts.engine.address if facts.current is not None else None
    seen = cluster.probe(address) if address else None
    if address is None or seen is None:
        return facts
    may_create, record, known = seen
    spares = tuple(one for one in dropping.marked(address) if one.mark.role == "spare")
    found = SwapFacts(may_create=may_create, record=record, cluster=known, spares=spares, needs=_needs(at, facts))
    return replace(facts, swap_facts=found)


def _needs(at: Environment, facts: Facts) -> "Needs | None":
    """Return what a spare made now depends on, None if a file cannot be read."""
    if facts.spares.needs.settings:
        return facts.spares.needs
    with contextlib.suppress(OSError):
        return WiredActs(at, facts.history).spares.needs(facts.history)
    return None


def _maker(at: Environment, facts: Facts, _options: Options) -> Facts:
    return replace(facts, maker=WiredActs(at, facts.history).spares.maker)


def _snapshots(at: Environment, facts: Facts, _options: Options) -> Facts:
    return WiredActs(at, History()).snapshots.probe(facts)


def _details(at: Environment, facts: Facts, options: Options) -> Facts:
    from nox_alembic.edges.probe import details  # noqa: PLC0415 - few verbs need details

    return replace(facts, details=details.probe(facts, at.configuration, options.base))


# What has to be known to finish an `undo` that was killed.
_OF_UNDO: tuple[Need, ...] = ("database", "undo log", "wipe", "place")


def _engine(at: Environment, facts: Facts, _options: Options) -> Facts:
    return replace(facts, engine=at.engine.probe())


_PROBES: Mapping[Need, Callable[[Environment, Facts, Options], Facts]] = {
    "engine": _engine,
    "files": _files,
    "database": _database,
    "undo log": _undo_log,
    "blank": _blank,
    "cluster": _cluster,
    "wipe": _wipe,
    "place": _place,
    "data size": _data_size,
    "room": _room,
    "spares": _spares,
    "maker": _maker,
    "swap": _swap,
    "snapshots": _snapshots,
    "details": _details,
}
