"""What `undo` brings back, and in which order."""

from dataclasses import replace

import pytest

from nox_alembic.core.errors import NoxAlembicError, RefusedError
from nox_alembic.core.recipes import Options, undo
from nox_alembic.core.steps import (
    AwaitBackend,
    AwaitDatabase,
    CloseUndo,
    Kill,
    ProveOwnership,
    PutBack,
    StartDatabase,
    StartServices,
)
from nox_alembic.core.undo import Journal
from tests.unit.core.make import FOLDER, KEPT, config, engine, facts, told, up

OLDER = replace(KEPT, id="9f8e7d", at="2026-11-24T08:00:00Z", kept=".db.older", revisions=("a1",))
BOTH = Journal((OLDER, KEPT))


def test_the_newest_comes_back_and_everything_is_started_on_it() -> None:
    plan = undo.undo(config(), up(current=("b2",), undo=BOTH), Options())
    assert plan.steps == (
        ProveOwnership(),
        Kill(),
        PutBack(FOLDER, KEPT, ("b2",)),
        StartDatabase(),
        AwaitDatabase(60),
        StartServices(("backend",)),
        AwaitBackend(60),
        CloseUndo(),
    )
    assert plan.notes == (
        "comes back: 0ab1c2: the data before `reset` of 2026-11-25T20:00:00Z, at c3",
        "what is there now is kept in its place: `undo` again brings it back",
    )
    assert plan.destroys == ""


def test_data_behind_head_comes_back_without_a_backend_that_could_not_use_it() -> None:
    plan = undo.undo(config(), up(undo=BOTH), Options(generation="9f8e7d"))
    assert plan.steps[:3] == (ProveOwnership(), Kill(), PutBack(FOLDER, OLDER, ("c3",)))
    assert plan.steps[3:] == (StartDatabase(), AwaitDatabase(60), CloseUndo())
    assert plan.notes[-1] == "it is not known to be at head: `nox -s dev` migrates it and starts the backend"


def test_an_undo_that_was_killed_between_its_renames_is_finished() -> None:
    """What it set aside is the newest by then, and nothing is in the data's place."""
    mine = replace(KEPT, id="aaaaaa", verb="undo", kept=".db.mine", open=True)
    cut_off = facts(engine=engine(data_present=False), undo=Journal((KEPT, mine)))
    assert PutBack(FOLDER, KEPT, None) in undo.undo(config(), cut_off, Options()).steps


def refusal(generation: str, journal: Journal, **fields: object) -> tuple[str, str, str]:
    with pytest.raises(NoxAlembicError) as error:
        undo.undo(config(), up(undo=journal, **fields), Options(generation=generation))
    return told(error)


def test_nothing_to_undo_is_said() -> None:
    message = "there is nothing to undo in this environment"
    assert refusal("", Journal()) == ("NA631", message, "`nox -s status` shows it")


def test_an_unknown_id_lists_what_there_is() -> None:
    assert refusal("zzz", Journal((KEPT,))) == (
        "NA632",
        'there is no kept data "zzz"',
        "there is 0ab1c2: the data before `reset` of 2026-11-25T20:00:00Z, at c3",
    )


def test_what_the_wiper_refuses_is_not_put_back_either() -> None:
    refused = RefusedError("NA308", "in use", hint="stop it")
    assert refusal("", BOTH, refusal=refused) == ("NA308", "in use", "stop it")


def test_a_journal_forgets_what_is_not_there_and_what_is_too_much() -> None:
    journal = BOTH.pushed(replace(KEPT, id="bbbbbb", kept=".db.newest", open=True))
    assert journal.is_open
    assert [one.id for one in journal.closed(2).generations] == ["0ab1c2", "bbbbbb"]
    assert not journal.closed(2).is_open
    assert [one.id for one in journal.having({".db.older"}).generations] == ["9f8e7d"]
