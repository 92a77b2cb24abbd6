"""`undo`: takes back what a verb took away."""

from collections.abc import Iterator

from nox_alembic.core.config import Config
from nox_alembic.core.copies.undo import WHOLE, FileChange, UndoEntry
from nox_alembic.core.errors import FindingError, PreconditionError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    Kill,
    StartDatabase,
    StartServices,
    StopBackend,
)
from nox_alembic.core.steps.revisions import ReplaceFile
from nox_alembic.core.steps.undo import BeginUndo, CloseUndo, NoteUndone, PutBack, SwapBack
from nox_alembic.core.verbs.guards import (
    refuse_protected,
    refuse_taken_ports,
    refuse_unsafe_wipe,
    require_database,
)
from nox_alembic.core.verbs.lifecycle import all_services, images, start_to_see
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.targets import shown_current


def undo(config: Config, facts: Facts, options: Options) -> Plan:
    """Bring back what the last destructive verb took away.

    The present state is kept instead, so that a second `undo` is a redo.
    """
    refuse_protected(config)
    entry = _chosen(facts, options)
    if entry.kind == "database":
        return swap_back(config, facts, entry)
    if entry.kind == "files":
        return restore_files(config, facts, entry)
    refuse_unsafe_wipe(facts)
    _refuse_fixed(facts, entry)
    refuse_taken_ports(facts)
    _refuse_other_server(facts, entry)
    files = _restored(config, facts, entry)
    at_head = not files and entry.revisions is not None and set(entry.revisions) == set(facts.history.tips)
    steps = (
        *images(facts),
        *_begin(entry, files),
        *files,
        *((Kill(),) if facts.engine.anything_running else ()),
        PutBack(facts.engine.location, entry, facts.current),
        StartDatabase(),
        AwaitDatabase(config.timeout),
        *(all_services(config, facts) if at_head else ()),
        CloseUndo(uncovers=True),
    )
    return Plan(steps=steps, notes=_said(facts, entry, at_head=at_head))


def changed_files(facts: Facts, options: Options) -> tuple[str, ...]:
    """Return the files that the entry has changed, by paths below the project."""
    return tuple(change.path for change in _chosen(facts, options).files)


def half_way(facts: Facts) -> UndoEntry | None:
    """Return the entry that a killed `undo` has brought back in part.

    None if it has done nothing: files come first, and data is either in its place or
    beside it, as a whole.
    """
    begun = facts.undo.begun
    untouched = begun is not None and begun.kind in WHOLE and not begun.files and facts.engine.data_present
    return None if untouched else begun


def _chosen(facts: Facts, options: Options) -> UndoEntry:
    begun = half_way(facts)
    return facts.undo.chosen(options.entry or (begun.id if begun else ""))


def _refuse_fixed(facts: Facts, entry: UndoEntry) -> None:
    """Refuse before any stop what could not be renamed after it (NA315)."""
    if facts.fixed:
        message = f"the data before `{entry.verb}` of {entry.at} cannot be put back: {facts.fixed}"
        hint = f"nothing was changed; give the right to it (`ls -ld {facts.engine.location.path.parent}`), and repeat"
        raise PreconditionError("NA315", message, hint=hint)


def _refuse_other_server(facts: Facts, entry: UndoEntry) -> None:
    """Refuse to put back data that the server could not start on (NA638).

    It is the server that runs now, or would run.
    """
    runs = facts.server_version.partition(".")[0] or facts.engine.major
    if entry.server and runs and runs != entry.server:
        message = f"the data before `{entry.verb}` of {entry.at} is of PostgreSQL {entry.server}"
        hint = f"nothing was changed; go back to the image or programs of PostgreSQL {entry.server} first"
        raise PreconditionError("NA638", f"{message}, and what runs now is {runs}", hint=hint)


def _said(facts: Facts, entry: UndoEntry, *, at_head: bool) -> tuple[str, ...]:
    goes = "what is there now is kept in its place: `undo` again brings it back"
    behind = () if at_head else ("it is not known to be at head: `nox -s dev` migrates it and starts the backend",)
    return (
        f"comes back: {entry.shown}",
        *((goes,) if facts.engine.data_present else ()),
        *_further(facts, entry),
        *behind,
    )


