"""The verbs that move the database along its history."""

from collections.abc import Iterable

from nox_alembic.core.config import Config
from nox_alembic.core.errors import PreconditionError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.migration import (
    ApplyRevision,
    AwaitEdit,
    CopyRevisionFiles,
    Downgrade,
    Migrate,
    PrintUpgradeSql,
    Rehearse,
)
from nox_alembic.core.steps.revisions import MakeShadow, WriteRevision
from nox_alembic.core.verbs.guards import (
    refuse_one_way,
    refuse_protected,
    refuse_unknown,
    require_database,
)
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.sharing import dropping, replayed
from nox_alembic.core.verbs.switching import way_back
from nox_alembic.core.verbs.targets import (
    downgrade_target,
    head_of_new,
    reapply_target,
    shown_current,
    span_of,
    target_of,
)


def migrate(config: Config, facts: Facts, options: Options) -> Plan:
    """Upgrade the running database."""
    if options.sql:
        return Plan(steps=(PrintUpgradeSql(*span_of(facts, options.revision)),))
    target = target_of(facts, options.revision or "heads")
    require_database(facts)
    back = way_back(config, facts)
    steps = (*back.steps, *migration(back.facts, target, seed=bool(config.seed)))
    notes = () if steps else (f"nothing to do: the database is at {shown_current(facts)}",)
    return Plan(steps=steps, destroys=back.destroys, notes=notes)


def downgrade(config: Config, facts: Facts, options: Options) -> Plan:
    """Go back one revision or to a given one; rows of other tables stay."""
    refuse_protected(config)
    require_database(facts)
    refuse_unknown(facts)
    target, undone = _downgrade_way(facts, options)
    if not undone:
        return Plan(notes=(f"nothing to do: the database is at {shown_current(facts)}",))
    refuse_one_way(config, facts, undone)
    names = ", ".join(facts.history.describe(key) for key in undone)
    lost = f"what these revisions added, with its data: {names}"
    return Plan(steps=(Downgrade(target, undone),), destroys=lost)


def files_of_downgrade(facts: Facts, options: Options) -> tuple[str, ...]:
    """Return the files of the revisions that a downgrade takes back."""
    return _files_of(facts, _downgrade_way(facts, options)[1])


def revision(_config: Config, facts: Facts, options: Options) -> Plan:
    """Write a revision of what the models have beyond the migrations.

    It does not matter where the database is.
    """
    if not options.message.strip():
        message = f"a revision needs a message that says what it does, not {options.message!r}"
        raise UsageError("NA411", message, hint='`nox -s revision -- -m "add a table of rooms"`')
    head = head_of_new(facts, options.revision)
    if options.apply or not options.empty:
        require_database(facts)
    write = WriteRevision(options.message.strip(), empty=options.empty, head=head)
    apply = (ApplyRevision(),) if options.apply else ()
    if options.empty:
        return Plan(steps=(write, *apply))
    draft = replayed(facts, MakeShadow(), write)
    return Plan(steps=(*draft, *apply), lastly=dropping(draft))


def migration(facts: Facts, target: str, *, seed: bool) -> tuple[Step, ...]:
    """Return the migration that is needed, none when the database is up to date."""
    if facts.current is None:
        unseen = facts.engine.data_present
        return (Migrate(target, seed_later=seed, unseen=unseen),) if facts.history.revisions else ()
    pending = facts.history.pending(facts.current, facts.history.targets(target))
    if pending:
        return (Migrate(target, pending, seed_later=seed and not facts.current),)
    moved = facts.current and facts.fingerprinted_at not in {None, facts.current}
    return (CopyRevisionFiles(),) if moved else ()


def whole_migration(facts: Facts, target: str, *, seed: bool) -> tuple[Step, ...]:
    """Return the migration of a new database, none without revisions."""
    return (Migrate(target, seed_later=seed),) if facts.history.revisions else ()


def reapply(config: Config, facts: Facts, options: Options) -> Plan:
    """Go down below a revision and up again, on a copy of the database first.

    It ends at the revisions where the database was. The rehearsal shows what is lost,
    and the verb asks then whether to go on.
    """
    refuse_protected(config)
    require_database(facts)
    refuse_unknown(facts)
    if options.edit and not options.interactive:
        message = "without a terminal nobody can say that the script is edited"
        raise PreconditionError("NA438", message, hint="`nox -s downgrade`, edit the script, then `nox -s migrate`")
    if not facts.current:
        return Plan(notes=("nothing to do: no revision is applied",))
    first, target, undone = _reapply_way(facts, options)
    refuse_one_way(config, facts, undone)
    up = tuple(Migrate(key, undone[::-1], reread=options.edit) for key in facts.current)
    back = () if options.edit else facts.current or ()
    edit = (AwaitEdit(first, facts.history.revisions[first].path),) if options.edit else ()
    rehearse = replayed(facts, Rehearse(target, undone, back), undone=undone)
    return Plan(steps=(*rehearse, Downgrade(target, undone), *edit, *up))


def files_of_reapply(facts: Facts, options: Options) -> tuple[str, ...]:
    """Return the files of the revisions that a reapply takes back."""
    return _files_of(facts, _reapply_way(facts, options)[2]) if facts.current else ()


def _downgrade_way(facts: Facts, options: Options) -> tuple[str, tuple[str, ...]]:
    """Return the target of a downgrade, and the undone revisions, newest first."""
    target = downgrade_target(facts, options.revision or "-1")
    return target, facts.history.taken_back(target, facts.current or ())


def _reapply_way(facts: Facts, options: Options) -> tuple[str, str, tuple[str, ...]]:
    """Return the revision to apply again, what lies below it, and those to take back.

    The revisions to take back come newest first.
    """
    first = facts.history.revisions[reapply_target(facts, options.revision)]
    target = facts.history.below(first.id)
    return first.id, target, facts.history.taken_back(target, facts.current or ())


def _files_of(facts: Facts, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(facts.history.revisions[key].path for key in keys)
