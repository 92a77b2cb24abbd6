"""Spares: made ahead beside the data, and used by a reset."""

from collections.abc import Iterator

from nox_alembic.core.config import Config
from nox_alembic.core.copies.siblings import name_of
from nox_alembic.core.copies.spare_databases import SwapFacts
from nox_alembic.core.copies.spares import SpareKind, choose, mismatch, missing, outdated
from nox_alembic.core.facts import Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import KillServices
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.spare_databases import DropSpares, KeepSpare, MakeNew, MigrateNew, SeedNew
from nox_alembic.core.steps.spares import ClearSpares, ConfirmSpare, MakeSpare
from nox_alembic.core.steps.undo import SetDataAside, UseSpare
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.sharing import what_is_shared


@frozen(kw_only=True)
class SpareUse:
    """What a reset does with a spare.

    `place` replaces the wipe, `rest` replaces the migration.
    """

    place: tuple[Step, ...] = ()
    rest: tuple[Step, ...] = ()
    is_seeded: bool = False
    notes: tuple[str, ...] = ()


def instead_of(wipe: tuple[Step, ...], facts: Facts, target: str, *, seed: bool) -> SpareUse:
    """Return how a spare gives the result of a reset without one.

    There is no `place` when no spare matches.
    """
    history = facts.history
    if facts.fixed and facts.spares.found:
        return SpareUse(notes=(f"without the spare: {facts.fixed}",))
    choice = choose(facts.spares, history, history.targets(target), seed=seed)
    if choice.spare is None:
        return SpareUse(notes=(choice.why,) if choice.why else ())
    aside = next((step for step in wipe if isinstance(step, SetDataAside)), None)
    is_seeded = choice.spare.kind == "ready"
    to_seed = None if is_seeded else seed and bool(choice.spare.heads or choice.pending)
    migrate = (Migrate(target, choice.pending, seed_later=seed),) if choice.pending else ()
    return SpareUse(
        place=(UseSpare(facts.engine.location, choice.spare, aside),),
        rest=(ConfirmSpare(choice.spare.heads, to_seed), *migrate),
        is_seeded=is_seeded,
    )


def spare(config: Config, facts: Facts, options: Options) -> Plan:
    """Make the missing spares, and delete the useless ones."""
    spares, history, location = facts.spares, facts.history, facts.engine.location
    if options.delete:
        names = (*(found.name for found in spares.found), *spares.leftovers)
        databases = tuple(one.name for one in facts.swap_facts.spares) if facts.swap_facts else ()
        drop = (DropSpares(databases),) if databases else ()
        delete = (*drop, *((ClearSpares(location, names),) if names else ()))
        return Plan(steps=delete, notes=() if delete else ("there is none",))
    stopped = "the environment was stopped" if options.background and not facts.engine.anything_running else ""
    if why := spares.refusal or stopped or _why_not_now(facts):
        return Plan(notes=(f"no spare is made: {why}",))
    seed = bool(config.seed)
    kinds, useless = missing(spares, history, seed=seed), outdated(spares, history, seed=seed)
    clear = (*spares.leftovers, *useless)
    steps: tuple[Step, ...] = (
        *_databases(config, facts, options),
        *((ClearSpares(location, clear),) if clear else ()),
        *(_make(facts, kind) for kind in kinds),
    )
    return Plan(steps=steps)


def _databases(config: Config, facts: Facts, options: Options) -> tuple[Step, ...]:
    """Return the steps that make the spare databases of `reset --fast`.

    In the background, there are none unless a spare database was made before.
    """
    swap_facts = facts.swap_facts
    if swap_facts is None or obstacle(facts) or (options.background and not swap_facts.spares):
        return ()
    return making(facts, swap_facts, config.seed, apart=True)


def _why_not_now(facts: Facts) -> str:
    if facts.history.is_forked:
        return f"there are several heads: {', '.join(facts.history.heads)}"
    if facts.engine.missing_images:
        return f"this machine lacks {', '.join(facts.engine.missing_images)}"
    return ""


