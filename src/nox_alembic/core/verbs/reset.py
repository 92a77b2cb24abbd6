"""The two ways of a reset: wipe the data, or swap in another database."""

from dataclasses import replace

from nox_alembic.core.config import Config
from nox_alembic.core.copies.space import LEAST, beyond
from nox_alembic.core.copies.spare_databases import SwapFacts
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import Facts
from nox_alembic.core.sizes import shown_size
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import (
    AwaitDatabase,
    AwaitReconnect,
    DiscardData,
    Kill,
    Seed,
    StartDatabase,
    StartServices,
)
from nox_alembic.core.steps.undo import CloseUndo, ConfirmNew, LetGo, NoteMade, SetDataAside, SwapDatabases, Sweep
from nox_alembic.core.verbs.guards import (
    refuse_protected,
    refuse_taken_ports,
    refuse_unsafe_wipe,
)
from nox_alembic.core.verbs.lifecycle import all_services, images, make_folder
from nox_alembic.core.verbs.migrate import whole_migration
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.spares import SpareUse, instead_of, making, new_database, obstacle
from nox_alembic.core.verbs.targets import shown, target_of
from nox_alembic.core.verbs.undoable import swapped_out


def reset(config: Config, facts: Facts, options: Options) -> Plan:
    """Return with a fresh database, the way that was asked for.

    If that way is not possible, it goes by the wipe, with the reason.
    """
    if not options.fast:
        return _wiped(config, facts, options)
    why_not = obstacle(facts)
    if facts.swap_facts is None or why_not:
        plan = _wiped(config, facts, options)
        return replace(plan, notes=(f"not by a swap, since {why_not}: the data is wiped", *plan.notes))
    return _swapped(config, facts, facts.swap_facts, options)


def _wiped(config: Config, facts: Facts, options: Options) -> Plan:
    """Wipe the data and return with a fresh database, and a backend started once.

    The database is migrated and seeded.
    """
    refuse_protected(config)
    refuse_unsafe_wipe(facts)
    refuse_taken_ports(facts)
    target = target_of(facts, options.revision or "heads")
    at_head = target == "heads" or facts.history.heads == (target,)
    lost = _not_kept(config, facts)
    seed = bool(config.seed) and options.seed and at_head
    wipe = _wipe(facts, keeps=not lost)
    spare_use = instead_of(wipe, facts, target, seed=seed) if not options.cold else SpareUse()
    services = all_services(config, facts) if at_head else ()
    opens = facts.undo.is_open or any(isinstance(step, SetDataAside) for step in wipe)
    steps: tuple[Step, ...] = (
        *images(facts),
        *((Kill(),) if facts.engine.anything_running else ()),
        *(spare_use.place or (*wipe, *make_folder(facts))),
        StartDatabase(),
        *(() if facts.engine.unkept else (Sweep(facts.engine.location),)),
        AwaitDatabase(config.timeout),
        # Spares are copies of one another, and have the same identifier.
        *((ConfirmNew(facts.cluster),) if facts.cluster and not spare_use.place else ()),
        *(spare_use.rest if spare_use.place else whole_migration(facts, target, seed=seed)),
        *((Seed(config.seed),) if seed and not spare_use.is_seeded else ()),
        *((NoteMade(), *services) if services and opens else services),
        *((CloseUndo(),) if opens else ()),
    )
    # The question says it, too, and `--yes` asks none.
    gone = (f"what the database holds goes{lost}",) if lost and wipe else ()
    notes = (*gone, *_half_made(facts), *(() if at_head else (_stops_at(facts, target),)))
    return Plan(steps=steps, destroys=f"{_lost_data(facts)}{lost}", notes=(*notes, *spare_use.notes))


def _swapped(config: Config, facts: Facts, swap_facts: SwapFacts, options: Options) -> Plan:
    refuse_protected(config)
    refuse_taken_ports(facts)
    _refuse_full_disk(facts)
    word = target_of(facts, options.revision or "heads")
    at_head = word == "heads" or facts.history.heads == (word,)
    seed = config.seed if options.seed and at_head else ()
    name = facts.engine.address.name if facts.engine.address else ""
    stays = _stays(config, facts) and at_head
    services = _services(config, facts, stays=stays) if at_head else ()
    start = tuple(step for step in services if isinstance(step, StartServices))
    kills = bool(facts.engine.started) and not stays
    keeps, destroys = swapped_out(config, facts, name)
    steps = (
        *images(facts),
        *(making(facts, swap_facts, seed) if at_head else ()),
        *new_database(facts, swap_facts, "heads" if at_head else word, seed, kills=kills),
        SwapDatabases(name, "reset", facts.current or (), keeps=keeps),
        *start,
        *((LetGo(), *services[len(start) :]) if services else ()),
        CloseUndo(),
    )
    notes = () if at_head else (_stops_at(facts, word),)
    return Plan(steps=steps, destroys=destroys, notes=notes)


def _stays(config: Config, facts: Facts) -> bool:
    """Return whether the backend goes on running.

    It does if the configuration asks for it, and only the rows change under it.
    """
    same = set(facts.current or ()) == set(facts.history.tips)
    return config.fast_backend == "reconnect" and same and facts.healthy and not facts.engine.stopped


def _services(config: Config, facts: Facts, *, stays: bool) -> tuple[Step, ...]:
    if stays:
        return (AwaitReconnect(facts.engine.services, config.timeout),)
    return all_services(config, facts)


def _refuse_full_disk(facts: Facts) -> None:
    """Refuse to make a database that would fill the disk and end the server (NA664)."""
    free = facts.room.free
    if free is not None and free < LEAST:
        message = f"a new database is made where {shown_size(LEAST)} are free, and there are {shown_size(free)}"
        raise PreconditionError("NA664", message, hint="nothing was changed; make room on the disk of the data")


def _stops_at(facts: Facts, target: str) -> str:
    """Return the note of a reset that stops at `target`."""
    return f"stops at {shown(facts, target)}: neither seed nor backend work before head"


def _wipe(facts: Facts, *, keeps: bool) -> tuple[Step, ...]:
    location = facts.engine.location
    if not facts.engine.data_present:
        return ()
    if facts.engine.unkept:
        return (DiscardData(location),)
    # What an unfinished reset has made is worth nothing, and must not replace what it
    # had set aside.
    return (SetDataAside(location, "reset", facts.current, half_made=facts.undo.is_half_made, keeps=keeps),)


def _half_made(facts: Facts) -> tuple[str, ...]:
    """Return the note that an unfinished state of an earlier reset is not kept."""
    verb = facts.undo.unended() if facts.engine.data_present else None
    if verb is None or not facts.undo.is_half_made:
        return ()
    left = f"what a `{verb.verb}` that did not come to its end has left is not kept"
    return (f"{left}: `undo` still brings back {verb.shown}",)


def _not_kept(config: Config, facts: Facts) -> str:
    """Return what the question adds when the data is not kept.

    "" when `undo` can bring it back.
    """
    if not facts.engine.data_present:
        return ""
    if why := facts.engine.unkept or facts.fixed:
        return f", and no `undo` brings it back: {why}"
    size = facts.data_size
    return "" if size is None or size <= config.undo_limit else f", {beyond(size, config.undo_limit)}"


def _lost_data(facts: Facts) -> str:
    return f"the database in {facts.engine.location.shown}" if facts.engine.data_present else ""
