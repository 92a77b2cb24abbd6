"""The two ways to begin anew: by a wipe of the data, or by another database in the running server."""

from dataclasses import replace

from nox_alembic.core.config import Config
from nox_alembic.core.copies.space import LEAST
from nox_alembic.core.copies.spare_databases import SwapFacts
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import Facts
from nox_alembic.core.sizes import shown_size
from nox_alembic.core.steps import AwaitReconnect, CloseUndo, Plan, StartServices, Step, SwapDatabases
from nox_alembic.core.verbs import lifecycle
from nox_alembic.core.verbs.guards import proof, refuse_foreign_clone, refuse_protected, refuse_taken_ports
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.spares import making, new_database, obstacle
from nox_alembic.core.verbs.targets import target_of
from nox_alembic.core.verbs.undoable import swapped_out


def reset(config: Config, facts: Facts, options: Options) -> Plan:
    """Come back with a fresh database: by the way that was asked for, or by the wipe with the reason why not by it."""
    if not options.fast:
        return lifecycle.reset(config, facts, options)
    why_not = obstacle(facts)
    if facts.swap_facts is None or why_not:
        plan = lifecycle.reset(config, facts, options)
        return replace(plan, notes=(f"not by a swap, since {why_not}: the data is wiped", *plan.notes))
    return _swap(config, facts, facts.swap_facts, options)


def _swap(config: Config, facts: Facts, swap_facts: SwapFacts, options: Options) -> Plan:
    refuse_protected(config)
    refuse_foreign_clone(facts)
    refuse_taken_ports(facts)
    _refuse_full_disk(facts)
    word = target_of(facts, options.revision or "heads")
    at_head = word in {"heads", *facts.history.heads}
    seed = config.seed if options.seed and at_head else ()
    name = facts.engine.address.name if facts.engine.address else ""
    stays = _stays(config, facts) and at_head
    services = _services(config, facts, stays=stays) if at_head else ()
    start = tuple(step for step in services if isinstance(step, StartServices))
    kills = bool(facts.engine.started) and not stays
    keeps, destroys = swapped_out(config, facts, name)
    steps = (
        *lifecycle.images(facts),
        *proof(facts),
        *(making(facts, swap_facts, seed) if at_head else ()),
        *new_database(facts, swap_facts, "heads" if at_head else word, seed, kills=kills),
        SwapDatabases(name, "reset", facts.current or (), keeps=keeps),
        *start,
        # What is not kept any more is dropped while the backend starts.
        CloseUndo(),
        *services[len(start) :],
    )
    notes = () if at_head else (lifecycle.stops_at(facts, word),)
    return Plan(steps=steps, destroys=destroys, notes=notes)


def _stays(config: Config, facts: Facts) -> bool:
    """Return whether the backend goes on running: as it asks for, where nothing but the rows changes under it."""
    same = set(facts.current or ()) == set(facts.history.heads)
    return config.fast_backend == "reconnect" and same and facts.healthy and not facts.engine.stopped


def _services(config: Config, facts: Facts, *, stays: bool) -> tuple[Step, ...]:
    if stays:
        return (AwaitReconnect(facts.engine.services, config.timeout),)
    return lifecycle.all_services(config, facts)


def _refuse_full_disk(facts: Facts) -> None:
    """Refuse to make a database where the server would find no room for it, and end itself (NA664)."""
    free = facts.room().free
    if free is not None and free < LEAST:
        message = f"a new database is made where {shown_size(LEAST)} are free, and there are {shown_size(free)}"
        raise PreconditionError("NA664", message, hint="nothing was changed; make room on the disk of the data")
