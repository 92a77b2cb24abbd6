"""One pure function a verb: `(Config, Facts, options) -> Plan`. The order of events lives here and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass

from nox_alembic.core.config import Config
from nox_alembic.core.errors import FindingError, NoxAlembicError, PreconditionError, RefusedError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import (
    AwaitBackend,
    AwaitDatabase,
    Discard,
    DiscardData,
    Down,
    Downgrade,
    Kill,
    MakeFolder,
    Migrate,
    Plan,
    PrintUpgradeSql,
    ProvideImages,
    RunTests,
    Seed,
    SetDataAside,
    StartDatabase,
    StartServices,
    Step,
    Sweep,
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was typed after a verb; each recipe reads the ones that it knows."""

    revision: str = ""
    seed: bool = True
    sql: bool = False
    arguments: tuple[str, ...] = ()


def dev(config: Config, facts: Facts, options: Options) -> Plan:
    """Make it right, and change nothing when it is."""
    _refuse_foreign_clone(facts)
    _refuse_problem(facts)
    _refuse_taken_ports(facts)
    target = _target(facts, "heads")
    _refuse_unknown(facts)
    up = () if facts.current is not None else _database_up(config, facts)
    seed = bool(config.seed) and options.seed
    migrate = _migrate(facts, target, seed=seed)
    fresh = facts.current in {None, ()}
    seeding = (Seed(config.seed),) if seed and (fresh or facts.seed_pending) else ()
    steps = (*up, *migrate, *seeding, *_services_up(config, facts))
    notes = () if steps else (f"everything is up and at {_shown(facts, target)}",)
    return Plan(steps=(*_images(facts), *steps) if steps else (), notes=notes)


def reset(config: Config, facts: Facts, options: Options) -> Plan:
    """Throw the data away and come back with a fresh database, migrated and seeded, and a backend started once."""
    _refuse_protected(config)
    _refuse_foreign_clone(facts)
    _refuse_unsafe_wipe(facts)
    _refuse_taken_ports(facts)
    target = _target(facts, options.revision or "heads")
    at_head = target in {"heads", *facts.history.heads}
    seed = bool(config.seed) and options.seed and at_head
    steps: tuple[Step, ...] = (
        *_images(facts),
        *((Kill(),) if facts.engine.anything_running else ()),
        *_wipe(facts),
        *_make_folder(facts),
        StartDatabase(),
        *((Sweep(facts.engine.location),) if facts.engine.location.kind == "folder" else ()),
        AwaitDatabase(config.timeout),
        *_migrate_all(facts, target, seed=seed),
        *((Seed(config.seed),) if seed else ()),
        *(_all_services(config, facts) if at_head else ()),
    )
    notes = () if at_head else (f"stops at {_shown(facts, target)}: neither seed nor backend work before head",)
    return Plan(steps=steps, destroys=_lost_data(facts), notes=notes)


def migrate(config: Config, facts: Facts, options: Options) -> Plan:
    """Upgrade the running database."""
    target = _target(facts, options.revision or "heads")
    if options.sql:
        return Plan(steps=(PrintUpgradeSql(",".join(facts.current or ()), target),))
    _require_database(facts)
    _refuse_unknown(facts)
    steps = _migrate(facts, target, seed=bool(config.seed))
    return Plan(steps=steps, notes=() if steps else (f"nothing to do: the database is at {_shown_current(facts)}",))


def downgrade(config: Config, facts: Facts, options: Options) -> Plan:
    """Go back one revision or to a given one; rows of other tables stay."""
    _refuse_protected(config)
    _require_database(facts)
    _refuse_unknown(facts)
    target = _downgrade_target(facts, options.revision or "-1")
    kept = facts.history.with_ancestors([target] if target != "base" else [])
    applied = facts.history.with_ancestors(facts.current or ())
    undone = tuple(key for key in reversed(facts.history.order) if key in applied - kept)
    if not undone:
        return Plan(notes=(f"nothing to do: the database is at {_shown_current(facts)}",))
    names = ", ".join(facts.history.describe(key) for key in undone)
    return Plan(steps=(Downgrade(target, undone),), destroys=f"what these revisions added, with its data: {names}")


def down(_config: Config, facts: Facts, _options: Options) -> Plan:
    """Stop the environment; the data stays."""
    _refuse_foreign_clone(facts)
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
            *_images(facts),
            *_make_folder(facts),
            StartDatabase(),
            AwaitDatabase(config.timeout),
            *_migrate_all(facts, _target(facts, "heads"), seed=False),
            RunTests((*config.test_command, *options.arguments)),
        ),
        lastly=(Discard(),),
    )


Recipe = Callable[[Config, Facts, Options], Plan]
RECIPES: dict[str, Recipe] = {
    "dev": dev,
    "down": down,
    "reset": reset,
    "migrate": migrate,
    "downgrade": downgrade,
    "test": test,
}


def _images(facts: Facts) -> tuple[Step, ...]:
    return (ProvideImages(facts.engine.missing_images),) if facts.engine.missing_images else ()


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


