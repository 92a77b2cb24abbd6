"""`repair`: corrects the database's own record, and drops what failed indexes left."""

from collections.abc import Iterable, Iterator, Sequence

from nox_alembic.core.config import Config
from nox_alembic.core.details import Details
from nox_alembic.core.effects import Effect
from nox_alembic.core.effects.script import read_effects
from nox_alembic.core.errors import UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.findings.checks import edited_files
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.words import Words
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.checks import AcceptFiles, DropIndex, Stamp
from nox_alembic.core.verbs.guards import refuse_protected, require_database
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.targets import shown_current, words


def repair(config: Config, facts: Facts, options: Options) -> Plan:
    """Mark revisions as applied or reverted, accept edited files, or drop an index.

    Only an index that no query uses is dropped.
    """
    refuse_protected(config)
    require_database(facts)
    details = facts.details or Details()
    if not (options.applied or options.reverted or options.hashes):
        return _repair_indexes(facts, details)
    current = facts.current or ()
    after = _after(facts, options)
    stamp: tuple[Step, ...] = (Stamp(current, after),) if set(after) != set(current) else ()
    edited = edited_files(facts, details, after) if options.hashes else ()
    accept: tuple[Step, ...] = (AcceptFiles(edited),) if edited else ()
    if not (stamp or accept):
        unedited = ", and no file was edited after it was applied" if options.hashes else ""
        return Plan(notes=(f"nothing to do: the database is at {shown_current(facts)}{unedited}",))
    notes = (
        *(_consequences(facts, details, after) if stamp else ()),
        *(f"the file of {facts.history.describe(key)} counts as applied as it is now" for key in edited),
    )
    marks = f"the record that the database is at {shown_current(facts)}" if stamp else ""
    files = f"the record with which bytes {', '.join(edited)} were applied" if edited else ""
    lost = " and ".join(filter(None, (marks, files)))
    return Plan(steps=(*stamp, *accept), destroys=lost, notes=notes)


def _repair_indexes(facts: Facts, details: Details) -> Plan:
    left = [index for index in details.invalid if index.state == "left"]
    others = [index for index in details.invalid if index.state != "left"]
    notes = [*_origins(facts, details), *(f"the index {index.shown} stays: {_STAYS[index.state]}" for index in others)]
    if not left:
        return Plan(notes=tuple(notes) or ("nothing to do: all indexes are valid",))
    names = ", ".join(index.shown for index in left)
    steps = tuple(DropIndex(index.name) for index in left)
    return Plan(steps=steps, destroys=f"the invalid index {names}, which no query uses", notes=tuple(notes))


_STAYS = {
    "building": "it is being built now",
    "constraint": "a constraint needs it; `REINDEX INDEX CONCURRENTLY` in `nox -s sql` makes it valid",
    "partitioned": "it becomes valid when the index of each partition is attached",
}


def _origins(facts: Facts, details: Details) -> Iterator[str]:
    """Yield which revision makes each index, and if it will run again by itself."""
    applied = facts.history.with_ancestors(facts.current or ())
    left = {index.name.rpartition(".")[2].strip('"'): index for index in details.invalid if index.state == "left"}
    for key in facts.history.order:
        made = {
            effect.name for effect in _effects(details, key) if (effect.kind, effect.operation) == ("index", "create")
        }
        for name in sorted(made & left.keys()):
            again = f"is applied: `nox -s reapply -- {key}`" if key in applied else "is pending: `nox -s migrate`"
            yield f"the index {left[name].shown} is of {facts.history.describe(key)}, which {again} makes it again"


def _after(facts: Facts, options: Options) -> tuple[str, ...]:
    """Return the revisions to stamp: the heads of all that will count as applied."""
    history, current = facts.history, facts.current or ()
    reverted = {_resolved(facts, word) for word in options.reverted}
    marked = [key for word in options.applied for key in _marked(history, current, word)]
    unknown = [key for key in history.unknown(current) if key not in reverted]
    # What an orphan revision follows may be known all the same.
    below = history.with_ancestors(current) if unknown else facts.applied
    if current and not below and not marked and not reverted.intersection(history.revisions):
        raise _not_known(facts)
    if clash := sorted(history.with_ancestors(marked) & _with_followers(history, reverted)):
        both = ", ".join(map(history.describe, clash))
        message = f"{both} cannot be marked as applied and as reverted at once"
        raise UsageError("NA449", message, hint="a revision is applied with all that it follows: mark one or the other")
    applied = (below | history.with_ancestors(marked)) - _with_followers(history, reverted)
    followed = {parent for key in applied for parent in history.revisions[key].down}
    return (*(key for key in history.order if key in applied - followed), *unknown)


def _marked(history: History, current: tuple[str, ...], word: str) -> Sequence[str]:
    return history.heads if word in {"head", "heads"} else (Words(history, current).id(word),)


def _not_known(facts: Facts) -> UsageError:
    """Return the refusal to stamp `base` on a database with only an orphan revision."""
    orphans = ", ".join(facts.history.unknown(facts.current or ()))
    message = f"there is no file of {orphans} here, so it is not known what it follows and what else is applied"
    hint = f"say what is: `nox -s repair -- --reverted {orphans} --applied REV`; `nox -s history` lists the revisions"
    return UsageError("NA453", message, hint=hint)


def _resolved(facts: Facts, word: str) -> str:
    """Return the id of a revision, also of one that only the database has."""
    return word if word in (facts.current or ()) else words(facts).id(word)


def _with_followers(history: History, keys: Iterable[str]) -> frozenset[str]:
    found = set(keys) & history.revisions.keys()
    for key in history.order:
        if found.intersection(history.revisions[key].parents):
            found.add(key)
    return frozenset(found)


def _consequences(facts: Facts, details: Details, after: Sequence[str]) -> Iterator[str]:
    """Yield what the repair changes, before anything changes."""
    history, now = facts.history, facts.history.with_ancestors(facts.current or ())
    then = history.with_ancestors(after)
    shown_after = ", ".join(map(history.describe, after)) or "base"
    yield f"the database says that it is at {shown_current(facts)}; it will say {shown_after}. Nothing is migrated"
    for key in (key for key in history.order if key in then - now):
        yield f"{history.describe(key)} counts as applied without being run{_objects(details, key, wanted=True)}"
    for key in (key for key in history.order if key in now - then):
        yield f"{history.describe(key)} counts as not applied{_objects(details, key, wanted=False)}"
    pending = history.pending(after, history.heads)
    names = ", ".join(map(history.describe, pending)) or "nothing"
    yield f"`nox -s migrate` will then run {names}"


def _objects(details: Details, key: str, *, wanted: bool) -> str:
    """Return what the database has of the objects that the revision creates.

    Either all is as it should be, or the text names what is not.
    """
    created = [effect for effect in _effects(details, key) if effect.operation == "create"]
    made = {effect.name for effect in created if effect.kind in {"table", "column"}}
    there, missing = ", ".join(sorted(made & details.objects)), ", ".join(sorted(made - details.objects))
    if wanted and missing:
        return f", and the database lacks {missing} of it"
    if not wanted and there:
        return f", and the database still has {there} of it, over which the next migrate will stumble"
    return ", and so it is in the database" if made else ""


def _effects(details: Details, key: str) -> Sequence[Effect]:
    try:
        return read_effects(details.texts.get(key, "")).found
    except SyntaxError:
        return ()
