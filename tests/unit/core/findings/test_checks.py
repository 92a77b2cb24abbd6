"""What each check says: good, found, and not made with the reason."""

from dataclasses import replace
from pathlib import PurePath
from typing import Any

from nox_alembic.core.details import Details, InvalidIndex
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import Facts
from nox_alembic.core.findings.checks import (
    Check,
    Found,
    as_json,
    looked,
    made,
    not_in_the_plan,
    of_broken_history,
    of_lint,
    of_models,
    within,
)
from nox_alembic.core.revisions.changes import Change
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.head_file import HeadFile
from tests.unit.core.make import TWO_HEADS, facts, up

HEAD_FILE = HeadFile(path=PurePath("/project/alembic/head"), content=b"c3\n")
NO_HEAD_FILE = ("not made", "the project keeps none (`nox -s revision` begins one)")
DIGESTS = {"a1": "00", "b2": "11", "c3": "22"}


def close(**fields: Any) -> Facts:
    """A database at head of which everything is known."""
    return up(details=Details(**{"digests": DIGESTS, "fingerprints": DIGESTS, **fields}), head_file=HEAD_FILE)


def said(seen: Facts, left_out: str = "") -> dict[str, tuple[str, str]]:
    return {check.name: (check.state, check.sentence) for check in looked(seen, left_out)}


def found(seen: Facts) -> list[Found]:
    return [found for check in looked(seen, "") for found in check.found]


def test_a_good_database_is_good() -> None:
    assert said(close()) == {
        "history": ("ok", "one head, c3 (make c3)"),
        "head file": ("ok", "says the head"),
        "applied files": ("ok", "3 of 3 applied revisions as they were applied"),
        "indexes": ("ok", "all are valid"),
    }


def test_without_a_database_what_it_would_tell_is_not_made() -> None:
    no_database = ("not made", "no database answers (`nox -s dev` starts it)")
    assert said(facts(details=Details())) == {
        "history": ("ok", "one head, c3 (make c3)"),
        "head file": NO_HEAD_FILE,
        "applied files": no_database,
        "indexes": no_database,
    }


def test_what_is_left_out_says_by_what() -> None:
    left_out = ("not made", "left out by --no-database")
    assert list(said(facts(), "left out by --no-database").values())[2:] == [left_out, left_out]


def test_a_project_without_revisions_is_no_finding() -> None:
    assert said(up(history=History(), current=()))["history"] == ("ok", "no revisions")


def test_two_heads_name_both_and_the_cures() -> None:
    details = Details(fingerprints={"a1": "00"}, digests={"a1": "00"})
    assert found(up(history=TWO_HEADS, current=("a1",), details=details)) == [
        Found(
            "two heads",
            "the history has 2 heads: b2 (mine) and b9",
            "`nox -s rebase` puts your unpublished revisions on top of the others', `nox -s merge` joins the heads",
        )
    ]


def test_a_head_file_that_says_something_else_is_a_finding() -> None:
    wrong = replace(HEAD_FILE, content=b"b2\n")
    sentence = "the head file says b2, and the head is c3"
    hint = "`nox -s rebase` writes it anew"
    assert found(replace(close(), head_file=wrong)) == [
        Found("head file", sentence, hint, file=str(PurePath("/project/alembic/head")))
    ]


def test_a_history_that_cannot_be_read_is_a_finding() -> None:
    check = of_broken_history(FailedError("NA407", "x.py is not valid Python", hint="correct the revision file"))
    assert check == Check(
        "history",
        "found",
        "not readable",
        (Found("history", "x.py is not valid Python", "correct the revision file"),),
    )


def test_an_edited_file_says_how_to_apply_it_or_to_take_it() -> None:
    assert found(close(digests={**DIGESTS, "b2": "33"})) == [
        Found(
            "edited",
            "the file of b2 (make b2) was edited after it was applied",
            "`nox -s reapply -- b2` applies it anew, `nox -s repair -- --hashes` takes it as it is",
            revision="b2",
            file="/project/alembic/versions/b2.py",
        )
    ]


def test_what_is_not_applied_and_what_is_not_recorded_is_not_compared() -> None:
    seen = up(current=("b2",), details=Details(digests={}, fingerprints={"b2": "11", "c3": "22"}))
    assert [entry.revision for entry in found(seen)] == ["b2"]
    assert said(seen)["applied files"][1] == "0 of 2 applied revisions as they were applied"


