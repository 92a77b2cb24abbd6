"""The steps around a verb that keep something for `undo`."""

from dataclasses import replace

from nox_alembic.core.config import Config
from nox_alembic.core.copies.space import beyond, why_not_kept, why_server_not_kept
from nox_alembic.core.copies.undo import FileChange
from nox_alembic.core.facts import Facts
from nox_alembic.core.paths import from_root
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.migration import ApplyRevision, Downgrade, DowngradeOrphans, Migrate
from nox_alembic.core.steps.revisions import NoteRebase, ReplaceFile, WriteMerge
from nox_alembic.core.steps.undo import CloseUndo, KeepDatabase, KeepServer, OpenUndo, Sweep
from nox_alembic.core.verbs.sharing import shared_by

_MOVES = (Migrate, Downgrade, DowngradeOrphans, ApplyRevision, NoteRebase)
_WRITES = (ReplaceFile, WriteMerge)


def undoable(config: Config, facts: Facts, verb: str, plan: Plan) -> Plan:
    """Return the plan with the steps that let `undo` take it back.

    They come before its first change and at its end. If no copy of the database can be
    kept, the plan says so, and asks.
    """
    places = [number for number, step in enumerate(plan.steps) if isinstance(step, (*_MOVES, *_WRITES))]
    if not places:
        return plan
    if not any(isinstance(step, _MOVES) for step in plan.steps):
        opening = OpenUndo(verb, facts.current, _files(config, plan) or ())
        return _around(plan, places[0], opening, CloseUndo(files_only=True))
    if _goes_on(facts, verb):
        return replace(plan, steps=(*plan.steps, CloseUndo()))
    if _has_nothing(facts) and _files(config, plan) is None:
        return plan
    return _with_copy(config, facts, verb, plan, places[0])


def changes(plan: Plan) -> bool:
    """Return whether the plan changes the database, or files of the project."""
    return any(isinstance(step, (*_MOVES, *_WRITES)) for step in plan.steps)


def _with_copy(config: Config, facts: Facts, verb: str, plan: Plan, place: int) -> Plan:
    if not config.undo_limit:
        return _noted(plan, f"`{verb}` cannot be undone: the undo-limit is 0")
    files, shared = _files(config, plan), shared_by(facts, plan)
    if shared and not _has_nothing(facts):
        noted = _noted(plan, f"{shared}, which all databases of a server share")
        return _with_server(config, facts, verb, noted, place)
    why = why_not_kept(config.undo_limit, facts.room) if facts.current is not None else ""
    if why:
        return _asked(plan, verb, why)
    return _around(plan, place, KeepDatabase(verb, _target(plan), files), CloseUndo())


def _with_server(config: Config, facts: Facts, verb: str, plan: Plan, place: int) -> Plan:
    """Return the plan with a copy of the whole server.

    A copy of the database alone would not restore the earlier state.
    """
    location = facts.engine.location
    why = facts.engine.unkept or facts.fixed or why_server_not_kept(config.undo_limit, facts.data_size, facts.room.free)
    if why:
        return _asked(plan, verb, why)
    keep = KeepServer(location, verb, facts.current or (), config.timeout, _files(config, plan) or ())
    kept = _around(plan, place, keep, CloseUndo())
    return replace(kept, steps=(*kept.steps, Sweep(location)))


def _asked(plan: Plan, verb: str, why: str) -> Plan:
    return replace(plan, destroys=" and ".join(filter(None, (plan.destroys, way_back_lost(verb, why)))))


def _noted(plan: Plan, note: str) -> Plan:
    return replace(plan, notes=(*plan.notes, note))


def swapped_out(config: Config, facts: Facts, database: str) -> tuple[bool, str]:
    """Return whether a replaced database is kept, and what goes.

    The text is for the question.
    """
    size = facts.room.size
    keeps = size <= config.undo_limit
    kept = "which `undo` brings back" if keeps else beyond(size, config.undo_limit)
    return keeps, f'what is in the database "{database}" now, {kept}'


def way_back_lost(verb: str, why: str) -> str:
    """Return what goes when nothing is kept, as the question names it."""
    return f"the way back: `{verb}` could not be undone, since {why}"


def _goes_on(facts: Facts, verb: str) -> bool:
    """Return whether the verb only ends a rebase that was cut off.

    That rebase has kept the earlier state.
    """
    newest = facts.undo.newest
    return bool(verb == "rebase" and facts.rebasing and newest and newest.open and newest.verb == verb)


def _has_nothing(facts: Facts) -> bool:
    """Return whether there is nothing to lose.

    Nobody knows that of a database that is down.
    """
    if facts.current is None:
        return not facts.engine.data_present
    return not facts.current and not facts.room.has_tables


def _target(plan: Plan) -> str:
    """Return the revision at which nothing has to be kept.

    "" if the plan does more than reach it.
    """
    moves = [step for step in plan.steps if isinstance(step, (*_MOVES, *_WRITES))]
    return moves[0].target if len(moves) == 1 and isinstance(moves[0], Migrate) else ""


def _files(config: Config, plan: Plan) -> tuple[FileChange, ...] | None:
    """Return the files that are known to be changed, None without any.

    What a merge writes is known only when it does.
    """
    if not any(isinstance(step, _WRITES) for step in plan.steps):
        return None
    found = [step for step in plan.steps if isinstance(step, ReplaceFile)]
    return tuple(FileChange(from_root(config.clone, step.path).as_posix(), step.before, step.after) for step in found)


def _around(plan: Plan, place: int, opening: Step, end: CloseUndo) -> Plan:
    steps = [step for step in plan.steps if not isinstance(step, CloseUndo)]
    return replace(plan, steps=(*steps[:place], opening, *steps[place:], end))
