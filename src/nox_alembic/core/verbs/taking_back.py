"""`undo` of what changed one database, or files of the project."""

from collections.abc import Iterator

from nox_alembic.core.config import Config
from nox_alembic.core.copies.undo import FileChange, UndoEntry
from nox_alembic.core.errors import FindingError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import (
    AwaitBackend,
    CloseUndo,
    NoteUndone,
    Plan,
    ReplaceFile,
    StartServices,
    Step,
    StopBackend,
    SwapBack,
)
from nox_alembic.core.verbs.guards import require_database
from nox_alembic.core.verbs.lifecycle import start_to_see
from nox_alembic.core.verbs.ownership import proof
from nox_alembic.core.verbs.targets import shown_current


def swap_back(config: Config, facts: Facts, entry: UndoEntry) -> Plan:
    """Bring a kept database back, and the files that were changed with it; what is there now is kept instead."""
    if facts.current is None and facts.engine.data_present:
        return start_to_see(config, facts, "the database is stopped: it is started to see what is kept in it")
    require_database(facts)
    # Files first: a run that is killed before the swap has changed nothing that the next one would not do again.
    files = _restored(config, facts, entry)
    was_up = facts.engine.backend.running
    ready = not files and set(entry.revisions or ()) == set(facts.history.heads)
    steps: tuple[Step, ...] = (
        *proof(facts),
        *((StopBackend(),) if was_up else ()),
        *files,
        SwapBack(entry, facts.current or ()),
        *((StartServices(facts.engine.started), AwaitBackend(config.timeout)) if was_up and ready else ()),
        CloseUndo(),
    )
    behind = () if ready else ("it is not known to be at head: `nox -s dev` migrates it and starts the backend",)
    idle = ("`nox -s dev` starts the backend",) if ready and not was_up and facts.engine.backend.defined else ()
    goes = f"goes: the database as it is now, at {shown_current(facts)}; it is kept: `undo` again brings it back"
    whole = _last_whole(facts, entry)
    older = (f"`nox -s undo -- {whole.id}` goes further, to {whole.shown}",) if whole else ()
    return Plan(steps=steps, notes=(f"comes back: {entry.shown}", goes, *older, *behind, *idle))


def restore_files(config: Config, facts: Facts, entry: UndoEntry) -> Plan:
    """Bring files back as they were; what they are now is kept instead."""
    files = _restored(config, facts, entry)
    _refuse_applied(config, facts, entry)
    names = ", ".join(step.path.name for step in files) or "nothing, since the files are what they were"
    goes = f"goes: what is in {names} now; it is kept: `undo` again brings it back"
    steps: tuple[Step, ...] = (*files, NoteUndone(entry, facts.current), CloseUndo())
    return Plan(steps=steps, notes=(f"comes back: {entry.shown}", goes))


def _last_whole(facts: Facts, entry: UndoEntry) -> UndoEntry | None:
    """Return what was kept by the run that left what comes back half made, None where it is whole."""
    before = facts.undo.live[: facts.undo.live.index(entry)]
    whole = [one for one in before if one.kind == "database" and not one.half_made]
    return whole[-1] if entry.half_made and whole else None


def _restored(config: Config, facts: Facts, entry: UndoEntry) -> tuple[ReplaceFile, ...]:
    """Return what is to be written; raises FindingError (NA636) when one was edited since, and none is written."""
    return tuple(step for change in entry.files for step in _steps(config, facts, entry, change))


def _steps(config: Config, facts: Facts, entry: UndoEntry, change: FileChange) -> Iterator[ReplaceFile]:
    now = facts.content_of(change.path)
    if now == change.before:
        return
    if now != change.after:
        message = f"{change.path} was edited after `{entry.verb}` of {entry.at}, and would lose that"
        hint = f"nothing was changed; `git diff -- {change.path}` shows it: take it out, then `nox -s undo`"
        raise FindingError("NA636", message, hint=hint)
    title = f"delete {change.path}" if change.before is None else f"write {change.path} as it was"
    yield ReplaceFile(config.root / change.path, now, change.before, title)


def _refuse_applied(config: Config, facts: Facts, entry: UndoEntry) -> None:
    """Refuse to change a revision under a database that it was applied to after the verb (NA637)."""
    if facts.current is None or facts.current == entry.revisions:
        return
    places = {config.root / change.path for change in entry.files}
    for key in facts.history.order:
        revision = facts.history.revisions[key]
        if key in facts.applied and revision.path and config.root / revision.path in places:
            message = f"the revision {facts.history.describe(key)} has been applied since `{entry.verb}`"
            down = revision.down[0] if revision.down else "base"
            hint = f"nothing was changed; `nox -s downgrade -- {down}` first, or take back what applied it"
            raise FindingError("NA637", message, hint=hint)
