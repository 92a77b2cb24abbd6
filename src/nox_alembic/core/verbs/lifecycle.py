"""The verbs that start, stop, and test an environment."""

from dataclasses import replace

from nox_alembic.core.config import Config
from nox_alembic.core.errors import UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    Discard,
    Down,
    Kill,
    MakeFolder,
    ProvideImages,
    RunTests,
    Seed,
    StartDatabase,
    StartServices,
    Stop,
)
from nox_alembic.core.steps.spares import EndMaking
from nox_alembic.core.steps.undo import CloseUndo, NoteMade, SetDataAside, Settle, Sweep
from nox_alembic.core.verbs.guards import (
    refuse_problem,
    refuse_taken_ports,
)
from nox_alembic.core.verbs.migrate import migration, whole_migration
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.sharing import what_is_shared
from nox_alembic.core.verbs.switching import way_back
from nox_alembic.core.verbs.targets import shown, target_of


def dev(config: Config, facts: Facts, options: Options) -> Plan:
    """Start and migrate the environment, and change nothing when it is right."""
    refuse_problem(facts)
    refuse_taken_ports(facts)
    if facts.blank:
        return _anew(config, facts, options)
    target = target_of(facts, "heads")
    if facts.current is None and facts.engine.data_present and what_is_shared(facts, facts.history.order):
        return start_to_see(config, facts, "the database is started to see what is pending in it")
    back = way_back(config, facts)
    up = () if facts.current is not None else _database_up(config, facts)
    seed = bool(config.seed) and options.seed
    migrate = (*back.steps, *migration(back.facts, target, seed=seed))
    fresh = back.facts.current in {None, ()}
    seeding = (Seed(config.seed),) if seed and (fresh or facts.seed_pending) else ()
    services = _services_up(config, facts)
    made = (NoteMade(),) if services and facts.undo.is_half_made else ()
    steps = (*up, *migrate, *seeding, *made, *services)
    notes = () if steps else (f"everything is up and at {shown(facts, target)}",)
    close = close_undo(facts)
    whole = (*images(facts), *steps, *close) if steps or close else ()
    return Plan(steps=whole, destroys=back.destroys, notes=notes)


def _anew(config: Config, facts: Facts, options: Options) -> Plan:
    """Return the plan that makes data anew whose initialisation was cut off.

    A server on such data never has the target database, however often it is started.
    """
    location = facts.engine.location
    stopped = replace(
        facts.engine, data_present=False, database_running=False, anything_running=False, stopped=facts.engine.services
    )
    plan = dev(config, replace(facts, blank=False, engine=stopped), options)
    aside = SetDataAside(location, "dev", None, half_made=True)
    said = f"the data in {location.shown} was not initialised to its end: it is made anew"
    # Also where nothing runs: a helper container that has looked may still be there.
    return replace(plan, steps=(Kill(), aside, *plan.steps, Sweep(location)), notes=(said, *plan.notes))


_HOMELESS = (
    "no folder and no named volume of the project is mounted for all of its data: the containers are stopped, and not"
    " removed, so that it stays"
)


def down(_config: Config, facts: Facts, _options: Options) -> Plan:
    """Stop the environment; the data stays."""
    # It would start servers of its own after this verb has stopped everything.
    end = (EndMaking(),) if facts.maker else ()
    if not facts.engine.anything_running:
        return Plan(steps=end, notes=() if end else ("nothing is running",))
    if facts.engine.homeless:
        return Plan(steps=(*end, Stop(facts.engine.homeless)), notes=(_HOMELESS,))
    in_memory = facts.engine.location.kind == "container" and facts.engine.database_running
    notes = ("the data of the database is in memory, and goes",) if in_memory else ()
    return Plan(steps=(*end, Down()), notes=notes)


def test(config: Config, facts: Facts, options: Options) -> Plan:
    """Run the project's tests on a throw-away environment that leaves no trace."""
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
    """Return the steps that start the empty database of a throw-away environment.

    `Discard` must come last then.
    """
    return (*images(facts), *make_folder(facts), StartDatabase(), AwaitDatabase(config.timeout))


def start_to_see(config: Config, facts: Facts, note: str) -> Plan:
    """Start the database, so that the verb can look into it and plan once more."""
    refuse_problem(facts)
    refuse_taken_ports(facts)
    start = () if facts.engine.database_running else (StartDatabase(),)
    return Plan(steps=(*start, AwaitDatabase(config.timeout)), notes=(note,), again=True)


def images(facts: Facts) -> tuple[Step, ...]:
    """Return the step that fetches the images that this machine lacks."""
    return (ProvideImages(facts.engine.missing_images),) if facts.engine.missing_images else ()


def settling(facts: Facts) -> Plan:
    """Return the plan that settles what a killed run has left in doubt.

    Afterwards the verb looks again.
    """
    return Plan(steps=(*images(facts), Settle(facts.engine.location)), again=True)


def make_folder(facts: Facts) -> tuple[Step, ...]:
    """Return the step that makes the data folder, none if it need not be made."""
    missing = facts.engine.location.kind == "folder" and not facts.engine.data_present
    return (MakeFolder(facts.engine.location),) if missing else ()


def _database_up(config: Config, facts: Facts) -> tuple[Step, ...]:
    start = () if facts.engine.database_running else (*make_folder(facts), StartDatabase())
    return (*start, AwaitDatabase(config.timeout))


def _services_up(config: Config, facts: Facts) -> tuple[Step, ...]:
    start = (StartServices(facts.engine.stopped),) if facts.engine.stopped else ()
    healthy = facts.engine.backend.running and facts.healthy
    return (*start, *(() if healthy else _await_backend(config, facts)))


def all_services(config: Config, facts: Facts) -> tuple[Step, ...]:
    """Return the steps that start all other services and wait for the backend."""
    start = (StartServices(facts.engine.services),) if facts.engine.services else ()
    return (*start, *_await_backend(config, facts))


def _await_backend(config: Config, facts: Facts) -> tuple[Step, ...]:
    return (AwaitBackend(config.timeout),) if facts.engine.backend.defined else ()


def close_undo(facts: Facts) -> tuple[Step, ...]:
    """Return the step that ends a destructive verb that was cut off, if there was one.

    What that verb left is whole by now.
    """
    return (CloseUndo(),) if facts.undo.is_open else ()
