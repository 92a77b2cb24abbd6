"""The two ways to begin anew: by a wipe of the data, or by another database in the running server."""

from collections.abc import Iterator
from dataclasses import replace

from nox_alembic.core.aside import spare_name
from nox_alembic.core.config import Config
from nox_alembic.core.facts import Facts
from nox_alembic.core.recipes import lifecycle
from nox_alembic.core.recipes.guards import refuse_foreign_clone, refuse_protected, refuse_taken_ports
from nox_alembic.core.recipes.keeping import swapped_out
from nox_alembic.core.recipes.options import Options
from nox_alembic.core.recipes.ownership import proof
from nox_alembic.core.recipes.targets import shown, target_of
from nox_alembic.core.standby import Standing
from nox_alembic.core.steps import (
    CloseUndo,
    KeepSpare,
    KillServices,
    MakeNew,
    MigrateNew,
    Plan,
    SeedNew,
    StartServices,
    Step,
    SwapDatabases,
)


def reset(config: Config, facts: Facts, options: Options) -> Plan:
    """Come back with a fresh database: by the way that was asked for, or by the wipe with the reason why not by it."""
    if not options.fast:
        return lifecycle.reset(config, facts, options)
    why_not = obstacle(facts)
    if facts.standing is None or why_not:
        plan = lifecycle.reset(config, facts, options)
        return replace(plan, notes=(f"not by a swap, since {why_not}: the data is wiped", *plan.notes))
    return _swap(config, facts, facts.standing, options)


def spares(config: Config, facts: Facts, options: Options) -> tuple[Step, ...]:
    """Return what makes the spare databases that the next `reset --fast` copies; nothing where it would not."""
    if facts.standing is None or obstacle(facts) or len(facts.history.heads) > 1:
        return ()
    return _making(facts, facts.standing, config.seed if options.seed else ())


def _swap(config: Config, facts: Facts, standing: Standing, options: Options) -> Plan:
    refuse_protected(config)
    refuse_foreign_clone(facts)
    refuse_taken_ports(facts)
    target = target_of(facts, options.revision or "heads")
    at_head = target in {"heads", *facts.history.heads}
    seed = config.seed if options.seed else ()
    name = facts.engine.address.name if facts.engine.address else ""
    services = lifecycle.all_services(config, facts) if at_head else ()
    start = tuple(step for step in services if isinstance(step, StartServices))
    wait = services[len(start) :]
    keeps, destroys = swapped_out(config, facts, name)
    runs = bool(set(facts.engine.services) - set(facts.engine.stopped))
    steps = (
        *lifecycle.images(facts),
        *proof(facts),
        *(_making(facts, standing, seed) if at_head else ()),
        *(
            (_copy(facts, seeded=bool(seed), kills=runs),)
            if at_head
            else (*_part(facts, standing, target), *((KillServices(),) if runs else ()))
        ),
        SwapDatabases(name, "reset", facts.current or (), keeps=keeps),
        *start,
        # What is not kept any more is dropped while the backend starts.
        CloseUndo(),
        *wait,
    )
    notes = () if at_head else (f"stops at {shown(facts, target)}: neither seed nor backend work before head",)
    return Plan(steps=steps, destroys=destroys, notes=notes)


def obstacle(facts: Facts) -> str:
    """Return why no database can be swapped in, "" when one can."""
    if facts.current is None or facts.standing is None:
        return f"the {facts.engine.name} database does not answer"
    return next(_obstacles(facts, facts.standing), "")


def _obstacles(facts: Facts, standing: Standing) -> Iterator[str]:
    if not facts.history.revisions:
        yield "the project has no revisions to make a database from"
    if facts.engine.outdated:
        yield "the server runs from another image than the project names now"
    if not standing.may_create:
        user = facts.engine.address.user if facts.engine.address else ""
        yield f'the user "{user}" may not make and rename databases'
    if difference := standing.cluster.differs_from(standing.record):
        yield f"the server {difference}"
    if not standing.digest(facts.history, facts.history.heads, seeded=False):
        yield "not all revision files can be read here"


def _making(facts: Facts, standing: Standing, seed: tuple[str, ...]) -> tuple[Step, ...]:
    """Return what makes the spare database at head, and from it the one with the seed, as far as they are missing."""
    history, heads = facts.history, facts.history.heads
    if seed and standing.spare(history, heads, seeded=True):
        return ()
    bare = (
        ()
        if standing.spare(history, heads, seeded=False)
        else (*_part(facts, standing, "heads"), KeepSpare(heads, standing.digest(history, heads, seeded=False)))
    )
    if not seed:
        return bare
    digest = standing.digest(history, heads, seeded=True)
    return (*bare, _copy(facts, seeded=False), SeedNew(seed), KeepSpare(heads, digest, seeded=True))


def _copy(facts: Facts, *, seeded: bool, kills: bool = False) -> Step:
    name = facts.engine.address.name if facts.engine.address else ""
    return MakeNew(spare_name(name, seeded=seeded), kills=kills)


def _part(facts: Facts, standing: Standing, target: str) -> tuple[Step, ...]:
    """Return what makes a new database at `target`: from the spare one that has most of it, and the rest migrated."""
    targets = facts.history.heads if target == "heads" else (target,)
    source = standing.prefix(facts.history, targets)
    pending = facts.history.pending(source.mark.revisions if source else (), targets)
    return (MakeNew(source.name if source else ""), *((MigrateNew(target, pending),) if pending else ()))
