"""The verbs that start, stop, and begin anew."""

from nox_alembic.core.config import Config
from nox_alembic.core.copies.space import beyond
from nox_alembic.core.errors import UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import (
    AwaitBackend,
    AwaitDatabase,
    CloseUndo,
    Discard,
    DiscardData,
    Down,
    Kill,
    MakeFolder,
    Plan,
    ProvideImages,
    RunTests,
    Seed,
    SetDataAside,
    Settle,
    StartDatabase,
    StartServices,
    Step,
    Sweep,
)
from nox_alembic.core.verbs.guards import (
    proof,
    refuse_foreign_clone,
    refuse_problem,
    refuse_protected,
    refuse_taken_ports,
    refuse_unsafe_wipe,
)
from nox_alembic.core.verbs.migrate import migration, whole_migration
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.spares import SpareUse, instead_of
from nox_alembic.core.verbs.switching import way_back
from nox_alembic.core.verbs.targets import shown, target_of


def dev(config: Config, facts: Facts, options: Options) -> Plan:
    """Make it right, and change nothing when it is."""
    refuse_foreign_clone(facts)
    refuse_problem(facts)
    refuse_taken_ports(facts)
    if facts.undo.is_doubtful:
        return settling(facts)
    target = target_of(facts, "heads")
    back = way_back(config, facts)
    up = () if facts.current is not None else _database_up(config, facts)
    seed = bool(config.seed) and options.seed
    migrate = (*back.steps, *migration(back.facts, target, seed=seed))
    fresh = back.facts.current in {None, ()}
    seeding = (Seed(config.seed),) if seed and (fresh or facts.seed_pending) else ()
    steps = (*up, *migrate, *seeding, *_services_up(config, facts))
    notes = () if steps else (f"everything is up and at {shown(facts, target)}",)
    close = close_undo(facts)
    whole = (*images(facts), *steps, *close) if steps or close else ()
    return Plan(steps=whole, destroys=back.destroys, notes=notes)


def reset(config: Config, facts: Facts, options: Options) -> Plan:
    """Throw the data away and come back with a fresh database, migrated and seeded, and a backend started once."""
    refuse_protected(config)
    refuse_foreign_clone(facts)
    refuse_unsafe_wipe(facts)
    refuse_taken_ports(facts)
    if facts.undo.is_doubtful:
        return settling(facts)
    target = target_of(facts, options.revision or "heads")
    at_head = target in {"heads", *facts.history.heads}
    orphans = _not_kept(config, facts)
    seed = bool(config.seed) and options.seed and at_head
    wipe = _wipe(facts, keeps=not orphans)
    spare_use = instead_of(wipe, facts, target, seed=seed) if not options.cold else SpareUse()
    steps: tuple[Step, ...] = (
        *images(facts),
        *proof(facts),
        *((Kill(),) if facts.engine.anything_running else ()),
        *(spare_use.place or (*wipe, *_make_folder(facts))),
        StartDatabase(),
        *(() if facts.engine.unkept else (Sweep(facts.engine.location),)),
        AwaitDatabase(config.timeout),
        *(spare_use.rest if spare_use.place else whole_migration(facts, target, seed=seed)),
        *((Seed(config.seed),) if seed and not spare_use.is_seeded else ()),
        *(all_services(config, facts) if at_head else ()),
        *((CloseUndo(),) if facts.undo.is_open or any(isinstance(step, SetDataAside) for step in wipe) else ()),
    )
    notes = () if at_head else (stops_at(facts, target),)
    return Plan(steps=steps, destroys=f"{_lost_data(facts)}{orphans}", notes=(*notes, *spare_use.notes))


def stops_at(facts: Facts, target: str) -> str:
    """Return the note of a reset that goes no further than `target`."""
    return f"stops at {shown(facts, target)}: neither seed nor backend work before head"


def down(_config: Config, facts: Facts, _options: Options) -> Plan:
    """Stop the environment; the data stays."""
    refuse_foreign_clone(facts)
    if not facts.engine.anything_running:
        return Plan(notes=("nothing is running",))
    return Plan(steps=(Down(),))


