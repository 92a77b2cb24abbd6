"""Verbs over revisions that change what all databases of a server share."""

from dataclasses import replace
from typing import Any

import pytest

from nox_alembic.core.consent import asks_later
from nox_alembic.core.copies.space import Room
from nox_alembic.core.copies.undo import FileChange
from nox_alembic.core.effects.shared import Shared
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.checks import CompareModels
from nox_alembic.core.steps.lifecycle import AwaitDatabase, Discard, ProveOwnership, StartDatabase
from nox_alembic.core.steps.migration import Downgrade, DowngradeOrphans, Migrate, Rehearse
from nox_alembic.core.steps.revisions import DropShadow, MakeShadow, WriteRevision
from nox_alembic.core.steps.throwaway import OnThrowaway
from nox_alembic.core.steps.undo import CloseUndo, KeepDatabase, KeepServer, Sweep
from nox_alembic.core.verbs import VERBS, Options
from nox_alembic.core.verbs.planning import draft, needs_of_copy, plan_of
from nox_alembic.core.verbs.sharing import what_is_shared
from nox_alembic.core.verbs.spares import obstacle
from tests.unit.core.make import FOLDER, chain, config, engine, orphan, up
from tests.unit.core.make import facts as stopped
from tests.unit.core.verbs.test_reset import running

SHARED = Shared("creates the role app", "drops the role app")
FULL = Room(size=7_600_000, has_tables=True, free=10_000_000_000)
UP = "b2 (make b2) creates the role app"
NOTE = f"{UP}, which all databases of a server share"
BACK = "b2 (make b2) drops the role app, which all databases of a server share"


FIXED = "this user may not rename anything in /project/volumes"


def with_roles(**fields: Any) -> Facts:
    """Everything is up, and b2 makes a role."""
    known = chain("a1", "b2", "c3").revisions
    history = History.of({**known, "b2": replace(known["b2"], shared=SHARED)}.values())
    return up(**{"history": history, "room": FULL, "data_size": 45_000_000, **fields})


def plan(verb: str, facts: Facts, **options: Any) -> Plan:
    return plan_of(VERBS[verb], config(), facts, Options(**options))


def kept(verb: str, *revisions: str, files: tuple[FileChange, ...] = ()) -> KeepServer:
    return KeepServer(FOLDER, verb, revisions, 60, files)


def test_what_is_shared_is_told_by_the_first_revision_that_changes_it() -> None:
    assert what_is_shared(with_roles(), ("a1", "b2")) == UP
    assert what_is_shared(with_roles(), ("a1", "c3", "zz")) == ""


def test_the_whole_server_is_copied_before_a_way_over_such_a_revision_and_no_other() -> None:
    down = Downgrade("a1", ("c3", "b2"))
    assert plan("downgrade", with_roles(), revision="a1") == Plan(
        steps=(ProveOwnership(), kept("downgrade", "c3"), ProveOwnership(), down, CloseUndo(), Sweep(FOLDER)),
        destroys="what these revisions added, with its data: c3 (make c3), b2 (make b2)",
        notes=(BACK,),
    )
    assert plan("downgrade", with_roles()).steps[1] == KeepDatabase("downgrade")
    migrate = plan("migrate", with_roles(current=("a1",)))
    assert migrate.steps[1:4] == (kept("migrate", "a1"), ProveOwnership(), Migrate("heads", ("b2", "c3")))
    assert migrate.notes == (NOTE,)
    assert plan("migrate", with_roles(current=("b2",))).steps[1] == KeepDatabase("migrate", "heads")


def test_an_empty_database_has_nothing_to_keep() -> None:
    seen = with_roles(current=(), room=Room())
    assert not any(isinstance(step, KeepServer | KeepDatabase) for step in plan("migrate", seen).steps)


def test_the_size_and_the_place_of_all_the_data_are_asked_for_before_it_is_copied() -> None:
    for seen, needs in (
        (with_roles(current=("a1",)), ("room", "data size", "place")),
        (up(current=("a1",)), ("room",)),
    ):
        assert needs_of_copy(VERBS["migrate"], seen, draft(VERBS["migrate"], config(), seen, Options())) == needs


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"data_size": 3_000_000_000}, "the server's data has 3.0 GB, more than the undo-limit of 2.0 GB"),
        (
            {"room": replace(FULL, free=90_000_000)},
            "a copy of the server's data takes 45.0 MB, and the disk has 90.0 MB left",
        ),
        (
            {"engine": replace(up().engine, unkept="no folder and no named volume is mounted where it is")},
            "no folder and no named volume is mounted where it is",
        ),
        ({"fixed": FIXED}, FIXED),
    ],
)
def test_data_that_cannot_be_copied_as_a_whole_is_asked_for(fields: dict[str, Any], why: str) -> None:
    asked = plan("migrate", with_roles(current=("a1",), **fields))
    assert asked.destroys == f"the way back: `migrate` could not be undone, since {why}"
    assert not any(isinstance(step, KeepServer) for step in asked.steps)


def test_what_another_branch_has_applied_is_looked_at_too() -> None:
    found = orphan("x1", "c3")
    found = replace(found, revision=replace(found.revision, shared=SHARED))
    seen = up(current=("x1",), orphans=Orphans(found=(found,)), room=FULL, data_size=1)
    steps = plan("migrate", seen, interactive=True).steps
    assert steps[1:4] == (kept("migrate", "x1"), ProveOwnership(), DowngradeOrphans(Orphans(found=(found,))))


def test_a_database_that_is_down_is_started_to_see_what_is_pending() -> None:
    seen = with_roles(current=None, engine=engine(data_present=True))
    assert plan("dev", seen) == Plan(
        steps=(StartDatabase(), AwaitDatabase(60)),
        notes=("the database is started to see what is pending in it",),
        again=True,
    )
    fresh = stopped(history=with_roles().history)
    assert Migrate("heads", seed_later=True) in plan("dev", fresh).steps


def test_the_history_is_replayed_on_a_server_of_its_own() -> None:
    check = plan("check", with_roles())
    assert (check.steps, check.lastly) == ((OnThrowaway((MakeShadow(), CompareModels())),), ())
    revision = plan("revision", with_roles(), message="rooms")
    assert (revision.steps, revision.lastly) == ((OnThrowaway((MakeShadow(), WriteRevision("rooms"))),), ())
    assert plan("check", up()).lastly == (DropShadow(),)
    without = plan("check", stopped(history=with_roles().history))
    assert without.steps[-2:] == (MakeShadow(), CompareModels())
    assert without.lastly == (Discard(),)


def test_a_rehearsal_is_on_a_server_of_its_own_and_asks_for_a_loss_as_any_other() -> None:
    steps = plan("reapply", with_roles()).steps
    rehearse = OnThrowaway((Rehearse("b2", ("c3",), ("c3",)),))
    assert steps[:2] == (rehearse, ProveOwnership()), "it is proved before what follows"
    assert asks_later(plan("reapply", with_roles()))
    assert not asks_later(plan("downgrade", with_roles()))
    assert rehearse.title == (
        "on a throw-away server: rehearse it, down and up, on a copy of the database, and ask before anything is lost"
    )


def test_no_database_is_swapped_in_where_the_history_reaches_beyond_it() -> None:
    assert obstacle(running()) == ""
    assert obstacle(running(history=with_roles().history)) == NOTE
