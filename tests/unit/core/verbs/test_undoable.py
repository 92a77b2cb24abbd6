"""What goes around the steps of a verb so that `undo` can take it back."""

from dataclasses import replace
from typing import Any

import pytest

from nox_alembic.core.copies.space import Room
from nox_alembic.core.copies.undo import FileChange, UndoLog
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.head_file import HeadFile
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import AwaitDatabase, ProveOwnership, StartDatabase
from nox_alembic.core.steps.migration import CopyRevisionFiles, Downgrade, Migrate, Rehearse
from nox_alembic.core.steps.revisions import NoteRebase, ReplaceFile, WriteMerge
from nox_alembic.core.steps.undo import CloseUndo, KeepDatabase, OpenUndo
from nox_alembic.core.verbs import VERBS, Options
from nox_alembic.core.verbs.planning import draft, finished, needs_of_copy, plan_of
from tests.unit.core.make import COPY, ROOT, TWO_HEADS, config, engine, up
from tests.unit.core.make import facts as stopped
from tests.unit.core.verbs.test_rebase import MINE, REWRITE, SOURCE, WRITE_HEAD, forked

FULL = Room(size=7_600_000, has_tables=True)
LARGE = replace(FULL, size=3_100_000_000)
WHY = "since the database has 3.1 GB, more than the undo-limit of 2.0 GB"
CHANGES = (
    FileChange("alembic/versions/b1.py", SOURCE, MINE),
    FileChange("alembic/head", b"b2\n<<<", b"b2\n"),
)


def plan(verb: str, facts: Facts, room: Room = FULL, **options: Any) -> Plan:
    return plan_of(VERBS[verb], config(), replace(facts, room=room), Options(**options))


def test_a_migration_copies_first_what_it_changes() -> None:
    steps = (ProveOwnership(), KeepDatabase("migrate", "heads"), Migrate("heads", ("c3",)), CloseUndo())
    assert plan("migrate", up(current=("b2",))) == Plan(steps=steps)
    assert plan("dev", up(current=("b2",))).steps == (steps[0], KeepDatabase("dev", "heads"), *steps[2:])


def test_a_downgrade_is_proved_first_and_a_reapply_rehearsed() -> None:
    keep, down = KeepDatabase("downgrade"), Downgrade("b2", ("c3",))
    assert plan("downgrade", up()).steps == (ProveOwnership(), keep, down, CloseUndo())
    steps = plan("reapply", up()).steps
    assert steps[:4] == (ProveOwnership(), Rehearse("b2", ("c3",), ("c3",)), KeepDatabase("reapply"), down)
    assert steps[-1] == CloseUndo()


def test_with_nothing_to_do_nobody_asks_how_large_the_database_is() -> None:
    for verb, facts in (("migrate", up()), ("dev", up()), ("migrate", up(fingerprinted_at=()))):
        mine = draft(VERBS[verb], config(), facts, Options())
        assert needs_of_copy(VERBS[verb], facts, mine) == ()
        assert not any(isinstance(step, KeepDatabase) for step in finished(VERBS[verb], config(), facts, mine).steps)
    behind = up(current=("b2",))
    pending = draft(VERBS["migrate"], config(), behind, Options())
    assert needs_of_copy(VERBS["migrate"], behind, pending) == ("room",)
    assert plan("migrate", up(fingerprinted_at=())).steps == (ProveOwnership(), CopyRevisionFiles())


def test_a_database_that_is_made_anew_has_nothing_to_keep() -> None:
    assert not any(isinstance(step, KeepDatabase | CloseUndo) for step in plan("dev", stopped()).steps)


def test_a_fresh_database_has_nothing_to_lose() -> None:
    pending = Migrate("heads", ("a1", "b2", "c3"), seed_later=True)
    assert plan("migrate", up(current=()), Room()).steps == (ProveOwnership(), pending)
    assert plan("migrate", up(current=()), FULL).steps[1] == KeepDatabase("migrate", "heads")


