"""Spare databases: what makes those that are missing, and a new database from them, before the real one is touched."""

from collections.abc import Iterator

from nox_alembic.core.copies.siblings import spare_name
from nox_alembic.core.copies.spare_databases import SwapFacts
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import KeepSpare, KillServices, MakeNew, MigrateNew, SeedNew, Step


def obstacle(facts: Facts) -> str:
    """Return why no database can be swapped in, "" when one can."""
    if facts.current is None or facts.swap_facts is None:
        return f"the {facts.engine.name} database does not answer"
    return next(_obstacles(facts, facts.swap_facts), "")


def _obstacles(facts: Facts, swap_facts: SwapFacts) -> Iterator[str]:
    if not facts.history.revisions:
        yield "the project has no revisions to make a database from"
    if facts.engine.outdated:
        yield "the server runs from another image than the project names now"
    if not swap_facts.may_create:
        user = facts.engine.address.user if facts.engine.address else ""
        yield f'the user "{user}" may not make and rename databases'
    if difference := swap_facts.cluster.differs_from(swap_facts.record):
        yield f"the server {difference}"
    if not swap_facts.digest(facts.history, facts.history.heads, seeded=False):
        yield "not all revision files can be read here"


def making(facts: Facts, swap_facts: SwapFacts, seed: tuple[str, ...], *, apart: bool = False) -> tuple[Step, ...]:
    """Return what makes the spare database at head, and from it the one with the seed, as far as they are missing.

    Of a seed whose files nobody knows there is none. `apart`: a verb may be at work in the server at the same time.
    """
    history, heads = facts.history, facts.history.heads
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
    """Return what makes the new database at `target`; `kills`: the backend is ended, beside it where that is quick."""
    end = (KillServices(),) if kills else ()
    if target != "heads":
        return (*_migrated(facts, swap_facts, target), *end)
    if seed and not swap_facts.knows_seed:
        return (MakeNew(_name(facts, seeded=False)), SeedNew(seed), *end)
    return (MakeNew(_name(facts, seeded=bool(seed)), kills=kills),)


def _name(facts: Facts, *, seeded: bool) -> str:
    return spare_name(facts.engine.address.name if facts.engine.address else "", seeded=seeded)


def _migrated(facts: Facts, swap_facts: SwapFacts, target: str, *, apart: bool = False) -> tuple[Step, ...]:
    """Return what makes a new database at `target`: from the spare one that has most of it, and the rest migrated."""
    targets = facts.history.targets(target)
    source = swap_facts.prefix(facts.history, targets)
    pending = facts.history.pending(source.mark.revisions if source else (), targets)
    migrate = (MigrateNew(target, pending, apart=apart),) if pending else ()
    return (MakeNew(source.name if source else "", apart=apart), *migrate)
