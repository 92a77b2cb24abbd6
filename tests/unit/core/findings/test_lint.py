"""Whose line is whose in the SQL of an upgrade."""

import pytest

from nox_alembic.core.findings.checks import Found
from nox_alembic.core.findings.lint import (
    Section,
    Span,
    Violation,
    findings,
    is_asked,
    one_by_one,
    sections,
    whole,
)
from nox_alembic.core.findings.lint import without_bookkeeping as bare
from nox_alembic.core.revisions.graph import History, Revision
from tests.unit.core.make import TWO_HEADS, chain

SQL = """\
BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL
);

-- Running upgrade  -> a1

CREATE TABLE t (id int);

INSERT INTO alembic_version (version_num) VALUES ('a1') RETURNING version_num;

-- Running upgrade a1 -> b2

ALTER TABLE t DROP COLUMN id;

UPDATE alembic_version SET version_num='b2' WHERE alembic_version.version_num = 'a1';

COMMIT;
"""


def test_each_revision_has_its_lines() -> None:
    assert sections(SQL) == [Section("a1", 6, 12), Section("b2", 12, 20)]


@pytest.mark.parametrize("table", ["alembic_version", "app.history", 'app."Schema History"'])
def test_what_alembic_writes_for_itself_is_not_linted_and_no_line_moves(table: str) -> None:
    more = f"DELETE FROM {table} WHERE {table}.version_num = 'b2';\n\nCOMMIT"
    text = SQL.replace("COMMIT", more).replace("alembic_version", table)
    assert "version_num" not in bare(text)
    assert [line for line in bare(text).splitlines() if line] == [
        "BEGIN;",
        "-- Running upgrade  -> a1",
        "CREATE TABLE t (id int);",
        "-- Running upgrade a1 -> b2",
        "ALTER TABLE t DROP COLUMN id;",
        "COMMIT;",
    ]
    assert bare(SQL).splitlines()[14] == SQL.splitlines()[14]


def test_a_finding_has_its_revision_its_line_and_the_cure() -> None:
    history = History.of([Revision(id="a1"), Revision(id="b2", down=("a1",), message="drop it", path="v/b2.py")])
    violations = [
        Violation(14, "ban-drop-column", "Clients may break.", ""),
        Violation(0, "transaction-nesting", "Nested.", ""),
    ]
    assert list(findings(history, SQL, violations)) == [
        Found(
            "lint",
            "b2 (drop it): Clients may break. In `ALTER TABLE t DROP COLUMN id;`",
            'excluded_rules = ["ban-drop-column"] in .squawk.toml turns the rule off',
            revision="b2",
            file="v/b2.py",
            line=3,
            rule="ban-drop-column",
        )
    ]


def test_rules_of_taste_and_of_timeouts_are_not_asked() -> None:
    rules = ["prefer-text-field", "require-lock-timeout", "require-concurrent-index-creation", "ban-drop-column"]
    assert [rule for rule in rules if is_asked(rule)] == ["require-concurrent-index-creation", "ban-drop-column"]


def test_revisions_that_follow_one_another_are_one_span() -> None:
    assert whole(chain("a1", "b2", "c3"), ("b2", "c3")) == [Span("a1", "heads")]
    assert whole(chain("a1", "b2"), ("a1", "b2")) == [Span("", "heads")]
    assert whole(TWO_HEADS, ("b9",)) == [Span("b2", "heads")]


def test_revisions_that_begin_in_several_places_are_asked_for_alone() -> None:
    assert one_by_one(TWO_HEADS, ("b2", "b9")) == [Span("a1", "b2"), Span("a1", "b9")]
