"""Named states of the database: saved, restored, deleted."""

from dataclasses import replace

from nox_alembic.core.config import Config
from nox_alembic.core.copies.snapshots import (
    Snapshot,
    checked_name,
    refuse_newer,
    refuse_strangers,
    state_of,
)
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.graph import named_without_file
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import AwaitBackend, StartServices, StopBackend
from nox_alembic.core.steps.snapshots import CheckSnapshot, ClearLeftovers, DeleteSnapshots, LoadSnapshot, SaveSnapshot
from nox_alembic.core.steps.undo import CloseUndo, SwapDatabases
from nox_alembic.core.verbs.guards import refuse_protected, require_database
from nox_alembic.core.verbs.migrate import migration
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.targets import target_of
from nox_alembic.core.verbs.undoable import swapped_out


def save(_config: Config, facts: Facts, options: Options) -> Plan:
    """Dump the running database into a file; nothing is changed in it."""
    name = checked_name(options.snapshot)
    facts.shelf.require_free(name)
    require_database(facts)
    return Plan(steps=(*_clearing(facts), SaveSnapshot(name)))


def restore(config: Config, facts: Facts, options: Options) -> Plan:
    """Restore a snapshot beside the running database, check it, and then swap it in."""
    refuse_protected(config)
    snapshot = facts.shelf.named(checked_name(options.snapshot))
    require_database(facts)
    refuse_newer(snapshot, facts.server_version)
    database = facts.engine.address.name if facts.engine.address else ""
    migrate = _migration(facts, snapshot) if options.migrate else ()
    ready = bool(migrate) or set(snapshot.revisions) == set(facts.history.tips)
    was_up = facts.engine.backend.running
    keeps, destroys = swapped_out(config, facts, database)
    steps = (
        *_clearing(facts),
        CheckSnapshot(snapshot),
        LoadSnapshot(snapshot),
        *((StopBackend(),) if was_up else ()),
        SwapDatabases(database, "snapshot restore", facts.current or (), keeps=keeps),
        *migrate,
        *((StartServices(facts.engine.started), AwaitBackend(config.timeout)) if was_up and ready else ()),
        CloseUndo(),
    )
    return Plan(steps=steps, destroys=destroys, notes=() if ready else _not_ready(facts, snapshot))


def delete(config: Config, facts: Facts, options: Options) -> Plan:
    """Delete one snapshot, also one that is damaged."""
    refuse_protected(config)
    name = checked_name(options.snapshot)
    facts.shelf.require(name)
    known = [snapshot.shown for snapshot in facts.shelf.snapshots if snapshot.name == name]
    return _deletion(facts, (name,), known[0] if known else f'"{name}", which is damaged')


def prune(config: Config, facts: Facts, options: Options) -> Plan:
    """Delete all snapshots but the newest ones."""
    refuse_protected(config)
    old = facts.shelf.beyond(options.keep)
    if old:
        return _deletion(facts, tuple(one.name for one in old), ", ".join(one.shown for one in old))
    return Plan(steps=_clearing(facts), notes=(f"nothing to delete: `--keep {options.keep}` keeps all there are",))


def _deletion(facts: Facts, names: tuple[str, ...], shown: str) -> Plan:
    word = "snapshot" if len(names) == 1 else "snapshots"
    return Plan(steps=(*_clearing(facts), DeleteSnapshots(names)), destroys=f"the {word} {shown}")


def _clearing(facts: Facts) -> tuple[Step, ...]:
    return (ClearLeftovers(),) if facts.left or facts.shelf.leftovers else ()


def _migration(facts: Facts, snapshot: Snapshot) -> tuple[Step, ...]:
    """Return the migration of the restored database, none when it is at head."""
    refuse_strangers(snapshot, facts.history.unknown(snapshot.revisions))
    restored = replace(facts, current=snapshot.revisions)
    return migration(restored, target_of(facts, "heads"), seed=snapshot.seed == "pending")


def _not_ready(facts: Facts, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the notes on what to do before the backend can start on it."""
    if unknown := facts.history.unknown(snapshot.revisions):
        where = f": `git switch {snapshot.branch}`" if snapshot.branch else ""
        return (f"the snapshot is at {named_without_file(unknown)}{where}",)
    behind = f"the snapshot is {state_of(snapshot, facts.history)}"
    return (f"{behind}: `nox -s migrate` upgrades it, `nox -s dev` starts the backend, too",)