def _all_services(config: Config, facts: Facts) -> tuple[Step, ...]:
    start = (StartServices(facts.engine.services),) if facts.engine.services else ()
    return (*start, *_await_backend(config, facts))


def _await_backend(config: Config, facts: Facts) -> tuple[Step, ...]:
    return (AwaitBackend(config.timeout),) if facts.engine.backend.defined else ()


def _wipe(facts: Facts) -> tuple[Step, ...]:
    location = facts.engine.location
    if not facts.engine.data_present:
        return ()
    return (SetDataAside(location),) if location.kind == "folder" else (DiscardData(location),)


def _lost_data(facts: Facts) -> str:
    return f"the database in {facts.engine.location.shown}" if facts.engine.data_present else ""


def _migrate(facts: Facts, target: str, *, seed: bool) -> tuple[Step, ...]:
    """Return the step that is needed, none when the database is seen to have it all."""
    if facts.current is None:
        return _migrate_all(facts, target, seed=seed)
    pending = facts.history.pending(facts.current, facts.history.heads if target == "heads" else [target])
    return (Migrate(target, pending, seed_later=seed and not facts.current),) if pending else ()


def _migrate_all(facts: Facts, target: str, *, seed: bool) -> tuple[Step, ...]:
    return (Migrate(target, seed_later=seed),) if facts.history.revisions else ()


def _target(facts: Facts, word: str) -> str:
    """Return `heads` or the id that is meant. Two heads have no meaning for `head`: that is for people to decide."""
    if word in {"head", "heads"}:
        if len(facts.history.heads) > 1:
            raise _two_heads(facts)
        return "heads"
    return facts.history.resolve(word)


def _two_heads(facts: Facts) -> NoxAlembicError:
    names = " and ".join(facts.history.describe(key) for key in facts.history.heads)
    hint = f'`alembic merge -m "join" {" ".join(facts.history.heads)}`, or put your revision on top of the other one'
    return FindingError("NA403", f"the history has {len(facts.history.heads)} heads: {names}", hint=hint)


def _downgrade_target(facts: Facts, word: str) -> str:
    """Return an id or `base` for `-N`, `base`, or a revision that is below the current one."""
    if word == "base":
        return word
    if word.startswith("-") and word[1:].isdigit():
        return _steps_back(facts, int(word[1:]))
    target = facts.history.resolve(word)
    if target not in facts.history.with_ancestors(facts.current or ()):
        message = f"the revision {facts.history.describe(target)} is not applied, so there is no way down to it"
        raise UsageError("NA409", message, hint=f"`nox -s migrate -- {target}` goes up to it")
    return target


def _steps_back(facts: Facts, count: int) -> str:
    """Return what lies `count` revisions below the current one; at a merge there is no single answer."""
    places = facts.current or ()
    for _ in range(count):
        if not places:
            break
        if len(places) > 1:
            message = f"-{count} is ambiguous: the database is at {' and '.join(map(facts.history.describe, places))}"
            raise UsageError("NA402", message, hint="name the revision to go back to")
        places = facts.history.revisions[places[0]].down
    if len(places) > 1:
        message = f"-{count} is ambiguous below a merge: {' and '.join(map(facts.history.describe, places))}"
        raise UsageError("NA402", message, hint="name the revision to go back to")
    return places[0] if places else "base"


def _require_database(facts: Facts) -> None:
    if facts.current is None:
        message = f"the {facts.engine.name} database does not answer"
        raise PreconditionError("NA202", message, hint="`nox -s dev` starts it")


def _refuse_unknown(facts: Facts) -> None:
    facts.history.refuse_unknown(facts.current or ())


def _refuse_protected(config: Config) -> None:
    if config.protected:
        message = f'the environment "{config.environment}" is protected: nothing may be taken away from it'
        raise RefusedError("NA013", message, hint='name another one with `--env`, or remove "protected"')


def _refuse_unsafe_wipe(facts: Facts) -> None:
    if facts.refusal is not None:
        raise facts.refusal


def _refuse_foreign_clone(facts: Facts) -> None:
    if facts.engine.foreign_root:
        message = f"the Compose project is in use by another clone, in {facts.engine.foreign_root}"
        raise RefusedError("NA112", message, hint='run `nox -s down` there, or set "compose-project" here')


def _refuse_problem(facts: Facts) -> None:
    if facts.engine.problem:
        raise PreconditionError("NA124", facts.engine.problem, hint="`nox -s reset` starts afresh")


def _refuse_taken_ports(facts: Facts) -> None:
    for taken in facts.engine.taken_ports:
        message = f"the port {taken.port} that {taken.service} wants is taken by another program"
        hint = f"choose another one with {taken.variable}" if taken.variable else "end that program"
        raise PreconditionError("NA111", message, hint=hint)


def _shown(facts: Facts, target: str) -> str:
    return facts.history.describe(facts.history.heads[0]) if target == "heads" and facts.history.heads else target


def _shown_current(facts: Facts) -> str:
    return ", ".join(map(facts.history.describe, facts.current or ())) or "base"
