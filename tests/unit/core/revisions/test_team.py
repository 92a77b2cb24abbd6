"""How several heads are told."""

from nox_alembic.core.revisions.heads import named
from nox_alembic.core.revisions.team import Origin, Team, told_heads
from tests.unit.core.make import TWO_HEADS


def test_who_added_what_on_which_branch_is_said() -> None:
    team = Team(origins={"b2": Origin(author="Ada", date="2026-07-01", branch="main"),
                         "b9": Origin(branch="feature", committed=False)})  # fmt: skip
    assert told_heads(TWO_HEADS, team) == (
        "the history has 2 heads: b2 (mine) [added by Ada on 2026-07-01 on main] and b9 [not committed on feature]"
    )


def test_without_git_the_sentence_has_the_heads_alone() -> None:
    assert told_heads(TWO_HEADS, None) == "the history has 2 heads: b2 (mine) and b9"


def test_what_a_shallow_clone_does_not_tell_is_left_out() -> None:
    team = Team(origins={"b2": Origin(branch="main"), "b9": Origin()})
    assert told_heads(TWO_HEADS, team) == "the history has 2 heads: b2 (mine) [on main] and b9"


def test_lists_have_messages() -> None:
    assert named(TWO_HEADS, ["b2", "b9"]) == "b2 (mine), b9"
