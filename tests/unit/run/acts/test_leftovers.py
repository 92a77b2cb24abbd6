"""The sweep of what killed verbs have left, on real folders and a server that is only talked about."""

from dataclasses import replace
from pathlib import Path

import pytest

from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.core.copies.siblings import Mark
from nox_alembic.core.facts import DataLocation
from nox_alembic.run.acts.leftovers import Leftovers
from nox_alembic.run.acts.undo.log import LiveUndoLog
from tests.unit.core.make import COPY, KEPT
from tests.unit.fakes import FakeEngine, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings
from tests.wiper.places import make_database

OURS = ".db.wipe-20261125T200000Z-1-0123abcd"
LEFT = ".db.wipe-20261126T200000Z-1-0123abcd"
PROJECT = Leftover("environment", "dds-test-8-0a1b", "the process 8 that was using it is gone")


@pytest.fixture
def act(tmp_path: Path) -> Leftovers:
    """An environment with one kept state and one kept database, and beside each one that is left over."""
    location = DataLocation(kind="folder", path=tmp_path / "db", within=tmp_path)

    class Placed(FakeEngine):
        @property
        def location(self) -> DataLocation:
            return location

    world = World(left=[PROJECT])
    for name in ("db", OURS, LEFT):
        make_database(tmp_path / name)
    kept = Mark(role="undo", of="ddsurveys", environment="dev", verb="downgrade", at="2026-11-25T20:00:00.000Z")
    tried = replace(kept, role="rehearsal", verb="reapply")
    siblings = FakeSiblings(world, {COPY.kept: kept, tried.name: tried})
    log = LiveUndoLog(
        engine=Placed(world), server=FakeServer(world), dropping=siblings, environment="dev",
        path=tmp_path / "undo.json", limit=2,
    )  # fmt: skip
    log.push(replace(KEPT, kept=OURS))
    log.push(COPY)
    return Leftovers(engine=log.engine, log=log, spares_are_made=lambda: False)


def test_what_is_left_over_is_listed_and_nothing_is_changed(act: Leftovers) -> None:
    assert [one.name for one in act.probe()] == ["ddsurveys__rehearsal", LEFT, PROJECT.name]
    assert [one.name for one in act.probe()] == ["ddsurveys__rehearsal", LEFT, PROJECT.name]


def test_it_is_removed_and_what_is_kept_stays(act: Leftovers, tmp_path: Path) -> None:
    assert [one.name for one in act.sweep()] == ["ddsurveys__rehearsal", LEFT, PROJECT.name]
    assert act.engine.world.events == ["drop ddsurveys__rehearsal", f"remove {PROJECT.name}"]  # type: ignore[attr-defined] # of the fake
    assert ((tmp_path / OURS).exists(), (tmp_path / LEFT).exists()) == (True, False)
    assert act.sweep() == ()


def test_what_cannot_be_removed_is_left_to_the_next_verb(act: Leftovers) -> None:
    act.engine.world.fails = f"remove {PROJECT.name}"  # type: ignore[attr-defined] # of the fake
    assert PROJECT not in act.sweep()
    assert act.probe() == (PROJECT,)
