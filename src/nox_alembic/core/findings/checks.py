"""What `check` says: a line for each check, made or not, and its findings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Literal

from nox_alembic.core.details import Details, InvalidIndex
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.facts import Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.changes import Change
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.head_file import problem
from nox_alembic.core.revisions.team import CURE, told_heads

State = Literal["ok", "found", "not made"]


@frozen
class Found:
    """A finding, and what to type; a field without such a place is empty."""

    kind: str  # for programs
    sentence: str
    hint: str
    revision: str = ""
    file: str = ""
    line: int = 0  # counts from 1 in the SQL that the revision makes
    rule: str = ""

    @property
    def place(self) -> str:
        """The file and the line, as the beginning of a text line; "" without a file."""
        line = f", line {self.line} of its SQL" if self.line else ""
        return f"{self.file}{line}: " if self.file else ""

    def as_json(self) -> dict[str, object]:
        """Return the fields that are filled."""
        return {key: value for key, value in vars(self).items() if value}


@frozen
class Check:
    """A check, made or not."""

    name: str
    state: State
    sentence: str  # what was seen, or why the check was not made
    found: tuple[Found, ...] = ()
    notices: tuple[str, ...] = ()  # worth a look, but no finding

    def as_json(self) -> dict[str, object]:
        """Return the fields of a check in `check --json`, without its findings."""
        return {"name": self.name, "state": self.state, "sentence": self.sentence, "notices": list(self.notices)}


def made(name: str, sentence: str, found: Iterable[Found] = (), notices: Iterable[str] = ()) -> Check:
    """Return a check that was made, with or without findings."""
    all_found = tuple(found)
    return Check(name, "found" if all_found else "ok", sentence, all_found, tuple(notices))


def not_made(name: str, reason: str) -> Check:
    """Return a check that was not made; it must never look like a good check."""
    return Check(name, "not made", reason)


def of_history(history: History, several: str, cure: str) -> Check:
    """Return whether the history has one head.

    `several` and `cure` are the sentence and the hint about several heads.
    """
    if history.is_forked:
        return made("history", counted(len(history.heads), "head"), [Found("two heads", several, cure)])
    if len(history.heads) > 1:
        return made("history", f"{counted(len(history.heads), 'head')}, each of a branch with a label of its own")
    head = history.describe(history.heads[0]) if history.heads else "no revisions"
    return made("history", f"one head, {head}" if history.heads else head)


def of_broken_history(error: NoxAlembicError) -> Check:
    """Return the finding that the revision files do not form a history."""
    return made("history", "not readable", [Found("history", error.message, error.hint)])


def of_head_file(facts: Facts) -> Check:
    """Return whether the head file names the head.

    With the head file, two branches collide in git and not in the database.
    """
    name, file = "head file", facts.head_file
    if file is None or file.text is None:
        return not_made(name, "the project keeps none (`nox -s revision` begins one)")
    wrong = problem(file.text, facts.history.heads)
    cure = CURE if facts.history.is_forked else "`nox -s rebase` writes it anew"
    return made(name, wrong or "says the head", [Found("head file", wrong, cure, file=str(file.path))] if wrong else [])


def of_applied(facts: Facts, details: Details) -> Check:
    """Return the applied files that were edited since.

    A new migration from nothing would make another database.
    """
    name = "applied files"
    if facts.current is None:
        return not_made(name, NO_DATABASE)
    applied = facts.applied
    known = applied & details.fingerprints.keys()
    if applied and not known:
        return not_made(name, "the database does not say with which bytes it was migrated: `nox -s migrate` keeps that")
    edited = edited_files(facts, details, facts.current)
    sentence = f"{len(known) - len(edited)} of {counted(len(applied), 'applied revision')} as they were applied"
    return made(name, sentence, [_edited(facts.history, key) for key in edited])


def edited_files(facts: Facts, details: Details, current: Iterable[str]) -> tuple[str, ...]:
    """Return the revisions at or below `current` whose file was edited.

    Their file differs from its fingerprint. They are in order.
    """
    known = facts.history.with_ancestors(current) & details.fingerprints.keys()
    edited = {key for key in known if details.fingerprints[key] != details.digests.get(key)}
    return tuple(key for key in facts.history.order if key in edited)


def of_indexes(facts: Facts, details: Details) -> Check:
    """Return the indexes that no query uses."""
    name = "indexes"
    if facts.current is None:
        return not_made(name, NO_DATABASE)
    building = [f"{index.shown} is being built now" for index in details.invalid if index.state == "building"]
    found = [_invalid(index) for index in details.invalid if index.state != "building"]
    return made(name, f"{len(found)} invalid" if found else "all are valid", found, building)


def of_models(changes: Sequence[Change]) -> Check:
    """Return how the models differ from the migrations."""
    hint = '`nox -s revision -- -m "..."` writes it'
    found = [Found(change.kind, f"no revision does what the models say: {change.sentence}", hint) for change in changes]
    return made(
        "models", f"{counted(len(found), 'change')} without a revision" if found else "equal to the migrations", found
    )


def counted(number: int, word: str) -> str:
    """Return a number with its noun, such as "2 heads"."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def of_lint(count: int, found: Sequence[Found], without: Sequence[str]) -> Check:
    """Return what a linter says of the SQL of `count` revisions.

    `without` are sentences about revisions without SQL.
    """
    if without and not found:
        sentence = (
            f"{len(without)} of {counted(count, 'unpublished revision')} without SQL as long as no database is asked"
        )
        return Check("lint", "not made", sentence, notices=tuple(without))
    seen = counted(count - len(without), "unpublished revision")
    return made("lint", f"{counted(len(found), 'finding')} in the SQL of {seen}", found, without)


