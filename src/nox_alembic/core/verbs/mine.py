"""Which of two heads is mine, and whether it may be put on top of the other one: each refusal of a rebase."""

from nox_alembic.core.config import Config
from nox_alembic.core.errors import RefusedError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.downgrades import why_no_way_back
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.heads import Side, named, sides
from nox_alembic.core.revisions.rewriting import NotRewritableError, rebased
from nox_alembic.core.revisions.team import told_heads
from nox_alembic.core.verbs.targets import shown_path

MERGE = "`nox -s merge` joins the heads and changes no revision"


def mine_and_theirs(facts: Facts, onto: str) -> tuple[Side, Side]:
    """Return my side and the others'; `onto` names the others' head. Raises when it is not clear (NA426 to NA428)."""
    found = sides(facts.history)
    if len(found) > 2:
        message = f"{told_heads(facts.history, facts.team)}; a rebase knows two, yours and the others'"
        raise RefusedError("NA428", message, hint="`nox -s merge` joins all of them")
    one, two = found
    if onto:
        head = facts.history.resolve(onto)
        if head not in facts.history.heads:
            message = f"the revision {facts.history.describe(head)} is no head, so that two heads would be left"
            raise UsageError("NA427", message, hint=_choose(one, two))
        return (two, one) if head == one.head else (one, two)
    if facts.team is None:
        raise _undecided(facts, one, two, "this is not in a git repository")
    return _by_git(facts, one, two)


def refuse_published(facts: Facts, mine: Side, onto: str) -> None:
    """Refuse to change what others may have applied (NA425).

    What is only on the branch that this one tracks, and not on the one it will be merged into, may be moved by who
    names the base: it is the pushed copy of the own branch.
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
    """Refuse what is no plain chain of revisions: merges (NA429), and dependencies across (NA430)."""
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
    """Refuse when the database cannot be moved, since one of the revisions to take back has no downgrade (NA431)."""
    for key in undone:
        if why := why_no_way_back(facts.sources.get(key, b"")):
            path = shown_path(config, facts.history.revisions[key].path)
            message = f"{facts.history.describe(key)} is applied, and there is no way back: {path} {why}"
            hint = "write it, or leave the database alone with `nox -s rebase -- --no-database` and `nox -s reset` it"
            raise RefusedError("NA431", message, hint=hint)


def rewritten(config: Config, facts: Facts, first: str, onto: str) -> bytes:
    """Return the file of `first` as it follows `onto`; raises RefusedError (NA432) when it cannot be changed."""
    source = facts.sources.get(first)
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
