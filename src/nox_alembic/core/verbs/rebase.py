"""The verbs for two heads: join them by a revision, or put mine on top of the others'."""

from collections.abc import Sequence
from pathlib import PurePath

from nox_alembic.core.config import Config
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.head_file import problem, text_of
from nox_alembic.core.revisions.heads import Side, named
from nox_alembic.core.steps import (
    ApplyRevision,
    Downgrade,
    NoteRebase,
    Plan,
    ReplaceFile,
    Step,
    WriteMerge,
)
from nox_alembic.core.verbs.guards import refuse_protected, refuse_unknown, require_database
from nox_alembic.core.verbs.lifecycle import start_to_see
from nox_alembic.core.verbs.migrate import migration
from nox_alembic.core.verbs.mine import (
    mine_and_theirs,
    refuse_no_way_down,
    refuse_published,
    refuse_tangled,
    rewritten,
)
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.ownership import proof
from nox_alembic.core.verbs.targets import shown, shown_path


def merge(config: Config, facts: Facts, options: Options) -> Plan:
    """Write a revision that joins the heads; nothing is applied unless that is asked for."""
    heads = facts.history.heads
    if options.apply:
        require_database(facts)
        refuse_unknown(facts)
    if len(heads) < 2:
        applied = migration(facts, "heads", seed=bool(config.seed)) if options.apply else ()
        return _one_head(facts, "merge", (*_corrected_head_file(config, facts), *applied))
    message = options.message.strip() or f"merge {' and '.join(heads)}"
    steps = (
        WriteMerge(options.new_id, heads, message),
        *head_file(config, facts, (options.new_id,)),
        *((ApplyRevision("delete the new revision file to go back"),) if options.apply else ()),
    )
    return Plan(steps=steps, notes=() if options.apply else ("nothing is applied: `nox -s migrate` does that later",))


def rebase(config: Config, facts: Facts, options: Options) -> Plan:
    """Put my unpublished revisions on top of the others' head, and the database with them where it has them."""
    if len(facts.history.heads) < 2:
        return _finish_rebase(config, facts)
    mine, theirs = mine_and_theirs(facts, options.onto)
    refuse_published(facts, mine, options.onto)
    refuse_tangled(facts.history, mine, theirs)
    first = mine.revisions[0]
    after = rewritten(config, facts, first, theirs.head)
    path = facts.history.revisions[first].path
    title = f"put {first} on top of {theirs.head} in {shown_path(config, path)}"
    files = (
        ReplaceFile(PurePath(path), facts.sources[first], after, title),
        *head_file(config, facts, (mine.head,)),
    )
    if not options.database:
        return Plan(steps=files, notes=("the database is left alone",))
    if facts.current is None:
        return _without_answer(config, facts, files)
    refuse_unknown(facts)
    name = f"{first} onto {theirs.head}"
    back = _take_back(config, facts, mine, theirs)
    if not back and facts.rebasing != name:
        return Plan(steps=files, notes=(f"the database does not have {first}, and is left alone",))
    noted: tuple[Step, ...] = (*proof(facts), NoteRebase(name), *back) if back else ()
    orphans = named(facts.history, back[0].undone) if back else ""
    destroys = f"what these revisions added, with its data, before they are applied anew: {orphans}" if back else ""
    return Plan(
        steps=(*noted, *files, ApplyRevision(_way_back(config, facts, first)), NoteRebase("")), destroys=destroys
    )


def head_file(config: Config, facts: Facts, heads: Sequence[str]) -> tuple[ReplaceFile, ...]:
    """Return the step that makes the head file say `heads`, none when it does or when there is no place for one."""
    file = facts.head_file
    if file is None or (file.content is not None and not problem(file.text, heads)):
        return ()
    title = f"write {' and '.join(heads)} to {shown_path(config, file.path)}"
    return (ReplaceFile(file.path, file.content, text_of(heads).encode(), title),)


def _corrected_head_file(config: Config, facts: Facts) -> tuple[ReplaceFile, ...]:
    """Correct a head file that an interrupted verb or a conflict has left, and make none where none was."""
    there = facts.head_file is not None and facts.head_file.content is not None
    return head_file(config, facts, facts.history.heads) if there else ()


def _one_head(facts: Facts, verb: str, steps: tuple[Step, ...]) -> Plan:
    at = f"the history has one head, {shown(facts, 'heads')}" if facts.history.heads else "there are no revisions"
    return Plan(steps=steps, notes=() if steps else (f"nothing to {verb}: {at}",))


def _finish_rebase(config: Config, facts: Facts) -> Plan:
    """Do what is left of a rebase that was ended on its way; without one there is nothing to do."""
    files = _corrected_head_file(config, facts)
    if not facts.rebasing or facts.current is None:
        return _one_head(facts, "rebase", files)
    refuse_unknown(facts)
    return Plan(steps=(*files, *migration(facts, "heads", seed=bool(config.seed)), NoteRebase("")))


def _without_answer(config: Config, facts: Facts, files: tuple[Step, ...]) -> Plan:
    """Start a database that has data, to see whether my revisions are applied in it.

    Left as it is, it would be taken for up to date later: at my head, with nothing to tell that the others' revisions,
    which are below it by then, have never run.
    """
    if not facts.engine.data_present:
        return Plan(steps=files, notes=("there is no database yet",))
    note = "the database is stopped: it is started to see whether your revisions are applied in it"
    return start_to_see(config, facts, note)


def _take_back(config: Config, facts: Facts, mine: Side, theirs: Side) -> tuple[Downgrade, ...]:
    """Return the step down to the fork, none when none of my revisions is applied."""
    applied = facts.history.with_ancestors(facts.current or ())
    undone = tuple(key for key in reversed(mine.revisions) if key in applied)
    if not undone:
        return ()
    refuse_protected(config)
    refuse_no_way_down(config, facts, undone)
    fork = (*facts.history.revisions[mine.revisions[0]].down, "base")[0]
    # Alembic's `branch@target`: the others' revisions stay applied where they are.
    beside = any(key in applied for key in theirs.revisions)
    return (Downgrade(f"{mine.head}@{fork}" if beside else fork, undone),)


def _way_back(config: Config, facts: Facts, first: str) -> str:
    """Return how the file becomes what it was: from git where git has it like that, else by hand."""
    revision = facts.history.revisions[first]
    path = shown_path(config, revision.path)
    if facts.team is not None and first not in facts.team.dirty:
        return f"`git checkout HEAD -- {path}` undoes the rebase"
    down = repr(revision.down[0]) if revision.down else None
    return f"`down_revision = {down}` in {path} undoes the rebase"
