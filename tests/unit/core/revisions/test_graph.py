"""The revision graph and the questions that verbs ask of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nox_alembic.core.errors import FailedError, FindingError, UsageError
from nox_alembic.core.revisions.graph import History, Revision
from tests.unit.core.make import chain

#      a1 - b2 - m1 - d4
#        \- b9 -/
FORKED = History.of(
    [
        Revision(id="a1", message="make users"),
        Revision(id="b2", down=("a1",), labels=("mine",)),
        Revision(id="b9", down=("a1",)),
        Revision(id="m1", down=("b2", "b9"), message="join"),
        Revision(id="d4", down=("m1",)),
    ]
)


def test_a_downgrade_takes_back_what_stands_on_the_target_and_not_what_stands_beside_it() -> None:
    """As Alembic does it: below a merge the other side stays."""
    merged = History.of(
        [
            Revision(id="a1"),
            Revision(id="b2", down=("a1",)),
            Revision(id="b9", down=("a1",)),
            Revision(id="m1", down=("b2", "b9")),
            Revision(id="p1"),
            Revision(id="p2", down=("p1",), depends_on=("b2",)),
        ]
    )
    assert merged.taken_back("b2", ("m1",)) == ("m1",)
    assert merged.taken_back("a1", ("m1",)) == ("m1", "b9", "b2")
    assert merged.taken_back("a1", ("b2", "p2")) == ("p2", "b2")
    assert merged.taken_back("p1", ("m1", "p2")) == ("p2",)
    assert merged.taken_back("base", ("b9",)) == ("b9", "a1")
    assert merged.taken_back("b9", ("b2", "b9")) == ()


def test_heads_are_what_nothing_follows() -> None:
    assert FORKED.heads == ("d4",)
    assert History.of([Revision(id="b"), Revision(id="a")]).heads == ("a", "b")
    assert History().heads == ()


def test_order_puts_each_revision_after_its_parents() -> None:
    assert FORKED.order == ("a1", "b2", "b9", "m1", "d4")


def test_pending_is_what_lies_between() -> None:
    assert FORKED.pending([], ["d4"]) == ("a1", "b2", "b9", "m1", "d4")
    assert FORKED.pending(["b2"], ["d4"]) == ("b9", "m1", "d4")
    assert FORKED.pending(["d4"], ["b2"]) == ()


def test_a_dependency_counts_as_a_parent_but_leaves_a_head_a_head() -> None:
    history = History.of([Revision(id="a"), Revision(id="b", depends_on=("a",))])
    assert history.heads == ("a", "b")
    assert history.pending([], ["b"]) == ("a", "b")


def test_a_revision_is_found_by_its_id_its_beginning_or_its_label() -> None:
    assert [FORKED.resolve(word) for word in ("a1", "d", "mine")] == ["a1", "d4", "b2"]


def test_an_ambiguous_beginning_lists_the_candidates() -> None:
    with pytest.raises(UsageError) as error:
        FORKED.resolve("b")
    assert str(error.value) == 'NA402: the revision "b" is ambiguous: b2, b9'
    assert error.value.hint == "type more of its characters"


def test_an_unknown_revision_is_also_looked_for_in_the_messages() -> None:
    with pytest.raises(UsageError) as error:
        FORKED.resolve("make-users")
    assert error.value.hint == "the nearest are: a1 (make users)"


def test_an_unknown_revision_in_an_empty_project_says_so() -> None:
    with pytest.raises(UsageError) as error:
        History().resolve("x")
    assert error.value.hint == "the project has no revisions yet"


def test_a_revision_of_another_branch_is_a_finding() -> None:
    with pytest.raises(FindingError) as error:
        FORKED.refuse_unknown(["b2", "zz"])
    assert error.value.message == "the database is at zz, and this branch has no such revision"


@pytest.mark.parametrize(
    ("revisions", "message"),
    [
        (
            [Revision(id="a", path="1.py"), Revision(id="a", path="2.py")],
            "1.py and 2.py both have the revision id a",
        ),
        ([Revision(id="b", down=("a",), path="2.py")], "2.py follows the revision a, which has no file"),
        ([Revision(id="a", down=("b",)), Revision(id="b", down=("a",))], "the revisions a, b form a cycle"),
    ],
)
def test_files_that_form_no_history_are_named(revisions: list[Revision], message: str) -> None:
    with pytest.raises(FailedError) as error:
        History.of(revisions)
    assert error.value.message == f"the revision files do not form a history: {message}"


def test_a_chain_of_thousands_does_not_recurse() -> None:
    ids = [f"r{number:05}" for number in range(5000)]
    assert chain(*ids).order == tuple(ids)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any graph without a cycle: each revision follows some of the earlier ones."""
    count = draw(st.integers(0, 12))
    downs = [draw(st.sets(st.integers(0, max(0, number - 1)), max_size=min(number, 2))) for number in range(count)]
    return History.of(
        Revision(id=f"r{number}", down=tuple(f"r{down}" for down in sorted(downs[number]))) for number in range(count)
    )


@given(histories())
def test_an_upgrade_runs_each_revision_once_and_after_its_parents(history: History) -> None:
    done: set[str] = set()
    for key in history.pending([], history.heads):
        assert set(history.revisions[key].parents) <= done
        done.add(key)
    assert done == set(history.revisions)


@given(histories())
def test_nothing_is_pending_at_the_heads(history: History) -> None:
    assert history.pending(history.heads, history.heads) == ()
