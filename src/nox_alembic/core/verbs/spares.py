"""Spares, made beside the data while nobody waits for them, and what a reset does with one."""

from nox_alembic.core.config import Config
from nox_alembic.core.copies.spares import Kind, choose, mismatch, missing, outdated
from nox_alembic.core.facts import Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import (
    ClearSpares,
    ConfirmSpare,
    DropSpares,
    MakeSpare,
    Migrate,
    Plan,
    SetDataAside,
    Step,
    UseSpare,
)
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.ownership import proof
from nox_alembic.core.verbs.spare_databases import making, obstacle


@frozen(kw_only=True)
class SpareUse:
    """What a reset does with a spare: `place` in place of the wipe, `rest` in place of the migration."""

    place: tuple[Step, ...] = ()
    rest: tuple[Step, ...] = ()
    is_seeded: bool = False
    notes: tuple[str, ...] = ()


def instead_of(wipe: tuple[Step, ...], facts: Facts, target: str, *, seed: bool) -> SpareUse:
    """Return what makes of a spare what a reset without one makes; no `place` when none matches."""
    history = facts.history
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
    """Make the spares that are missing, and delete what is of no use any more."""
    spares, history, location = facts.spares, facts.history, facts.engine.location
    if options.delete:
        names = (*(found.name for found in spares.found), *spares.leftovers)
        databases = tuple(one.name for one in facts.swap_facts.spares) if facts.swap_facts else ()
        drop = (DropSpares(databases),) if databases else ()
        delete = (*drop, *((ClearSpares(location, names),) if names else ()))
        return Plan(steps=delete, notes=() if delete else ("there is none",))
    if why := spares.refusal or _why_not_now(facts):
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
    """Return what makes the spare databases of `reset --fast`; in the background only where one was made before."""
    swap_facts = facts.swap_facts
    if swap_facts is None or obstacle(facts) or (options.background and not swap_facts.spares):
        return ()
    steps = making(facts, swap_facts, config.seed, apart=True)
    return (*proof(facts), *steps) if steps else ()


def _why_not_now(facts: Facts) -> str:
    if len(facts.history.heads) > 1:
        return f"there are several heads: {', '.join(facts.history.heads)}"
    if facts.engine.missing_images:
        return f"this machine lacks {', '.join(facts.engine.missing_images)}"
    return ""


def _make(facts: Facts, kind: Kind) -> MakeSpare:
    base = facts.spares.of("base")
    copies = kind == "ready" or (
        base is not None and not mismatch(base, facts.spares, facts.history, facts.history.heads)
    )
    return MakeSpare(kind, facts.engine.location, facts.history.heads, facts.spares.needs, copies=copies)
