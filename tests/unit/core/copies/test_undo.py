"""The undo log: what is there, what is hidden, what is let go, and which one is meant."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies.undo import FileChange, UndoEntry, UndoLog
from nox_alembic.core.errors import NoxAlembicError
from tests.unit.core.make import COPY, KEPT, told

CHANGE = FileChange("alembic/head", b"a1\n", b"b2\n")
FILES = replace(KEPT, id="f00001", verb="merge", kind="files", kept="", files=(CHANGE,))


RESETS = [replace(KEPT, id=f"r{number}", kept=f"r{number}", open=True) for number in range(5)]


def copy(number: int, **fields: object) -> UndoEntry:
    return replace(COPY, id=f"d{number}", kept=f"copy{number}", **fields)  # type: ignore[arg-type]


def names(log: UndoLog) -> list[str]:
    return [one.id for one in log.entries]


def test_each_kind_is_shown_as_what_it_is() -> None:
    assert KEPT.shown == "0ab1c2: the data before `reset` of 2026-11-25T20:00:00Z, at c3"
    assert COPY.shown == "d00001: the database before `downgrade` of 2026-11-25T20:00:00Z, at c3, 7.6 MB"
    assert FILES.shown == "f00001: the files before `merge` of 2026-11-25T20:00:00Z: alembic/head"
    assert replace(COPY, files=(CHANGE,), half_made=True, revisions=()).shown == (
        "d00001: the database before `downgrade` of 2026-11-25T20:00:00Z, at no revision, 7.6 MB,"
        " as a run that did not end left it, and of the files alembic/head"
    )


def test_a_database_is_there_when_the_server_has_it_and_while_nobody_can_ask() -> None:
    log = UndoLog((copy(1), copy(2)))
    assert names(log.having((), {"copy2"})) == ["d2"]
    assert names(log.having((), None)) == ["d1", "d2"]


def moved(log: UndoLog, entry: UndoEntry, *databases: str) -> UndoLog:
    """Return the log after all the data was set aside, with the databases that are in the server then."""
    return log.pushed(entry).having({one.kept for one in (*log.entries, entry)}, databases)


def test_a_database_in_a_folder_that_was_set_aside_is_hidden_and_comes_back_with_it() -> None:
    hidden = moved(UndoLog((copy(1),)), KEPT, "copy2").pushed(copy(2))
    assert [one.hidden for one in hidden.entries] == [True, False, False]
    assert hidden.newest == copy(2)
    assert hidden.having({KEPT.kept}, None) == hidden, "as it was seen last"
    assert names(hidden.closed(2)) == ["d1", "0ab1c2", "d2"]
    back = hidden.without(KEPT).pushed(replace(KEPT, id="b", verb="undo", kept="other")).having({"other"}, {"copy1"})
    assert [(one.id, one.hidden) for one in back.entries] == [("d1", False), ("d2", True), ("b", False)]


def test_a_database_is_found_in_the_next_data_where_nobody_noted_where_it_lies() -> None:
    """Earlier versions did not, and a copy of the server has what is dropped in the server afterwards."""
    of_before = UndoLog((RESETS[0], replace(copy(1), hidden=True), RESETS[1], RESETS[2]))
    known = of_before.having({"r0", "r1", "r2"}, None)
    assert [one.within for one in known.entries] == ["", "r1", "", ""]
    assert names(known.closed(2)) == ["r0", "d1", "r1", "r2"]
    assert names(of_before.having({"r0"}, ())) == ["r0"]
    server = replace(RESETS[1], verb="downgrade")
    dropped = UndoLog((copy(1),)).pushed(server).having({"r1"}, ())
    assert [(one.id, one.hidden) for one in dropped.closed(1).entries] == [("d1", True), ("r1", False)]


def test_while_nobody_can_ask_it_is_known_from_the_data_that_is_there_where_a_database_lies() -> None:
    aside = UndoLog((copy(1),)).pushed(RESETS[1])
    assert [one.hidden for one in aside.having({"r1"}, None).entries] == [True, False]
    again = aside.having({"r1"}, None).pushed(RESETS[2])
    assert [one.within for one in again.entries] == ["r1", "", ""], "it does not lie in what the second one sets aside"
    assert names(again.having({"r1"}, ())) == ["d1", "r1"]
    back = aside.having({"r1"}, ()).pushed(replace(RESETS[2], verb="undo")).having({"r2"}, None)
    assert [(one.id, one.hidden) for one in back.entries] == [("d1", False), ("r2", False)]
    assert back.pushed(RESETS[3]).entries[0].within == "r3"


def test_what_lies_in_data_that_is_kept_stays_as_it_is_and_goes_with_that() -> None:
    left = UndoLog((copy(1, open=True), copy(2, open=True, half_made=True), copy(3, open=True, half_made=True)))
    hidden = moved(left, RESETS[1])
    assert names(hidden.closed(1)) == ["d1", "d2", "d3", "r1"]
    assert not hidden.closed(1).is_open
    assert names(moved(hidden.closed(1), RESETS[2]).closed(1)) == ["r2"]


def test_an_undo_of_all_the_data_ends_no_verb_that_had_failed_in_it() -> None:
    left = UndoLog((copy(1, open=True), copy(2, open=True, half_made=True)))
    hidden = moved(left, RESETS[1]).closed(1)
    back = moved(hidden.without(hidden.entries[-1]), replace(RESETS[2], verb="undo"), "copy1", "copy2")
    closed = back.closed(1, uncovers=True)
    assert [(one.id, one.open, one.hidden) for one in closed.entries] == [
        ("d1", True, False), ("d2", True, False), ("r2", False, False),
    ]  # fmt: skip
    assert names(closed.pushed(copy(3, open=True)).under_way(1)) == ["d1", "r2", "d3"]
    again = moved(closed, RESETS[3])
    assert [one.within for one in again.entries] == ["r3", "r3", "", ""]


def test_files_are_always_there_where_any_were_changed() -> None:
    assert names(UndoLog((FILES, replace(FILES, id="e", files=()))).having((), ())) == ["f00001"]


def test_of_each_kind_the_newest_stay() -> None:
    folders = [replace(KEPT, id=f"k{number}", kept=f"k{number}") for number in (1, 2, 3)]
    log = UndoLog((copy(1), folders[0], copy(2), FILES, folders[1], folders[2], copy(3, open=True)))
    assert names(log.closed(2)) == ["d2", "f00001", "k2", "k3", "d3"]
    assert not any(one.open for one in log.closed(2).entries)


def test_only_the_loss_of_all_the_data_leaves_something_half_made_in_its_place() -> None:
    assert UndoLog((replace(KEPT, open=True), copy(1, open=True))).is_half_made
    changed = UndoLog((KEPT, copy(1, open=True)))
    assert (changed.is_open, changed.is_half_made) == (True, False)
    assert not UndoLog((KEPT, copy(1), replace(FILES, open=True))).is_open


def test_a_copy_of_the_whole_server_leaves_what_is_in_its_place_as_it_is() -> None:
    whole = replace(KEPT, verb="downgrade", open=True)
    assert not UndoLog((whole,)).is_half_made
    log = UndoLog((replace(whole, open=False),))
    for number in (1, 2, 3):
        log = log.pushed(replace(whole, id=f"w{number}")).thinned(1)
    assert [(one.id, one.half_made) for one in log.entries] == [("0ab1c2", False), ("w1", False), ("w3", True)]
    assert names(log.closed(1)) == ["w1", "w3"], "the last whole state stays"


def test_verbs_that_fail_again_and_again_never_take_the_place_of_the_last_whole_state() -> None:
    log = UndoLog((copy(1), copy(2, open=True)))
    for number in (3, 4, 5, 6):
        log = log.pushed(copy(number, open=True)).thinned(2)
    assert [(one.id, one.half_made) for one in log.entries] == [
        ("d1", False), ("d2", False), ("d5", True), ("d6", True),
    ]  # fmt: skip
    assert names(log.closed(2)) == ["d2", "d5", "d6"]
    after = log.closed(2).pushed(copy(7, open=True))
    assert (names(after.closed(2)), after.entries[-1].half_made) == (["d6", "d7"], False)


def test_while_verbs_fail_what_the_first_of_them_took_away_stays_and_of_what_they_left_the_newest() -> None:
    log = UndoLog((replace(KEPT, id="old"),)).pushed(RESETS[1])
    assert names(log.under_way(1)) == ["r1"]
    for number in (2, 3):
        log = log.marked_made().pushed(RESETS[number])
    assert [(one.id, one.half_made) for one in log.under_way(1).entries] == [("r1", False), ("r3", True)]
    assert names(log.closed(1)) == ["r1", "r3"]
    assert names(log.closed(1).pushed(RESETS[4]).under_way(1)) == ["r4"]


def test_what_lies_in_place_is_half_made_until_a_verb_says_that_it_is_whole_or_comes_to_its_end() -> None:
    log = UndoLog().pushed(RESETS[1])
    assert log.is_half_made
    assert not log.marked_made().is_half_made
    assert log.marked_made().marked_made(made=False) == log
    assert not log.closed(1).is_half_made
    assert log.closed(1).marked_made() == log.closed(1)
    assert not any(one.made for one in log.marked_made().closed(1).entries)


@pytest.mark.parametrize("later", [RESETS[3], copy(3, open=True)])
def test_what_an_undo_took_away_stays_when_only_the_backend_failed_and_a_verb_ends_well_then(later: UndoEntry) -> None:
    failed = UndoLog().pushed(replace(later, id="u", verb="undo"))
    ended = failed.pushed(later).closed(1)
    assert [(one.id, one.open, one.half_made) for one in ended.entries] == [
        ("u", False, False), (later.id, False, False),
    ]  # fmt: skip
    assert names(ended.pushed(replace(later, id="w")).closed(1)) == ["w"]


def test_what_undo_puts_back_is_whole_and_what_it_sets_aside_then_is_half_made() -> None:
    log = UndoLog().pushed(RESETS[1]).without(RESETS[1]).pushed(replace(RESETS[2], verb="undo"))
    assert not log.is_half_made
    taken = UndoLog().pushed(RESETS[1]).pushed(replace(RESETS[2], verb="undo"))
    assert [one.half_made for one in taken.entries] == [False, True]
    assert [one.half_made for one in taken.pushed(RESETS[3]).entries] == [False, True, False]


def brought_back(log: UndoLog, entry: UndoEntry, aside: UndoEntry) -> UndoLog:
    """Return the log after a swap, before the `undo` that did it has closed it."""
    there = [one for one in (*log.entries, aside) if one.id != entry.id]
    folders, databases = ({one.kept for one in there if one.kind == kind} for kind in ("folder", "database"))
    return log.pushed(replace(aside, verb="undo"), bringing=entry).having(folders, databases)


@pytest.mark.parametrize("first", [copy(1, open=True), RESETS[1]])
def test_an_undo_that_brings_back_what_a_verb_has_left_spares_what_was_before_it(first: UndoEntry) -> None:
    log = UndoLog().pushed(first).pushed(copy(2, open=True)).closed(1)
    assert [(one.open, one.half_made) for one in log.entries] == [(False, False), (False, True)]
    assert log.whole_before(log.entries[1]) == log.entries[0]
    after = brought_back(log, log.entries[1], copy(3, open=True))
    for found in (after, after.closed(1)):
        assert names(found) == [first.id, "d3"]
        assert [one.spared for one in found.entries] == [True, False]
        failing = found.pushed(copy(4, open=True)).pushed(copy(5, open=True))
        assert [one.half_made for one in failing.entries[2:]] == [False, True], "what was brought back was chosen"
        assert first.id in names(failing.under_way(1))
    assert not any(one.spared for one in after.closed(1).pushed(copy(4)).closed(3).entries)
    back = brought_back(after.closed(1), after.closed(1).entries[0], replace(first, id="u", kept="u"))
    assert not any(one.open or one.spared for one in back.closed(2).entries)


def test_an_undo_that_was_killed_before_it_swapped_spares_nothing() -> None:
    log = UndoLog().pushed(RESETS[1]).pushed(copy(2, open=True)).closed(1)
    begun = log.pushed(copy(3, verb="undo", open=True), bringing=log.entries[1])
    assert begun.having({"r1"}, {"copy2"}) == log


def test_what_a_volume_keeps_stays_half_made_when_its_move_is_seen_to_have_ended() -> None:
    moved = replace(RESETS[2], kind="volume", doubtful=True)
    log = UndoLog().pushed(RESETS[1]).pushed(moved).settled(moved, "17")
    assert [(one.half_made, one.doubtful, one.server) for one in log.entries[1:]] == [(True, False, "17")]


def test_a_database_that_is_copied_out_of_half_made_data_is_half_made_itself() -> None:
    log = UndoLog().pushed(RESETS[1]).pushed(copy(1, open=True))
    assert [one.half_made for one in log.entries] == [False, True]


def test_a_verb_that_changed_files_ends_nothing_but_itself() -> None:
    log = UndoLog((replace(KEPT, open=True), *(replace(FILES, id=f"f{number}", open=True) for number in (1, 2))))
    assert [(one.id, one.open) for one in log.closed(1, files_only=True).entries] == [("0ab1c2", True), ("f2", False)]


def test_the_newest_states_stay_also_where_an_earlier_verb_was_only_thought_to_be_unfinished() -> None:
    """A verb that was killed before it changed anything needs no other one to go on, and is open all the same."""
    log = UndoLog((copy(1, open=True),)).pushed(copy(2)).pushed(copy(3, open=True)).thinned(2)
    assert names(log) == names(log.closed(3)) == ["d1", "d2", "d3"]


def test_a_file_that_is_known_late_is_noted_in_the_generation_of_its_verb_alone() -> None:
    late = FileChange("alembic/versions/m1.py", None, b"text")
    opened = UndoLog((copy(1), replace(FILES, open=True)))
    assert opened.changing("merge", late).newest == replace(FILES, open=True, files=(CHANGE, late))
    for untouched in (opened, UndoLog((FILES,)), UndoLog()):
        assert untouched.changing("rebase", late) == untouched
    assert UndoLog((FILES,)).changing("merge", late) == UndoLog((FILES,))
    assert late.reverse == FileChange("alembic/versions/m1.py", b"text", None)


def test_what_lies_in_the_data_of_a_reset_is_not_found_before_that_is_taken_back() -> None:
    hidden = moved(UndoLog((copy(1),)), KEPT)
    with pytest.raises(NoxAlembicError) as error:
        hidden.chosen("d1")
    assert told(error) == (
        "NA634",
        'the database "copy1" is not in the server that runs now',
        "it went with the data before `reset` of 2026-11-25T20:00:00Z: `nox -s undo -- 0ab1c2` first",
    )


def test_json_has_the_names_of_files_and_not_what_is_in_them() -> None:
    assert FILES.as_json["files"] == ["alembic/head"]
    assert "made" not in FILES.as_json
