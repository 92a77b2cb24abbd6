"""Revision files drafted on a shadow database, written, and what goes with them."""

import pytest

from nox_alembic.core.revisions.changes import Change, Draft, NewFile
from nox_alembic.core.steps import Step
from nox_alembic.core.steps.revisions import DropShadow, MakeShadow, NoteRebase, ReplaceFile, WriteMerge, WriteRevision
from tests.unit.core.make import ROOT
from tests.unit.run.bench import Bench

CALLS: list[tuple[Step, str]] = [
    (DropShadow(), "drop ddsurveys__shadow"),
    (ReplaceFile(ROOT / "alembic/head", None, b"a1", "write"), "replace /project/alembic/head None b'a1'"),
]


@pytest.mark.parametrize(("step", "event"), CALLS)
def test_each_step_is_one_call_of_one_edge(bench: Bench, step: Step, event: str) -> None:
    assert bench.run(step) == [event]


def test_a_shadow_is_made_anew_and_upgraded_to_head(bench: Bench) -> None:
    assert bench.run(MakeShadow()) == ["create shadow of ddsurveys for reset from nothing", "upgrade heads"]


def test_a_revision_is_drafted_on_the_shadow_written_and_told(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    change = Change("table added", "table rooms added")
    bench.world.draft = Draft((change,), (NewFile("alembic/versions/d4_rooms.py", "text"),))
    events = bench.run(WriteRevision("add rooms"))
    assert events == [
        "draft add rooms on ddsurveys__shadow",
        "write /project/alembic/versions/d4_rooms.py text",
        "head d4",
    ]
    assert capsys.readouterr().out == "- table rooms added\n"
    commit = "git add alembic/versions/d4_rooms.py alembic/head && git commit -m 'add rooms'"
    assert bench.report.fields["notes"] == [f"look at it, then commit it: {commit}"]


def test_without_changes_no_file_is_written(bench: Bench) -> None:
    assert bench.run(WriteRevision("nothing")) == ["draft nothing on ddsurveys__shadow"]
    assert bench.report.steps[0].outcome == "no changes, no file"


def test_an_empty_revision_needs_no_database(bench: Bench) -> None:
    bench.world.draft = Draft((), (NewFile("v/d4.py", "text"),))
    assert bench.run(WriteRevision("data", empty=True)) == [
        "draft data on nothing",
        "write /project/v/d4.py text",
        "head d4",
    ]


def test_a_rebase_is_noted_in_the_database(bench: Bench) -> None:
    bench.run(NoteRebase("b2 onto c3"))
    assert bench.world.notes == {"rebase": "b2 onto c3"}


def test_a_merge_is_made_by_alembic_and_written(bench: Bench) -> None:
    events = bench.run(WriteMerge("m1", ("a1", "b2"), "join"))
    path = "/project/alembic/versions/m1.py"
    assert events == ["merge a1,b2 as m1: join", f"note {path} for merge", f"write {path} text"]


def test_files_that_were_written_are_named_to_be_committed(bench: Bench) -> None:
    bench.run(ReplaceFile(ROOT / "alembic/head", None, b"m1", "write"), WriteMerge("m1", ("a1", "b2"), "join"))
    assert bench.report.fields["written"] == ["alembic/head", "alembic/versions/m1.py"]