def swap_back(config: Config, facts: Facts, entry: UndoEntry) -> Plan:
    """Bring an undo database back, and the files that were changed with it.

    The present state is kept instead.
    """
    if facts.current is None and facts.engine.data_present:
        return start_to_see(config, facts, "the database is stopped: it is started to see what is kept in it")
    require_database(facts)
    # Files first: a run that is killed before the swap has changed nothing that the
    # next run would not repeat.
    files = _restored(config, facts, entry)
    was_up = facts.engine.backend.running
    ready = not files and set(entry.revisions or ()) == set(facts.history.tips)
    steps: tuple[Step, ...] = (
        *((StopBackend(),) if was_up else ()),
        *_begin(entry, files),
        *files,
        SwapBack(entry, facts.current or ()),
        *((StartServices(facts.engine.started), AwaitBackend(config.timeout)) if was_up and ready else ()),
        CloseUndo(),
    )
    behind = () if ready else ("it is not known to be at head: `nox -s dev` migrates it and starts the backend",)
    idle = ("`nox -s dev` starts the backend",) if ready and not was_up and facts.engine.backend.defined else ()
    goes = f"goes: the database as it is now, at {shown_current(facts)}; it is kept: `undo` again brings it back"
    return Plan(steps=steps, notes=(f"comes back: {entry.shown}", goes, *_further(facts, entry), *behind, *idle))


def restore_files(config: Config, facts: Facts, entry: UndoEntry) -> Plan:
    """Bring files back as they were; their present content is kept instead."""
    files = _restored(config, facts, entry)
    _refuse_applied(config, facts, entry)
    names = ", ".join(step.path.name for step in files) or "nothing, since the files are what they were"
    goes = f"goes: what is in {names} now; it is kept: `undo` again brings it back"
    note = (NoteUndone(entry, facts.current), CloseUndo(files_only=True))
    steps: tuple[Step, ...] = (*_begin(entry, files), *files, *note)
    return Plan(steps=steps, notes=(f"comes back: {entry.shown}", goes))


def _begin(entry: UndoEntry, files: tuple[ReplaceFile, ...]) -> tuple[Step, ...]:
    """Return the note before the first file; without files no `undo` is half done."""
    return (BeginUndo(entry),) if files else ()


def _further(facts: Facts, entry: UndoEntry) -> tuple[str, ...]:
    """Return the note that names an earlier, whole entry.

    There is none if this entry is not half made, or no earlier entry is whole.
    """
    whole = facts.undo.whole_before(entry)
    return (f"`nox -s undo -- {whole.id}` goes further, to {whole.shown}",) if whole else ()


def _restored(config: Config, facts: Facts, entry: UndoEntry) -> tuple[ReplaceFile, ...]:
    """Return the files to write.

    Raises FindingError (NA636) when a file was edited since; then no file is written.
    """
    return tuple(step for change in entry.files for step in _steps(config, facts, entry, change))


def _steps(config: Config, facts: Facts, entry: UndoEntry, change: FileChange) -> Iterator[ReplaceFile]:
    now = facts.contents.get(change.path)
    if now == change.before:
        return
    if now != change.after:
        message = f"{change.path} was edited after `{entry.verb}` of {entry.at}, and would lose that"
        hint = f"nothing was changed; `git diff -- {change.path}` shows it: take it out, then `nox -s undo`"
        raise FindingError("NA636", message, hint=hint)
    title = f"delete {change.path}" if change.before is None else f"write {change.path} as it was"
    yield ReplaceFile(config.clone / change.path, now, change.before, title)


def _refuse_applied(config: Config, facts: Facts, entry: UndoEntry) -> None:
    """Refuse to change a revision that was applied since the verb (NA637)."""
    if facts.current is None or facts.current == entry.revisions:
        return
    places = {config.clone / change.path for change in entry.files}
    for key in facts.history.order:
        revision = facts.history.revisions[key]
        if key in facts.applied and revision.path and config.root / revision.path in places:
            message = f"the revision {facts.history.describe(key)} has been applied since `{entry.verb}`"
            down = revision.down[0] if revision.down else "base"
            hint = f"nothing was changed; `nox -s downgrade -- {down}` first, or take back what applied it"
            raise FindingError("NA637", message, hint=hint)