def looked(facts: Facts, left_out: str) -> Iterator[Check]:
    """Yield the checks that need only facts.

    `left_out` says why the database was not asked, "" if it was.
    """
    details = facts.details or Details()
    yield of_history(facts.history, told_heads(facts.history, facts.team), CURE)
    yield of_head_file(facts)
    if left_out:
        yield from (not_made("applied files", left_out), not_made("indexes", left_out))
    else:
        yield from (of_applied(facts, details), of_indexes(facts, details))


def not_in_the_plan(facts: Facts, left_out: str) -> Iterator[Check]:
    """Yield the checks that no step makes, with the reason."""
    details = facts.details or Details()
    if left_out:
        yield not_made("models", left_out)
    elif facts.history.is_forked:
        yield not_made("models", "two heads do not lead to one database")
    if not details.linter:
        yield not_made("lint", "squawk is not installed: `pip install nox-alembic[lint]` brings it")
    elif not details.shared:
        yield not_made("lint", "git knows of no branch that others have: `--base REF` names one")
    elif not details.unpublished:
        yield made("lint", f"all revisions are on {details.shared} already: there is nothing to lint")


NO_DATABASE = "no database answers (`nox -s dev` starts it)"


def within(checks: Iterable[Check], root: PurePath) -> Iterator[Check]:
    """Yield the checks with paths relative to the project."""
    for check in checks:
        yield replace(check, found=tuple(replace(found, file=_relative(found.file, root)) for found in check.found))


def _relative(file: str, root: PurePath) -> str:
    path = PurePath(file)
    return path.relative_to(root).as_posix() if file and path.is_relative_to(root) else file


def as_json(checks: Iterable[Check]) -> Mapping[str, object]:
    """Return the fields that `check --json` adds."""
    every = list(checks)
    return {
        "checks": [check.as_json() for check in every],
        "findings": [found.as_json() for check in every for found in check.found],
    }


def _edited(history: History, key: str) -> Found:
    path = history.revisions[key].path
    sentence = f"the file of {history.describe(key)} was edited after it was applied"
    hint = f"`nox -s reapply -- {key}` applies it anew, `nox -s repair -- --hashes` takes it as it is"
    return Found("edited", sentence, hint, revision=key, file=path)


def _invalid(index: InvalidIndex) -> Found:
    sentence = f"the index {index.shown} is invalid: no query uses it, and every write keeps it"
    if index.state == "constraint":
        cure = f"a constraint needs it: `REINDEX INDEX CONCURRENTLY {index.name}` in `nox -s sql` makes it valid"
        return Found("invalid index", sentence, cure)
    if index.state == "partitioned":
        return Found("invalid index", sentence, "attach the index of each partition, which makes it valid")
    return Found("invalid index", sentence, "`nox -s repair` drops it, and `nox -s migrate` makes it again")
