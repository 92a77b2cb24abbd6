"""The verbs for two heads.

`merge` joins them by a revision, `rebase` puts mine on top of the others'.
"""

from collections.abc import Sequence
from pathlib import PurePath

from nox_alembic.core.config import Config
from nox_alembic.core.errors import RefusedError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.downgrades import why_no_way_back
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.head_file import problem, text_of
from nox_alembic.core.revisions.heads import Side, named, sides
from nox_alembic.core.revisions.rewriting import NotRewritableError, rebased
from nox_alembic.core.revisions.team import told_heads
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.migration import ApplyRevision, Downgrade
from nox_alembic.core.steps.revisions import NoteRebase, ReplaceFile, WriteMerge
from nox_alembic.core.verbs.guards import refuse_protected, refuse_unknown, require_database
from nox_alembic.core.verbs.lifecycle import start_to_see
from nox_alembic.core.verbs.migrate import migration
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.targets import shown, shown_path, words


def merge(config: Config, facts: Facts, options: Options) -> Plan:
    """Write a revision that joins the heads; it is applied only on request."""
    heads = facts.history.heads
    if options.apply:
        require_database(facts)
        refuse_unknown(facts)
    if not facts.history.is_forked:
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
    """Put my unpublished revisions on top of the others' head.

    The database follows if it has them.
    """
    if not facts.history.is_forked:
        return _finish_rebase(config, facts)
    mine, theirs = mine_and_theirs(facts, options.onto)
    refuse_published(facts, mine, options.onto)
    refuse_tangled(facts.history, mine, theirs)
    first = mine.revisions[0]
    after = rewritten(config, facts, first, theirs.head)
    path = facts.history.revisions[first].path
    title = f"put {first} on top of {theirs.head} in {shown_path(config, path)}"
    files = (
        ReplaceFile(PurePath(path), facts.source_of(first), after, title),
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
    noted: tuple[Step, ...] = (NoteRebase(name), *back) if back else ()
    lost = named(facts.history, back[0].undone) if back else ""
    destroys = f"what these revisions added, with its data, before they are applied anew: {lost}" if back else ""
    return Plan(
        steps=(*noted, *files, ApplyRevision(_way_back(config, facts, first)), NoteRebase("")), destroys=destroys
    )


def head_file(config: Config, facts: Facts, heads: Sequence[str]) -> tuple[ReplaceFile, ...]:
    """Return the step that makes the head file name `heads`.

    None when it does already, or when there is no place for a head file.
    """
    file = facts.head_file
    if file is None or (file.content is not None and not problem(file.text, heads)):
        return ()
    title = f"write {' and '.join(heads)} to {shown_path(config, file.path)}"
    return (ReplaceFile(file.path, file.content, text_of(heads).encode(), title),)


def _corrected_head_file(config: Config, facts: Facts) -> tuple[ReplaceFile, ...]:
    """Correct a head file that an interrupted verb or a conflict has left.

    Make none if there was none.
    """
    there = facts.head_file is not None and facts.head_file.content is not None
    return head_file(config, facts, facts.history.heads) if there else ()


def _one_head(facts: Facts, verb: str, steps: tuple[Step, ...]) -> Plan:
    if len(facts.history.heads) > 1:
        at = f"each head is of a branch with a label of its own: {shown(facts, 'heads')}"
    else:
        at = f"the history has one head, {shown(facts, 'heads')}" if facts.history.heads else "there are no revisions"
    return Plan(steps=steps, notes=() if steps else (f"nothing to {verb}: {at}",))


def _finish_rebase(config: Config, facts: Facts) -> Plan:
    """Finish a rebase that was cut off; without one there is nothing to do."""
    files = _corrected_head_file(config, facts)
    if not facts.rebasing or facts.current is None:
        return _one_head(facts, "rebase", files)
    refuse_unknown(facts)
    return Plan(steps=(*files, *migration(facts, "heads", seed=bool(config.seed)), NoteRebase("")))


def _without_answer(config: Config, facts: Facts, files: tuple[Step, ...]) -> Plan:
    """Start a database that has data, to see whether my revisions are applied in it.

    Left as it is, it would pass for up to date later: it would be at my head. Nothing
    would show that the others' revisions, which are below it by then, have never run.
    """
    if not facts.engine.data_present:
        return Plan(steps=files, notes=("there is no database yet",))
    note = "the database is stopped: it is started to see whether your revisions are applied in it"
    return start_to_see(config, facts, note)


def _take_back(config: Config, facts: Facts, mine: Side, theirs: Side) -> tuple[Downgrade, ...]:
    """Return the step down to the fork, none if no revision of mine is applied."""
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
    """Return how the file becomes what it was: from git if git has it, else by hand."""
    revision = facts.history.revisions[first]
    path = shown_path(config, revision.path)
    if facts.team is not None and first not in facts.team.dirty:
        return f"`git checkout HEAD -- {path}` undoes the rebase"
    down = repr(revision.down[0]) if revision.down else None
    return f"`down_revision = {down}` in {path} undoes the rebase"


MERGE = "`nox -s merge` joins the heads and changes no revision"


def mine_and_theirs(facts: Facts, onto: str) -> tuple[Side, Side]:
    """Return my side and the others'; `onto` names the others' head.

    Raises when it is not clear (NA426 to NA428).
    """
    found = sides(facts.history)
    if len(found) > 2:
        message = f"{told_heads(facts.history, facts.team)}; a rebase knows two, yours and the others'"
        raise RefusedError("NA428", message, hint="`nox -s merge` joins all of them")
    one, two = found
    if onto:
        head = words(facts).id(onto)
        if head not in facts.history.heads:
            message = f"the revision {facts.history.describe(head)} is no head, so that two heads would be left"
            raise UsageError("NA427", message, hint=_choose(one, two))
        return (two, one) if head == one.head else (one, two)
    if facts.team is None:
        raise _undecided(facts, one, two, "this is not in a git repository")
    return _by_git(facts, one, two)


def refuse_published(facts: Facts, mine: Side, onto: str) -> None:
    """Refuse to change what others may have applied (NA425).

    Some revisions are only on the branch that this one tracks, and not on the branch it
    will be merged into. A user who names the base may move these: they are the pushed
    copy of the own branch.
    """
    team = facts.team
    places = {key: team.published.get(key, ()) for key in mine.revisions} if team else {}
    if onto and team and team.target:
        places = {key: names for key, names in places.items() if team.target in names}
    published = [key for key in mine.revisions if places.get(key)]
    if published:
        branches = ", ".join(sorted({name for key in published for name in places[key]}))
        message = f"published on {branches}, so that others may have applied them: {named(facts.history, published)}"
        raise RefusedError("NA425", message, hint=MERGE)


def refuse_tangled(history: History, mine: Side, theirs: Side) -> None:
    """Refuse a chain with merges (NA429), or with dependencies across (NA430)."""
    joins = [key for key in mine.revisions if len(history.revisions[key].down) > 1]
    if joins:
        message = f"your branch of the history has a merge itself: {named(history, joins)}"
        raise RefusedError("NA429", message, hint=MERGE)
    for key, revision in history.revisions.items():
        foreign = theirs.revisions if key in mine.revisions else mine.revisions
        if across := [other for other in revision.depends_on if other in foreign]:
            message = f"{history.describe(key)} depends on {named(history, across)}, which is on the other side"
            raise RefusedError("NA430", message, hint=MERGE)


def refuse_no_way_down(config: Config, facts: Facts, undone: tuple[str, ...]) -> None:
    """Refuse when the database cannot be moved (NA431).

    It cannot when a revision to take back has no downgrade.
    """
    for key in undone:
        if why := why_no_way_back(facts.source_of(key) or b""):
            path = shown_path(config, facts.history.revisions[key].path)
            message = f"{facts.history.describe(key)} is applied, and there is no way back: {path} {why}"
            hint = "write it, or leave the database alone with `nox -s rebase -- --no-database` and `nox -s reset` it"
            raise RefusedError("NA431", message, hint=hint)


def rewritten(config: Config, facts: Facts, first: str, onto: str) -> bytes:
    """Return the file of `first` as it follows `onto`.

    Raises RefusedError (NA432) when it cannot be changed.
    """
    source = facts.source_of(first)
    if source is None:
        raise _unchangeable(config, facts, first, onto, "there is no such file on this machine")
    try:
        return rebased(source, onto)
    except NotRewritableError as error:
        raise _unchangeable(config, facts, first, onto, str(error)) from None


def _unchangeable(config: Config, facts: Facts, first: str, onto: str, why: str) -> RefusedError:
    message = f"{shown_path(config, facts.history.revisions[first].path)} cannot be changed: {why}"
    return RefusedError("NA432", message, hint=f'set `down_revision = "{onto}"` in it by hand')


def _by_git(facts: Facts, one: Side, two: Side) -> tuple[Side, Side]:
    team = facts.team
    assert team is not None  # noqa: S101 - for mypy
    mine = [side for side in (one, two) if any(key not in team.published for key in side.revisions)]
    if len(mine) == 1:
        return mine[0], two if mine[0] is one else one
    if mine and not team.compared:
        place = f"the branch {team.branch}" if team.branch else "this detached HEAD"
        raise _undecided(facts, one, two, f"there is no upstream to compare {place} with")
    if mine:
        raise _undecided(facts, one, two, f"both have revisions that are not on {' or '.join(team.compared)}")
    raise _all_published(facts, one, two)


def _undecided(facts: Facts, one: Side, two: Side, why: str) -> UsageError:
    names = " and ".join(map(facts.history.describe, (one.head, two.head)))
    return UsageError("NA426", f"nothing tells which of {names} is yours: {why}", hint=_choose(one, two))


def _all_published(facts: Facts, one: Side, two: Side) -> RefusedError:
    team = facts.team
    assert team is not None  # noqa: S101 - for mypy
    names = named(facts.history, (*one.revisions, *two.revisions))
    message = f"all of it is published on {' or '.join(team.compared)}, so that others may have applied it: {names}"
    own = [
        side for side in (one, two) if team.target and all(team.target not in team.published[k] for k in side.revisions)
    ]
    if len(own) == 1:
        onto = two.head if own[0] is one else one.head
        hint = f"{MERGE}; if nobody else has applied {own[0].head}, `nox -s rebase -- --onto {onto}` moves it"
        return RefusedError("NA425", message, hint=hint)
    return RefusedError("NA425", message, hint=MERGE)


def _choose(one: Side, two: Side) -> str:
    return f"name the head that stays below: `nox -s rebase -- --onto {one.head}`, or `--onto {two.head}`"
