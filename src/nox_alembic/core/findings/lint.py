"""The SQL of revisions for a linter: the lines of each revision, and their findings."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from nox_alembic.core.findings.checks import Found
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History

_BEGINS = re.compile(r"^-- Running upgrade .*-> (\S+)$", re.MULTILINE)
# Alembic's statements on its own table, which may have any name.
_BOOKKEEPING = re.compile(
    r"^(?:CREATE TABLE [^\n(]+ \(\s*version_num |INSERT INTO [^\n(]+ \(version_num\) |UPDATE [^\n;]+ SET version_num=|"
    r"DELETE FROM [^\n;]+ WHERE [^\n;]+\.version_num = ).*?;$",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Violation:
    """A line that breaks a rule."""

    line: int  # counts from 0
    rule: str
    message: str
    cure: str  # "" where the rule has none


@frozen
class Span:
    """The revisions for one `upgrade --sql`."""

    start: str  # "" for base
    target: str


@frozen
class Section:
    """The lines of one revision in the SQL of an upgrade."""

    revision: str
    start: int  # counts from 0
    end: int  # the line after the last


def whole(history: History, revisions: Collection[str]) -> Sequence[Span]:
    """Return the spans with all revisions: one, unless they begin in several places."""
    others = [revision for key, revision in history.revisions.items() if key not in revisions]
    followed = {parent for revision in others for parent in revision.down}
    starts = [revision.id for revision in others if revision.id not in followed]
    if len(starts) <= 1:
        return [Span(starts[0] if starts else "", "heads")]
    return one_by_one(history, revisions)


def one_by_one(history: History, revisions: Collection[str]) -> Sequence[Span]:
    """Return a span for each revision, from its first parent.

    `upgrade --sql` begins at one revision only.
    """
    own = [history.revisions[key] for key in history.order if key in revisions]
    return [Span(revision.down[0] if revision.down else "", revision.id) for revision in own]


def without_bookkeeping(sql: str) -> str:
    """Return the SQL with empty lines in place of Alembic's own statements.

    No line moves.
    """
    return _BOOKKEEPING.sub(lambda match: "\n" * match[0].count("\n"), sql)


def sections(sql: str) -> list[Section]:
    """Return the lines of each revision."""
    starts = [(match[1], sql.count("\n", 0, match.start())) for match in _BEGINS.finditer(sql)]
    ends = [*starts, ("", sql.count("\n") + 1)]
    return [Section(revision, start, end) for (revision, start), (_, end) in pairwise(ends)]


def is_asked(rule: str) -> bool:
    """Return whether a rule counts in a project without .squawk.toml.

    Rules of taste do not count, nor do rules about the timeouts of a session: `migrate`
    sets these.
    """
    return not rule.startswith("prefer-") and not (rule.startswith("require-") and "timeout" in rule)


def findings(history: History, sql: str, violations: Iterable[Violation]) -> Iterator[Found]:
    """Yield a finding for each violation, with its revision and the line in its SQL."""
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
