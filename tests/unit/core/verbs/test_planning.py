"""Before any verb that changes something: what a run that was killed left half way is finished."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies.undo import FileChange, UndoLog
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import AwaitDatabase, ProvideImages, StartDatabase
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.revisions import ReplaceFile
from nox_alembic.core.steps.undo import CloseUndo, KeepDatabase, NoteUndone, PutBack, Settle, SwapBack
from nox_alembic.core.verbs import VERBS, Options, Verb
from nox_alembic.core.verbs.planning import draft, files_of_undo, plan_of
from tests.unit.core.make import COPY, FOLDER, KEPT, ROOT, config, engine, facts, up

VOLUME = DataLocation(kind="volume", volume="dds_db")
FINISHING = [verb for verb in VERBS.values() if verb.plan and verb.finishes_undo]
CHANGES = (FileChange("alembic/versions/b2.py", b"before", b"after"), FileChange("alembic/head", b"b2\n", b"m1\n"))
FILES = replace(KEPT, id="f00001", verb="rebase", kind="files", kept="", files=CHANGES)
DATABASE = replace(COPY, verb="rebase", files=CHANGES)
# The first of the two files is back, and the second is not.
HALF = {"alembic/versions/b2.py": b"before", "alembic/head": b"m1\n"}
HEAD = ReplaceFile(ROOT / "alembic/head", b"m1\n", b"b2\n", "write alembic/head as it was")
SAID = "an `undo` that was killed is finished first"


def names(verb: Verb) -> str:
    return verb.name


def test_every_verb_that_changes_something_finishes_what_was_killed_and_the_others_leave_it() -> None:
    assert {verb.name for verb in VERBS.values() if verb.plan} - {verb.name for verb in FINISHING} == {
        "down",
        "spare",
        "test",
        "snapshot delete",
        "snapshot prune",
    }
    assert "undo" in map(names, FINISHING)
    assert not VERBS["status"].finishes_undo


@pytest.mark.parametrize("verb", FINISHING, ids=names)
def test_what_a_killed_run_left_in_doubt_is_settled_before_anything_is_planned(verb: Verb) -> None:
    """Whether the data has moved decides what there is to undo, and whether the server can start at all."""
    doubt = UndoLog((replace(KEPT, kind="volume", kept="dds_db__before", open=True, doubtful=True),))
    seen = facts(engine=engine(data_present=True, location=VOLUME, missing_images=("postgres:17",)), undo=doubt)
    plan = plan_of(verb, config(), seen, Options(message="m"))
    assert plan == Plan(steps=(ProvideImages(("postgres:17",)), Settle(VOLUME)), again=True)
    assert plan.steps[1].title == "settle what a run that was killed began with volume dds_db"


@pytest.mark.parametrize("verb", FINISHING, ids=names)
def test_an_undo_that_was_killed_between_two_files_is_finished_before_anything_is_planned(verb: Verb) -> None:
    seen = up(undo=UndoLog((FILES,)).undoing(FILES), contents=HALF)
    assert files_of_undo(seen) == ("alembic/versions/b2.py", "alembic/head")
    plan = plan_of(verb, config(), seen, Options(message="m"))
    entry = replace(FILES, undoing=True)
    assert plan.steps[1:] == (HEAD, NoteUndone(entry, ("c3",)), CloseUndo(files_only=True))
    if verb.name != "undo":
        assert (plan.again, plan.notes[0]) == (True, SAID)


@pytest.mark.parametrize("verb", FINISHING, ids=names)
def test_an_undo_that_was_killed_before_its_swap_is_finished_before_anything_is_planned(verb: Verb) -> None:
    seen = up(undo=UndoLog((DATABASE,)).undoing(DATABASE), contents={**HALF, "alembic/head": b"b2\n"})
    steps = plan_of(verb, config(), seen, Options(message="m")).steps
    assert SwapBack(replace(DATABASE, undoing=True), ("c3",)) in steps
    assert not any(isinstance(step, KeepDatabase | ReplaceFile) for step in steps)
    stopped = replace(seen, engine=engine(data_present=True), current=None)
    plan = plan_of(verb, config(), stopped, Options(message="m"))
    assert (plan.steps, plan.again) == ((StartDatabase(), AwaitDatabase(60)), True)


@pytest.mark.parametrize("verb", FINISHING, ids=names)
def test_an_undo_that_was_killed_between_its_renames_is_finished_before_anything_is_planned(verb: Verb) -> None:
    mine = replace(KEPT, id="aaaaaa", verb="undo", kept=".db.mine", open=True)
    seen = facts(undo=UndoLog((KEPT, mine)).undoing(KEPT))
    plan = plan_of(verb, config(), seen, Options(message="m"))
    assert plan.steps[0] == PutBack(FOLDER, replace(KEPT, undoing=True))


def test_files_that_are_back_are_followed_by_the_data_of_the_whole_server() -> None:
    whole = replace(KEPT, verb="rebase", files=CHANGES)
    seen = up(undo=UndoLog((whole,)).undoing(whole), contents={**HALF, "alembic/head": b"b2\n"})
    plan = plan_of(VERBS["migrate"], config(), seen, Options())
    assert PutBack(FOLDER, replace(whole, undoing=True), ("c3",)) in plan.steps
    assert plan.again


def test_an_undo_of_something_else_finishes_the_one_that_was_killed_first() -> None:
    seen = up(undo=UndoLog((COPY, FILES)).undoing(FILES), contents=HALF)
    assert draft(VERBS["undo"], config(), seen, Options(entry=COPY.id)).notes[0] == SAID
    assert not draft(VERBS["undo"], config(), seen, Options(entry=FILES.id)).again


def test_what_cannot_be_finished_is_told_and_left_behind() -> None:
    seen = up(undo=UndoLog((FILES,)).undoing(FILES), contents={**HALF, "alembic/head": b"edited"}, current=("b2",))
    plan = plan_of(VERBS["migrate"], config(), seen, Options())
    (said,) = plan.notes
    assert said == (
        "an `undo` that was killed is not finished: alembic/head was edited after `rebase` of 2026-11-25T20:00:00Z,"
        " and would lose that; nothing was changed; `git diff -- alembic/head` shows it: take it out, then"
        " `nox -s undo`"
    )
    assert Migrate("heads", ("c3",)) in plan.steps
    assert seen.undo.pushed(COPY).begun is None
    assert seen.undo.pushed(replace(COPY, verb="undo")).begun is not None
    assert seen.undo.closed(2).begun is None
