"""What `undo` brings back, and in which order."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies.undo import FileChange, UndoEntry, UndoLog
from nox_alembic.core.errors import NoxAlembicError, PreconditionError, RefusedError
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    Kill,
    StartDatabase,
    StartServices,
    StopBackend,
)
from nox_alembic.core.steps.revisions import ReplaceFile
from nox_alembic.core.steps.undo import BeginUndo, CloseUndo, NoteUndone, PutBack, SwapBack
from nox_alembic.core.verbs import Options, undo
from tests.unit.core.make import BACKEND, COPY, FOLDER, KEPT, ROOT, chain, config, engine, facts, told, up

OLDER = replace(KEPT, id="9f8e7d", at="2026-11-24T08:00:00Z", kept=".db.older", revisions=("a1",))
BOTH = UndoLog((OLDER, KEPT))


def test_the_newest_comes_back_and_everything_is_started_on_it() -> None:
    plan = undo.undo(config(), up(current=("b2",), undo=BOTH), Options())
    assert plan.steps == (
        Kill(),
        PutBack(FOLDER, KEPT, ("b2",)),
        StartDatabase(),
        AwaitDatabase(60),
        StartServices(("backend",)),
        AwaitBackend(60),
        CloseUndo(uncovers=True),
    )
    assert plan.notes == (
        "comes back: 0ab1c2: the data before `reset` of 2026-11-25T20:00:00Z, at c3",
        "what is there now is kept in its place: `undo` again brings it back",
    )
    assert plan.destroys == ""


def test_data_behind_head_comes_back_without_a_backend_that_could_not_use_it() -> None:
    plan = undo.undo(config(), up(undo=BOTH), Options(entry="9f8e7d"))
    assert plan.steps[:2] == (Kill(), PutBack(FOLDER, OLDER, ("c3",)))
    assert plan.steps[2:] == (StartDatabase(), AwaitDatabase(60), CloseUndo(uncovers=True))
    assert plan.notes[-1] == "it is not known to be at head: `nox -s dev` migrates it and starts the backend"


def test_what_could_not_be_renamed_is_refused_before_anything_is_stopped() -> None:
    fixed = "this user may not rename anything in /project/volumes"
    with pytest.raises(PreconditionError) as error:
        undo.undo(config(), up(undo=BOTH, fixed=fixed), Options())
    assert told(error) == (
        "NA315",
        f"the data before `reset` of 2026-11-25T20:00:00Z cannot be put back: {fixed}",
        "nothing was changed; give the right to it (`ls -ld /project/volumes`), and repeat",
    )


def test_an_undo_that_was_killed_between_its_renames_is_finished() -> None:
    """What it set aside is the newest by then, and nothing is in the data's place."""
    mine = replace(KEPT, id="aaaaaa", verb="undo", kept=".db.mine", open=True)
    log = UndoLog((KEPT, mine)).undoing(KEPT)
    cut_off = facts(engine=engine(data_present=False), undo=log)
    assert PutBack(FOLDER, replace(KEPT, undoing=True), None) in undo.undo(config(), cut_off, Options()).steps
    untouched = undo.undo(config(), up(undo=log), Options()).steps
    assert PutBack(FOLDER, mine, ("c3",)) in untouched, "the data is in its place: nothing was done"


def refusal(entry: str, log: UndoLog, **fields: object) -> tuple[str, str, str]:
    with pytest.raises(NoxAlembicError) as error:
        undo.undo(config(), up(undo=log, **fields), Options(entry=entry))
    return told(error)


def test_nothing_to_undo_is_said() -> None:
    message = "there is nothing to undo in this environment"
    assert refusal("", UndoLog()) == ("NA631", message, "`nox -s status` shows it")


def test_an_unknown_id_lists_what_there_is() -> None:
    assert refusal("zzz", UndoLog((KEPT,))) == (
        "NA632",
        'there is no kept data "zzz"',
        "there is 0ab1c2: the data before `reset` of 2026-11-25T20:00:00Z, at c3",
    )


