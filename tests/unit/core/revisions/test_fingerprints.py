"""Which records of applied files hold, and which are missing."""

from nox_alembic.core.revisions.fingerprints import holding, unfingerprinted
from tests.unit.core.make import chain

HISTORY = chain("a1", "b2", "c3")


def test_the_record_of_a_downgraded_revision_goes_and_those_of_applied_ones_stay() -> None:
    fingerprints = {"a1": "1", "b2": "2", "c3": "3", "gone": "4"}
    assert holding(HISTORY, ["b2"], fingerprints) == {"a1": "1", "b2": "2"}
    assert holding(HISTORY, [], fingerprints) == {}


def test_below_a_revision_that_is_not_on_this_branch_the_records_of_others_like_it_stay() -> None:
    fingerprints = {"a1": "1", "c3": "3", "x1": "4", "x2": "5"}
    assert holding(HISTORY, ["a1", "x2"], fingerprints) == {"a1": "1", "x1": "4", "x2": "5"}


def test_what_is_applied_without_a_record_is_listed_in_order() -> None:
    assert unfingerprinted(HISTORY, ["c3"], {"b2": "2"}) == ("a1", "c3")
    assert unfingerprinted(HISTORY, ["b2"], {"a1": "1", "b2": "2"}) == ()
