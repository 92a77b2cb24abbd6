"""Two branches before their merge: the heads after it, and what both change."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from nox_alembic.core.effects import Effects, Unread
from nox_alembic.core.effects.conflicts import Conflict, Reading, conflicts
from nox_alembic.core.effects.script import read_effects
from nox_alembic.core.errors import FailedError
from nox_alembic.core.findings.checks import Check, Found, counted, made, of_broken_history, of_history
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History, Revision


@frozen
class Source:
    """A revision file on a branch."""

    revision: Revision
    text: str
    author: str = ""  # who changed it last; "" where that is not known


@frozen(kw_only=True)
class Branches:
    """The revision files of two branches, by path: as they parted, now, and merged."""

    ours: str  # the name of our branch
    theirs: str
    base_files: Mapping[str, Source] = field(default_factory=dict)
    our_files: Mapping[str, Source] = field(default_factory=dict)
    their_files: Mapping[str, Source] = field(default_factory=dict)
    merged_files: Mapping[str, Source] = field(default_factory=dict)
    conflicted: tuple[str, ...] = ()  # the paths where git itself finds a conflict


def checks_of(branches: Branches) -> Iterator[Check]:
    """Yield the checks of a merge before it is made."""
    yield _of_heads(branches)
    yield _of_conflicts(branches)


def _of_heads(branches: Branches) -> Check:
    name, theirs = "merged history", branches.theirs
    try:
        history = History.of(source.revision for source in branches.merged_files.values())
    except FailedError as error:
        check = of_broken_history(error)
        return made(name, check.sentence, check.found)
    names = " and ".join(map(history.describe, history.heads))
    several = f"merged with {theirs} the history has {len(history.heads)} heads: {names}"
    check = of_history(history, several, f"after `git merge {theirs}`: `nox -s rebase`, or `nox -s merge`")
    return made(name, check.sentence, [*check.found, *_file_conflicts(branches)])


def _file_conflicts(branches: Branches) -> Iterator[Found]:
    for path in branches.conflicted:
        sentence = f"git finds a conflict in {path}: both branches have edited it"
        yield Found("file conflict", sentence, f"`git merge {branches.theirs}` and decide", file=path)


def _of_conflicts(branches: Branches) -> Check:
    ours = list(_readings(branches.our_files, branches, f"on {branches.ours}", branches.their_files))
    theirs = list(_readings(branches.their_files, branches, f"on {branches.theirs}", branches.our_files))
    both = list(conflicts(ours, theirs))
    unread = [_not_read(reading, line) for reading in (*ours, *theirs) for line in reading.effects.unread]
    return made(
        "both change",
        f"{counted(len(ours), 'revision')} on {branches.ours} and {len(theirs) or 'none'} on {branches.theirs}"
        " since they parted",
        [_found(conflict, branches.theirs) for conflict in both if conflict.certain],
        [*(conflict.sentence for conflict in both if not conflict.certain), *unread],
    )


def _readings(
    files: Mapping[str, Source], branches: Branches, where: str, others: Mapping[str, Source]
) -> Iterator[Reading]:
    """Yield the revisions that one side changed, unless the other has the same."""
    before = {source.revision.id: source.text for source in branches.base_files.values()}
    elsewhere = {source.revision.id: source.text for source in others.values()}
    for source in files.values():
        key = source.revision.id
        if source.text not in (before.get(key), elsewhere.get(key)):
            author = f"by {source.author} " if source.author else ""
            yield Reading(revision=source.revision, effects=_effects(source), whose=f"[{author}{where}]")


def _effects(source: Source) -> Effects:
    try:
        return read_effects(source.text)
    except SyntaxError as error:
        return Effects(unread=(Unread(error.lineno or 1, "it is not valid Python"),))


def _found(conflict: Conflict, theirs: str) -> Found:
    hint = f"agree on one of the two, then `git merge {theirs}` and `nox -s rebase`"
    return Found("both change", conflict.sentence, hint, revision=conflict.ours.revision.id,
                 file=conflict.ours.revision.path)  # fmt: skip


def _not_read(reading: Reading, unread: Unread) -> str:
    return f"{reading.shown}: line {unread.line} could not be read: {unread.text}"