def test_a_database_that_records_nothing_is_not_silently_good() -> None:
    sentence = "the database does not say with which bytes it was migrated: `nox -s migrate` keeps that"
    assert said(close(fingerprints={}))["applied files"] == ("not made", sentence)


def test_an_invalid_index_has_the_cure_of_its_kind() -> None:
    invalid = (
        InvalidIndex("ix", "t"),
        InvalidIndex("iy", "t", "building"),
        InvalidIndex("uq", "t", "constraint"),
        InvalidIndex("ip", "p", "partitioned"),
    )
    sentence = "the index {} is invalid: no query uses it, and every write keeps it"
    assert found(close(invalid=invalid)) == [
        Found(
            "invalid index",
            sentence.format("ix on t"),
            "`nox -s repair` drops it, and `nox -s migrate` makes it again",
        ),
        Found(
            "invalid index",
            sentence.format("uq on t"),
            "a constraint needs it: `REINDEX INDEX CONCURRENTLY uq` in `nox -s sql` makes it valid",
        ),
        Found(
            "invalid index",
            sentence.format("ip on p"),
            "attach the index of each partition, which makes it valid",
        ),
    ]
    (check,) = [check for check in looked(close(invalid=invalid), "") if check.name == "indexes"]
    assert (check.sentence, check.notices) == ("3 invalid", ("iy on t is being built now",))


def test_models_that_are_ahead_are_one_finding_each() -> None:
    assert of_models([]) == Check("models", "ok", "equal to the migrations")
    check = of_models([Change("column added", "column t.c added")])
    assert check.sentence == "1 change without a revision"
    assert check.found == (
        Found(
            "column added",
            "no revision does what the models say: column t.c added",
            '`nox -s revision -- -m "..."` writes it',
        ),
    )


def test_the_steps_that_are_not_in_the_plan_say_why() -> None:
    def told(seen: Facts, left_out: str = "") -> list[tuple[str, str, str]]:
        return [(check.name, check.state, check.sentence) for check in not_in_the_plan(seen, left_out)]

    assert told(close(linter=True, shared="origin/main", unpublished=("c3",))) == []
    assert told(close(linter=True, shared="origin/main")) == [
        ("lint", "ok", "all revisions are on origin/main already: there is nothing to lint")
    ]
    assert told(close(linter=True)) == [
        ("lint", "not made", "git knows of no branch that others have: `--base REF` names one")
    ]
    assert told(close(), "left out by --no-database") == [
        ("models", "not made", "left out by --no-database"),
        ("lint", "not made", "squawk is not installed: `pip install nox-alembic[lint]` brings it"),
    ]
    assert told(up(history=TWO_HEADS, details=Details()))[0] == (
        "models",
        "not made",
        "two heads do not lead to one database",
    )


def test_lint_without_the_sql_of_some_revisions_is_not_silently_good() -> None:
    without = ["b2 has no SQL without a database: x"]
    assert of_lint(2, [], []) == Check("lint", "ok", "no findings in the SQL of 2 unpublished revisions")
    assert of_lint(2, [], without) == Check(
        "lint",
        "not made",
        "1 of 2 unpublished revisions without SQL as long as no database is asked",
        notices=tuple(without),
    )
    finding = Found("lint", "s", "h")
    assert of_lint(2, [finding], without) == made(
        "lint", "1 finding in the SQL of 1 unpublished revision", [finding], without
    )


def test_json_has_the_fields_that_are_filled_and_paths_within_the_project() -> None:
    checks = [
        made("lint", "1 findings", [Found("lint", "s", "h", file="/project/v/a.py", line=3, rule="r")], ["n"]),
        made("history", "x", [Found("history", "s", "h", file="/elsewhere/b.py")]),
    ]
    assert as_json(within(checks, PurePath("/project"))) == {
        "checks": [
            {"name": "lint", "state": "found", "sentence": "1 findings", "notices": ["n"]},
            {"name": "history", "state": "found", "sentence": "x", "notices": []},
        ],
        "findings": [
            {"kind": "lint", "sentence": "s", "hint": "h", "file": "v/a.py", "line": 3, "rule": "r"},
            {"kind": "history", "sentence": "s", "hint": "h", "file": "/elsewhere/b.py"},
        ],
    }
