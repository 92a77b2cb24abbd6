"""What is on the screen: the lines of `status`, a step with its note, an error with its hint."""

import json
import logging
from dataclasses import replace
from pathlib import PurePath

import pytest

from nox_alembic.core.consent import Inventory, Stored
from nox_alembic.core.copies.snapshots import Damaged, Shelf
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.findings.checks import Found, made, not_made
from nox_alembic.core.findings.status import status_of
from nox_alembic.core.revisions.changes import Change, Draft, NewFile
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import Kill
from nox_alembic.core.steps.migration import Rehearse
from nox_alembic.core.steps.revisions import ReplaceFile
from nox_alembic.report import Reporter
from nox_alembic.screen import Printable
from tests.unit.core.make import SAVED, chain, facts, up


@pytest.fixture
def report() -> Reporter:
    """A report that is not a terminal, as wide as it likes."""
    return Reporter("reset")


def test_status_lines_are_below_each_other(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    seen = up(current=("b2",))
    report.status(seen, status_of(seen))
    assert capsys.readouterr().out.splitlines() == [
        "database   reachable    postgresql://dds@127.0.0.1:5432/ddsurveys",
        "backend    healthy      http://127.0.0.1:8000/health",
        "revisions  not at head  2 applied, 1 pending, 0 unknown",
        "  applied  a1  make a1",
        "  applied  b2  make b2",
        "  pending  c3  make c3",
        "revisions are pending: `nox -s migrate` applies them",
    ]


def test_status_without_a_database_claims_nothing_of_revisions(
    report: Reporter, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = facts()
    report.status(seen, status_of(seen))
    assert capsys.readouterr().out.splitlines() == [
        "database   not reachable",
        "backend    not running    http://127.0.0.1:8000/health",
        "revisions  not known",
        "the database does not answer: `nox -s dev` starts it",
    ]


def test_snapshots_are_a_table_with_the_newest_first(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    older = replace(SAVED, name="old", at="2026-11-24T08:00:00.000Z", revisions=("b2",), commit="", branch="")
    shelf = Shelf((older, SAVED), (Damaged("cut", "it has 1 bytes"),))
    report.snapshots(shelf, chain("a1", "b2", "c3"))
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "NAME          SAVED             SIZE    REVISION  STATE          COMMIT           POSTGRESQL",
        "before-rooms  2026-11-25 20:00  1.2 MB  c3        at head        0123456789 main  17.2 (compose)",
        "old           2026-11-24 08:00  1.2 MB  b2        1 behind head                   17.2 (compose)",
    ]
    assert captured.err == 'warning: the snapshot "cut" is damaged: it has 1 bytes\n'
    assert [one["state"] for one in report.fields["snapshots"]] == ["at head", "1 behind head"]  # type: ignore[attr-defined]


def test_a_shelf_without_snapshots_says_how_one_is_made(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    report.snapshots(Shelf(), chain("a1"))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "there is no snapshot: `nox -s snapshot -- save NAME` makes one\n")


def test_without_a_terminal_bytes_flow_in_silence(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    with report.flow(10) as on_bytes:
        on_bytes(10)
    assert capsys.readouterr() == ("", "")


def test_a_note_comes_after_the_result_of_its_step(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    with report.step(1, 2, "wipe db", speaks=False) as result:
        report.note("the old data is in .db.wipe")
        result.outcome = "done"
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("[1/2] wipe db ....")
    assert lines[0].endswith(" done 0.0 s")
    assert lines[1] == "      the old data is in .db.wipe"


def test_an_error_shows_id_detail_and_hint(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    report.finish(PreconditionError("NA202", "no [database]", hint="`nox -s dev`", detail="last\nwords"))
    assert capsys.readouterr().err.splitlines() == [
        "error NA202: no [database]",
        "  last",
        "  words",
        "hint: `nox -s dev`",
    ]


def test_json_is_one_object_with_the_fields_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    report = Reporter("reset", json=True)
    report.opened("dev", "compose", "as configured")
    with report.step(1, 1, "kill", speaks=False) as result:
        result.outcome = "done"
    report.finish()
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"ok", "verb", "environment", "engine", "steps", "seconds"}
    assert document["steps"] == [{"title": "kill", "seconds": document["steps"][0]["seconds"], "outcome": "done"}]


def test_a_dry_run_prints_the_plan_on_stdout(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    report.dry_run(Plan((Kill(),), destroys="the database"))
    assert capsys.readouterr().out == "1. kill the backend and the database\nwhat goes: the database\n"


def test_a_plan_prints_what_goes_and_how_it_is_approved(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan((Kill(),), destroys="the database")
    stopped = Inventory(data=Stored(place="volume dds_db"))
    report.inventory(plan, stopped, "0123456789ab")
    report.inventory(plan, stopped, "")
    report.inventory(Plan((Rehearse("b2", ("c3",)),)), None, "")
    report.inventory(Plan((Kill(),)), None, "")
    lines = [
        "  databases: not known, since the server does not answer",
        "  data: volume dds_db, of unknown size",
        "  snapshots: none",
    ]
    nothing = ("what goes: what the rehearsal finds, which then asks", "what goes: nothing")
    ways = ("approve with: --approve 0123456789ab", "approve with: --yes, at your own risk")
    assert capsys.readouterr().out.splitlines() == [*lines, ways[0], *lines, ways[1], *nothing]
    assert (report.fields["inventory"], report.fields["approve"]) == (None, "")


def test_checks_are_listed_with_what_they_found(report: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    report.checked(made("history", "one head, c3"))
    found = Found("lint", "c3: [drop] breaks clients", "think again", file="/project/v/c3.py", line=3)
    report.checked(made("lint", "1 finding", [found], ["b2 has no SQL"]))
    report.checked(not_made("indexes", "no database answers"))
    report.print_checks(PurePath("/project"))
    assert capsys.readouterr().out.splitlines() == [
        "ok        history  one head, c3",
        "found     lint     1 finding",
        "  v/c3.py, line 3 of its SQL: c3: [drop] breaks clients: think again",
        "  note: b2 has no SQL",
        "not made  indexes  no database answers",
    ]


EVIL = "a\x1b[31m\x1b]0;b\x07\u202e"


def test_nothing_of_others_steers_a_terminal_whatever_says_it(
    report: Reporter, capfd: pytest.CaptureFixture[str]
) -> None:
    report.opened("dev", "compose", EVIL)
    for speaks in (True, False):
        with report.step(1, 1, EVIL, speaks=speaks) as result:
            report.note(EVIL)
            report.revision(EVIL)
            report.warn(EVIL)
            result.outcome = EVIL
    report.in_background(1, 1, EVIL)
    report.dry_run(Plan((ReplaceFile(PurePath(EVIL), None, None, EVIL),), destroys=EVIL))
    report.inventory(Plan(destroys=EVIL), Inventory(data=Stored(place=EVIL)), EVIL)
    report.drafted(Draft((Change("add_table", EVIL),), (NewFile(EVIL, ""),)), EVIL, EVIL)
    report.rehearsed(lost=[EVIL], changed=[EVIL], behind=[EVIL], unknown=EVIL)
    report.command([EVIL])
    report.output("", EVIL)
    report.finish(PreconditionError("NA202", EVIL, hint=EVIL, detail=EVIL))
    seen = "".join(capfd.readouterr())
    assert {character for character in seen if not character.isprintable()} == {"\n"}
    assert r"error NA202: a\x1b[31m\x1b]0;b\x07\u202e" in seen


def test_json_keeps_what_others_wrote_as_escapes_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    report = Reporter("reset", json=True)
    report.finish(PreconditionError("NA202", EVIL, hint=EVIL))
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out)["error"]["message"] == EVIL


def test_data_is_left_as_it_is_for_the_program_that_reads_it(
    report: Reporter, capsys: pytest.CaptureFixture[str]
) -> None:
    report.data(f"SELECT '{EVIL}';\r\n")
    assert capsys.readouterr().out == f"SELECT '{EVIL}';\r\n"


def test_a_log_record_steers_no_terminal_either() -> None:
    record = logging.LogRecord("alembic", logging.WARNING, "", 0, "Revision %s", (EVIL,), None)
    assert Printable().format(record) == r"Revision a\x1b[31m\x1b]0;b\x07\u202e"