def test_data_that_the_server_could_not_use_stays_where_it_is() -> None:
    old = replace(KEPT, server="17")
    assert refusal("", UndoLog((old,)), server_version="18.6") == (
        "NA638",
        "the data before `reset` of 2026-11-25T20:00:00Z is of PostgreSQL 17, and what runs now is 18",
        "nothing was changed; go back to the image or programs of PostgreSQL 17 first",
    )
    stopped = engine(database_running=False, major="18")
    assert refusal("", UndoLog((old,)), engine=stopped)[0] == "NA638"
    for version in ("17.9", ""):
        assert undo.undo(config(), up(undo=UndoLog((old,)), server_version=version), Options()).steps


def test_what_the_wiper_refuses_is_not_put_back_either() -> None:
    refused = RefusedError("NA308", "in use", hint="stop it")
    assert refusal("", BOTH, refusal=refused) == ("NA308", "in use", "stop it")


def test_a_journal_forgets_what_is_not_there_and_what_is_too_much() -> None:
    log = BOTH.pushed(replace(KEPT, id="bbbbbb", kept=".db.newest", open=True))
    assert log.is_open
    assert [one.id for one in log.closed(2).entries] == ["0ab1c2", "bbbbbb"]
    assert not log.closed(2).is_open
    assert [one.id for one in log.having({".db.older"}).entries] == ["9f8e7d"]


CHANGE = FileChange("alembic/versions/b2.py", b"before", b"after")
NEW = FileChange("alembic/versions/m1.py", None, b"merge")
FILES = UndoEntry(
    id="f00001", verb="rebase", at="2026-11-25T20:00:00Z", kind="files", kept="", revisions=("c3",), open=False,
    files=(CHANGE, NEW),
)  # fmt: skip
AFTER = {"alembic/versions/b2.py": b"after", "alembic/versions/m1.py": b"merge"}
WRITE = ReplaceFile(ROOT / "alembic/versions/b2.py", b"after", b"before", "write alembic/versions/b2.py as it was")
DELETE = ReplaceFile(ROOT / "alembic/versions/m1.py", b"merge", None, "delete alembic/versions/m1.py")


def test_files_come_back_with_the_whole_data_and_before_it() -> None:
    whole = replace(KEPT, verb="rebase", files=(CHANGE, NEW))
    steps = undo.undo(config(), up(undo=UndoLog((whole,)), contents=AFTER), Options()).steps
    assert steps[:4] == (BeginUndo(whole), WRITE, DELETE, Kill())
    assert steps[-2:] == (AwaitDatabase(60), CloseUndo(uncovers=True)), (
        "the backend waits for `dev`: the files are others now"
    )


def test_a_kept_database_is_swapped_in_and_the_backend_starts_on_it_where_it_ran() -> None:
    plan = undo.undo(config(), up(current=("b2",), undo=UndoLog((KEPT, COPY))), Options())
    assert plan.steps == (
        StopBackend(),
        SwapBack(COPY, ("b2",)),
        StartServices(("backend",)),
        AwaitBackend(60),
        CloseUndo(),
    )
    assert plan.notes == (
        "comes back: d00001: the database before `downgrade` of 2026-11-25T20:00:00Z, at c3, 7.6 MB",
        "goes: the database as it is now, at b2 (make b2); it is kept: `undo` again brings it back",
    )
    assert plan.destroys == ""


def test_a_kept_database_behind_head_comes_back_without_a_backend() -> None:
    behind = replace(COPY, revisions=("b2",))
    plan = undo.undo(config(), up(undo=UndoLog((behind,))), Options())
    assert plan.steps == (StopBackend(), SwapBack(behind, ("c3",)), CloseUndo())
    assert plan.notes[-1] == "it is not known to be at head: `nox -s dev` migrates it and starts the backend"