def test_of_a_database_that_is_down_it_is_seen_when_it_is_up() -> None:
    steps = plan("dev", stopped(engine=engine(data_present=True))).steps
    assert steps[:4] == (StartDatabase(), AwaitDatabase(60), ProveOwnership(), KeepDatabase("dev", "heads"))


@pytest.mark.parametrize("verb", ["migrate", "dev", "downgrade", "reapply"])
def test_what_is_too_large_is_asked_for(verb: str) -> None:
    seen = plan(verb, up(current=("b2",)), LARGE)
    assert seen.destroys.endswith(f"the way back: `{verb}` could not be undone, {WHY}")
    assert not any(isinstance(step, KeepDatabase | CloseUndo) for step in seen.steps)


def test_what_goes_besides_is_named_before_the_way_back() -> None:
    orphans = "what these revisions added, with its data: b2 (make b2)"
    assert plan("downgrade", up(current=("b2",)), LARGE).destroys == (
        f"{orphans} and the way back: `downgrade` could not be undone, {WHY}"
    )


def test_a_limit_of_nothing_keeps_nothing_and_asks_nobody() -> None:
    seen = plan_of(VERBS["migrate"], config(undo_limit=0), up(current=("b2",), room=FULL), Options())
    assert seen == Plan(
        (ProveOwnership(), Migrate("heads", ("c3",))), notes=("`migrate` cannot be undone: the undo-limit is 0",)
    )


def test_a_protected_environment_is_migrated_with_a_copy() -> None:
    seen = plan_of(VERBS["migrate"], config(protected=True), up(current=("b2",), room=FULL), Options())
    assert seen.steps[1] == KeepDatabase("migrate", "heads")


def test_a_rebase_keeps_the_database_and_the_files() -> None:
    steps = plan("rebase", forked()).steps
    assert steps[:3] == (ProveOwnership(), KeepDatabase("rebase", files=CHANGES), NoteRebase("b1 onto a1"))
    assert steps[-2:] == (NoteRebase(""), CloseUndo())


def test_a_rebase_of_files_alone_notes_them() -> None:
    steps = plan("rebase", forked(), database=False).steps
    assert steps == (OpenUndo("rebase", ("b2",), CHANGES), REWRITE, WRITE_HEAD, CloseUndo(files_only=True))
    assert plan("rebase", forked(), LARGE, database=False).steps == steps


def test_a_rebase_that_goes_on_does_not_keep_what_it_has_half_made() -> None:
    mine = replace(COPY, verb="rebase", open=True, files=CHANGES)
    cut_off = forked(current=("t1",), rebasing="b1 onto a1", undo=UndoLog((mine,)))
    steps = plan("rebase", cut_off).steps
    assert (steps[0], steps[-1]) == (REWRITE, CloseUndo())
    assert isinstance(plan("rebase", replace(cut_off, undo=UndoLog())).steps[1], KeepDatabase)


def test_a_merge_notes_its_files_and_with_apply_keeps_the_database() -> None:
    head = HeadFile(path=ROOT / "alembic/head", content=b"b2\n")
    facts = up(history=TWO_HEADS, current=("b2",), head_file=head)
    change = FileChange("alembic/head", b"b2\n", b"m1\n")
    steps = plan("merge", facts, new_id="m1").steps
    assert steps[0] == OpenUndo("merge", ("b2",), (change,))
    assert isinstance(steps[1], WriteMerge)
    assert isinstance(steps[2], ReplaceFile)
    assert steps[3:] == (CloseUndo(files_only=True),)
    applied = plan("merge", facts, new_id="m1", apply=True).steps
    assert applied[1] == KeepDatabase("merge", files=(change,))
    assert plan("merge", replace(facts, current=()), Room(), new_id="m1", apply=True).steps[1] == applied[1]


def test_a_merge_of_one_head_changes_nothing_and_notes_nothing() -> None:
    assert plan("merge", up()).steps == ()
