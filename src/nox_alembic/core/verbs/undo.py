"""Taking back what a verb took away."""

from nox_alembic.core.config import Config
from nox_alembic.core.copies.undo import WHOLE, UndoEntry
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import AwaitDatabase, CloseUndo, Kill, Plan, PutBack, StartDatabase
from nox_alembic.core.verbs.guards import (
    refuse_foreign_clone,
    refuse_protected,
    refuse_taken_ports,
    refuse_unsafe_wipe,
)
from nox_alembic.core.verbs.lifecycle import all_services, images, settling
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.ownership import proof
from nox_alembic.core.verbs.taking_back import restore_files, swap_back


def undo(config: Config, facts: Facts, options: Options) -> Plan:
    """Bring back what the last destructive verb took away; what is there now is kept instead, so that twice is redo."""
    refuse_protected(config)
    refuse_foreign_clone(facts)
    if facts.undo.is_doubtful:
        return settling(facts)
    entry = facts.undo.chosen(options.entry or _cut_off(facts))
    if entry.kind == "database":
        return swap_back(config, facts, entry)
    if entry.kind == "files":
        return restore_files(config, facts, entry)
    refuse_unsafe_wipe(facts)
    refuse_taken_ports(facts)
    _refuse_other_server(facts, entry)
    at_head = entry.revisions is not None and set(entry.revisions) == set(facts.history.heads)
    steps = (
        *images(facts),
        *proof(facts),
        *((Kill(),) if facts.engine.anything_running else ()),
        PutBack(facts.engine.location, entry, facts.current),
        StartDatabase(),
        AwaitDatabase(config.timeout),
        *(all_services(config, facts) if at_head else ()),
        CloseUndo(),
    )
    return Plan(steps=steps, notes=_said(facts, entry, at_head=at_head))


def _refuse_other_server(facts: Facts, entry: UndoEntry) -> None:
    """Refuse to put data back that the server which runs now, or would run, could not be started on (NA638)."""
    runs = facts.server_version.partition(".")[0] or facts.engine.major
    if entry.server and runs and runs != entry.server:
        message = f"the data before `{entry.verb}` of {entry.at} is of PostgreSQL {entry.server}"
        hint = f"nothing was changed; go back to the image or programs of PostgreSQL {entry.server} first"
        raise PreconditionError("NA638", f"{message}, and what runs now is {runs}", hint=hint)


def _cut_off(facts: Facts) -> str:
    """Return the id of what an `undo` that was killed between its two renames was about to bring back."""
    whole = [one for one in facts.undo.live if one.kind in WHOLE]
    cut_off = len(whole) > 1 and whole[-1].open and whole[-1].verb == "undo" and not facts.engine.data_present
    return whole[-2].id if cut_off else ""


def _said(facts: Facts, entry: UndoEntry, *, at_head: bool) -> tuple[str, ...]:
    goes = "what is there now is kept in its place: `undo` again brings it back"
    behind = () if at_head else ("it is not known to be at head: `nox -s dev` migrates it and starts the backend",)
    return (f"comes back: {entry.shown}", *((goes,) if facts.engine.data_present else ()), *behind)