def test(config: Config, facts: Facts, options: Options) -> Plan:
    """Run the project's tests against a throw-away environment that leaves nothing behind."""
    if not config.test_command:
        message = 'there is no "test-command" in [tool.nox-alembic] of pyproject.toml'
        raise UsageError("NA008", message, hint='add `test-command = "python -m pytest"` to it')
    return Plan(
        steps=(
            *throwaway_up(config, facts),
            *whole_migration(facts, target_of(facts, "heads"), seed=False),
            RunTests((*config.test_command, *options.arguments)),
        ),
        lastly=(Discard(),),
    )


def throwaway_up(config: Config, facts: Facts) -> tuple[Step, ...]:
    """Return what starts the empty database of a throw-away environment; `Discard` must come last then."""
    return (*images(facts), *_make_folder(facts), StartDatabase(), AwaitDatabase(config.timeout))


def start_to_see(config: Config, facts: Facts, note: str) -> Plan:
    """Start the database, so that the verb can look at what is in it and plan once more."""
    refuse_foreign_clone(facts)
    refuse_problem(facts)
    refuse_taken_ports(facts)
    start = () if facts.engine.database_running else (StartDatabase(),)
    return Plan(steps=(*start, AwaitDatabase(config.timeout)), notes=(note,), again=True)


def images(facts: Facts) -> tuple[Step, ...]:
    """Return the step that fetches what this machine lacks."""
    return (ProvideImages(facts.engine.missing_images),) if facts.engine.missing_images else ()


def settling(facts: Facts) -> Plan:
    """Return the plan that settles what a killed run has left in doubt; then there is another look."""
    return Plan(steps=(*images(facts), Settle(facts.engine.location)), again=True)


def _make_folder(facts: Facts) -> tuple[Step, ...]:
    missing = facts.engine.location.kind == "folder" and not facts.engine.data_present
    return (MakeFolder(facts.engine.location),) if missing else ()


def _database_up(config: Config, facts: Facts) -> tuple[Step, ...]:
    start = () if facts.engine.database_running else (*_make_folder(facts), StartDatabase())
    return (*start, AwaitDatabase(config.timeout))


def _services_up(config: Config, facts: Facts) -> tuple[Step, ...]:
    start = (StartServices(facts.engine.stopped),) if facts.engine.stopped else ()
    healthy = facts.engine.backend.running and facts.healthy
    return (*start, *(() if healthy else _await_backend(config, facts)))


def all_services(config: Config, facts: Facts) -> tuple[Step, ...]:
    """Return the steps that start everything beside the database and wait for the backend."""
    start = (StartServices(facts.engine.services),) if facts.engine.services else ()
    return (*start, *_await_backend(config, facts))


def _await_backend(config: Config, facts: Facts) -> tuple[Step, ...]:
    return (AwaitBackend(config.timeout),) if facts.engine.backend.defined else ()


def _wipe(facts: Facts, *, keeps: bool) -> tuple[Step, ...]:
    location = facts.engine.location
    if not facts.engine.data_present:
        return ()
    if facts.engine.unkept:
        return (DiscardData(location),)
    # What a killed reset was about to make is worth nothing, and must not take the place of what it had set aside.
    half_made = facts.undo.is_open and facts.current is not None and set(facts.current) != set(facts.history.heads)
    return (SetDataAside(location, "reset", facts.current, half_made=half_made, keeps=keeps),)


def close_undo(facts: Facts) -> tuple[Step, ...]:
    """Return the step that ends a destructive verb, where one was cut off: what it left is whole by now."""
    return (CloseUndo(),) if facts.undo.is_open else ()


def _not_kept(config: Config, facts: Facts) -> str:
    """Return what the question adds where the data is not kept, "" where `undo` can bring it back."""
    if not facts.engine.data_present:
        return ""
    if facts.engine.unkept:
        return f", and no `undo` brings it back: {facts.engine.unkept}"
    size = facts.data_size()
    return "" if size is None or size <= config.undo_limit else f", {beyond(size, config.undo_limit)}"


def _lost_data(facts: Facts) -> str:
    return f"the database in {facts.engine.location.shown}" if facts.engine.data_present else ""