def _make(facts: Facts, kind: SpareKind) -> MakeSpare:
    base = facts.spares.of("base")
    copies = kind == "ready" or (
        base is not None and not mismatch(base, facts.spares, facts.history, facts.history.tips)
    )
    return MakeSpare(kind, facts.engine.location, facts.history.tips, facts.spares.needs, copies=copies)


def obstacle(facts: Facts) -> str:
    """Return why no database can be swapped in, "" if a swap is possible."""
    if facts.current is None or facts.swap_facts is None:
        return f"the {facts.engine.name} database does not answer"
    return next(_obstacles(facts, facts.swap_facts), "")


def _obstacles(facts: Facts, swap_facts: SwapFacts) -> Iterator[str]:
    if not facts.history.revisions:
        yield "the project has no revisions to make a database from"
    if facts.engine.outdated:
        yield "the server runs from another image than the project names now"
    if shared := what_is_shared(facts, facts.history.order):
        yield f"{shared}, which all databases of a server share"
    if not swap_facts.may_create:
        user = facts.engine.address.user if facts.engine.address else ""
        yield f'the user "{user}" may not make and rename databases'
    if difference := swap_facts.cluster.differs_from(swap_facts.record):
        yield f"the server {difference}"
    if not swap_facts.digest(facts.history, facts.history.tips, seeded=False):
        yield "not all revision files can be read here"


def making(facts: Facts, swap_facts: SwapFacts, seed: tuple[str, ...], *, apart: bool = False) -> tuple[Step, ...]:
    """Return the steps that make the spare databases that are missing.

    These are a spare at head, and one with the seed, made from it. A seed whose files
    are unknown has no spare. `apart`: a verb may be at work in the server at the same
    time.
    """
    history, heads = facts.history, facts.history.tips
    seeded = bool(seed) and swap_facts.knows_seed
    if seeded and swap_facts.spare(history, heads, seeded=True):
        return ()
    digest = swap_facts.digest(history, heads, seeded=False)
    base = (
        ()
        if swap_facts.spare(history, heads, seeded=False)
        else (*_migrated(facts, swap_facts, "heads", apart=apart), KeepSpare(heads, digest, apart=apart))
    )
    if not seeded:
        return base
    keep = KeepSpare(heads, swap_facts.digest(history, heads, seeded=True), seeded=True, apart=apart)
    return (*base, MakeNew(_name(facts, seeded=False), apart=apart), SeedNew(seed, apart=apart), keep)


def new_database(
    facts: Facts, swap_facts: SwapFacts, target: str, seed: tuple[str, ...], *, kills: bool
) -> tuple[Step, ...]:
    """Return the steps that make the new database at `target`.

    `kills`: the backend is ended, at the same time if that is quick.
    """
    end = (KillServices(),) if kills else ()
    if target != "heads":
        return (*_migrated(facts, swap_facts, target), *end)
    if seed and not swap_facts.knows_seed:
        return (MakeNew(_name(facts, seeded=False)), SeedNew(seed), *end)
    return (MakeNew(_name(facts, seeded=bool(seed)), kills=kills),)


def _name(facts: Facts, *, seeded: bool) -> str:
    return name_of(facts.engine.address.name if facts.engine.address else "", "spare", seeded=seeded)


def _migrated(facts: Facts, swap_facts: SwapFacts, target: str, *, apart: bool = False) -> tuple[Step, ...]:
    """Return the steps that make a new database at `target`.

    They start from the spare that has most of it, and migrate the rest.
    """
    targets = facts.history.targets(target)
    source = swap_facts.prefix(facts.history, targets)
    pending = facts.history.pending(source.mark.revisions if source else (), targets)
    migrate = (MigrateNew(target, pending, apart=apart),) if pending else ()
    return (MakeNew(source.name if source else "", apart=apart), *migrate)