def test_a_backend_that_did_not_run_is_left_alone() -> None:
    idle = replace(up().engine, backend=BACKEND)
    plan = undo.undo(config(), up(engine=idle, current=("b2",), undo=UndoLog((COPY,))), Options())
    assert plan.steps == (SwapBack(COPY, ("b2",)), CloseUndo())
    assert plan.notes[-1] == "`nox -s dev` starts the backend"


def test_a_database_that_is_down_is_started_to_see_what_is_kept_in_it() -> None:
    plan = undo.undo(config(), facts(engine=engine(data_present=True), undo=UndoLog((COPY,))), Options())
    assert (plan.steps, plan.again) == ((StartDatabase(), AwaitDatabase(60)), True)
    assert plan.notes == ("the database is stopped: it is started to see what is kept in it",)


def test_a_copy_of_data_that_is_not_there_is_out_of_reach() -> None:
    with pytest.raises(NoxAlembicError) as error:
        undo.undo(config(), facts(undo=UndoLog((COPY,))), Options())
    assert told(error) == ("NA202", "the compose database does not answer", "`nox -s dev` starts it")


def test_what_a_run_that_did_not_end_left_names_the_state_before_that_one() -> None:
    half = replace(COPY, id="d00002", half_made=True)
    plan = undo.undo(config(), up(undo=UndoLog((COPY, half))), Options())
    assert plan.notes[2] == f"`nox -s undo -- d00001` goes further, to {COPY.shown}"


def test_a_protected_environment_is_not_taken_back() -> None:
    with pytest.raises(RefusedError) as error:
        undo.undo(config(protected=True), up(undo=UndoLog((COPY,))), Options())
    assert error.value.id == "NA013"


def test_files_come_back_before_the_database_so_that_a_killed_run_is_finished_by_the_next() -> None:
    both = replace(COPY, files=(CHANGE, NEW))
    steps = undo.undo(config(), up(undo=UndoLog((both,)), contents=AFTER), Options()).steps
    assert steps[1:] == (BeginUndo(both), WRITE, DELETE, SwapBack(both, ("c3",)), CloseUndo())
    half = {"alembic/versions/b2.py": b"before", "alembic/versions/m1.py": b"merge"}
    steps = undo.undo(config(), up(undo=UndoLog((both,)), contents=half), Options()).steps
    assert steps[1:3] == (BeginUndo(both), DELETE)


def test_files_alone_come_back_without_the_database() -> None:
    plan = undo.undo(config(), facts(undo=UndoLog((FILES,)), contents=AFTER), Options())
    assert plan.steps == (BeginUndo(FILES), WRITE, DELETE, NoteUndone(FILES, None), CloseUndo(files_only=True))
    assert plan.notes[1] == "goes: what is in b2.py, m1.py now; it is kept: `undo` again brings it back"


def test_a_file_that_was_edited_since_is_not_overwritten() -> None:
    edited = {**AFTER, "alembic/versions/m1.py": b"edited"}
    for entry in (FILES, replace(COPY, verb="rebase", files=FILES.files)):
        with pytest.raises(NoxAlembicError) as error:
            undo.undo(config(), up(undo=UndoLog((entry,)), contents=edited), Options())
        assert told(error) == (
            "NA636",
            "alembic/versions/m1.py was edited after `rebase` of 2026-11-25T20:00:00Z, and would lose that",
            "nothing was changed; `git diff -- alembic/versions/m1.py` shows it: take it out, then `nox -s undo`",
        )


def test_a_revision_that_was_applied_since_keeps_its_file() -> None:
    seen = up(history=chain("a1", "b2"), current=("b2",), undo=UndoLog((FILES,)), contents=AFTER)
    with pytest.raises(NoxAlembicError) as error:
        undo.undo(config(), seen, Options())
    assert told(error) == (
        "NA637",
        "the revision b2 (make b2) has been applied since `rebase`",
        "nothing was changed; `nox -s downgrade -- a1` first, or take back what applied it",
    )
    for left in (replace(seen, current=("a1",)), replace(seen, undo=UndoLog((replace(FILES, revisions=("b2",)),)))):
        assert undo.undo(config(), left, Options()).steps[1] == WRITE
