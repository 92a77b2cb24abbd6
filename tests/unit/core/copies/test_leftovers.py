"""What killed verbs have left: what is ours, what is still used, and what may be of somebody's moved log."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies import leftovers
from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.core.copies.siblings import Mark, Role, Sibling
from nox_alembic.core.copies.undo import UndoLog
from tests.unit.core.make import KEPT

AT = "2026-11-25T20:00:00.000Z"


def sibling(role: Role, environment: str = "dev") -> Sibling:
    mark = Mark(role=role, of="app", environment=environment, verb="reapply", at=AT)
    return Sibling(mark.name, mark)


def alive(pid: int) -> bool:
    return pid == 7


@pytest.mark.parametrize("role", ["new", "rehearsal", "shadow"])
def test_a_database_that_a_verb_had_for_a_moment_is_left_over(role: Role) -> None:
    one = sibling(role)
    (left,) = leftovers.databases([one], "dev", (), spares_are_made=True)
    assert left == Leftover("database", one.name, f'our mark in it: `reapply` was making a "{role}" of app')
    assert left.shown == f'database {one.name} (our mark in it: `reapply` was making a "{role}" of app)'
    assert not [*leftovers.databases([sibling(role, "test")], "dev", (), spares_are_made=True)]


def test_a_database_that_the_server_did_not_end_dropping_is_left_over() -> None:
    one = sibling("dropping")
    (left,) = leftovers.databases([one], "dev", (), spares_are_made=True)
    assert left == Leftover("database", one.name, "our mark in it: the server had not ended dropping it")
    assert not [*leftovers.databases([sibling("dropping", "test")], "dev", (), spares_are_made=True)]


def test_what_a_process_in_the_background_makes_is_left_to_it() -> None:
    making = sibling("making")
    assert not [*leftovers.databases([making], "dev", (), spares_are_made=True)]
    assert [one.name for one in leftovers.databases([making], "dev", (), spares_are_made=False)] == [making.name]


def test_what_undo_or_a_reset_uses_is_not_left_over() -> None:
    kept, spare = sibling("undo"), sibling("spare")
    assert not [*leftovers.databases([kept, spare], "dev", {kept.name}, spares_are_made=False)]
    (left,) = leftovers.databases([kept, spare], "dev", (), spares_are_made=False)
    assert left.why == "our mark in it: kept by `reapply`, and no longer in the undo log"


def test_data_that_the_undo_log_does_not_have_is_left_over_if_the_log_is_as_old() -> None:
    """Somebody may have moved the log away: what that names stays where it is."""
    log = UndoLog((replace(KEPT, kept=".db.wipe-20261125T200000Z-1-0123abcd"),))
    older, newer = ".db.wipe-20261124T200000Z-1-0123abcd", ".db.wipe-20261126T200000Z-1-0123abcd"
    volume = "dds_db__before_20261126T200000Z_0123ab"
    found = leftovers.set_aside([older, newer, volume, log.entries[0].kept, "db"], log)
    assert [one.name for one in found] == [newer, volume]
    assert not [*leftovers.set_aside([older, newer], UndoLog())]


def test_a_cluster_that_a_dead_run_was_making_is_left_over() -> None:
    names = [".pgdata.new-8", ".pgdata.new-7", ".other.new-8", "pgdata", ".pgdata.new-x"]
    (left,) = leftovers.clusters(names, "pgdata", alive)
    assert left == Leftover("cluster", ".pgdata.new-8", "the process 8 that was making it is gone")


def test_a_throw_away_environment_of_a_dead_run_is_left_over() -> None:
    names = ["dds-test-8-0a1b", "dds-test-8-0a1b", "dds-test-7-0a1b", "dds-test-8", "dds", "my-dds-test-8-0a1b",
             "dds-test-8-0a1b-more"]  # fmt: skip
    (left,) = leftovers.environments(names, "dds", alive)
    assert left == Leftover("environment", "dds-test-8-0a1b", "the process 8 that was using it is gone")
