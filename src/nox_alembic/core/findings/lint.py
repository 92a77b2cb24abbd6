"""The SQL of revisions as a linter sees it: whose line is whose, and what its rules say."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from nox_alembic.core.findings.checks import Found
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History

_BEGINS = re.compile(r"^-- Running upgrade .*-> (\S+)$", re.MULTILINE)
_BOOKKEEPING = re.compile(
    r"^(?:CREATE TABLE|INSERT INTO|UPDATE|DELETE FROM) alembic_version\b.*?;$", re.MULTILINE | re.DOTALL
)


@frozen
class Violation:
    """What a rule says of a line, which counts from 0; `cure` is empty where the rule has none."""

    line: int
    rule: str
    message: str
    cure: str


@frozen
class Span:
    """What `upgrade --sql` is asked for: from `start` ("": from nothing) to `target`."""

    start: str
    target: str


@frozen
class Section:
    """The lines of one revision in the SQL of an upgrade, from `start` to before `end`, counted from 0."""

    revision: str
    start: int
    end: int


def whole(history: History, revisions: Collection[str]) -> Sequence[Span]:
    """Return the spans that have all of the revisions: one, unless they begin in several places."""
    others = [revision for key, revision in history.revisions.items() if key not in revisions]
    followed = {parent for revision in others for parent in revision.down}
    starts = [revision.id for revision in others if revision.id not in followed]
    if len(starts) <= 1:
        return [Span(starts[0] if starts else "", "heads")]
    return one_by_one(history, revisions)


def one_by_one(history: History, revisions: Collection[str]) -> Sequence[Span]:
    """Return a span for each revision, from its first parent: `upgrade --sql` begins at one revision only."""
    own = [history.revisions[key] for key in history.order if key in revisions]
    return [Span(revision.down[0] if revision.down else "", revision.id) for revision in own]


def without_bookkeeping(sql: str) -> str:
    """Return the SQL with empty lines in place of what Alembic writes for itself, so that no line moves."""
    return _BOOKKEEPING.sub(lambda match: "\n" * match[0].count("\n"), sql)


def sections(sql: str) -> list[Section]:
    """Return which lines are of which revision."""
    starts = [(match[1], sql.count("\n", 0, match.start())) for match in _BEGINS.finditer(sql)]
    ends = [*starts, ("", sql.count("\n") + 1)]
    return [Section(revision, start, end) for (revision, start), (_, end) in pairwise(ends)]


def is_asked(rule: str) -> bool:
    """Return whether a rule counts where the project has no .squawk.toml, which else decides.

    Not those of taste, and not those about the timeouts of a session, which `migrate` sets.
    """
    return not rule.startswith("prefer-") and not (rule.startswith("require-") and "timeout" in rule)


def findings(history: History, sql: str, violations: Iterable[Violation]) -> Iterator[Found]:
    """Yield what the rules say, each with its revision and the line in the SQL of that revision."""
    lines = sql.split("\n")
    places = sections(sql)
    for violation in violations:
        place = next((place for place in places if place.start <= violation.line < place.end), None)
        if place is not None:
            yield _found(history, place, violation, lines[violation.line].strip())


def _found(history: History, place: Section, violation: Violation, statement: str) -> Found:
    shown = statement if len(statement) <= SHOWN else f"{statement[: SHOWN - 3]}..."
    known = history.revisions.get(place.revision)
    off = f'excluded_rules = ["{violation.rule}"] in .squawk.toml turns the rule off'
    return Found(
        "lint",
        f"{history.describe(place.revision)}: {violation.message} In `{shown}`",
        f"{violation.cure} {off}".strip(),
        revision=place.revision,
        file=known.path if known else "",
        line=violation.line - place.start + 1,
        rule=violation.rule,
    )


SHOWN = 80
