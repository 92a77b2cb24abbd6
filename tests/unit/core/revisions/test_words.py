"""The words for revisions mean what they mean for Alembic itself, and branches with labels may stand side by side."""

from collections.abc import Iterable

import pytest
from alembic.script.revision import Revision as AlembicRevision
from alembic.script.revision import RevisionMap

from nox_alembic.core.errors import FindingError, UsageError
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.words import Words
from tests.unit.core.make import told

# Two branches with a root each, one of which forks; the blog's second revision needs the shop's.
SHOP = ("s1", "s2", "s3")
BRANCHES = History.of([
    Revision(id="s1", labels=("shop",)),
    Revision(id="s2", down=("s1",)),
    Revision(id="s3", down=("s2",), message="add carts"),
    Revision(id="b1", labels=("blog",)),
    Revision(id="b2", down=("b1",), depends_on=("s2",)),
])  # fmt: skip
# One root, on which two branches stand.
FORK = History.of([
    Revision(id="r1"),
    Revision(id="r2", down=("r1",)),
    Revision(id="x1", down=("r2",), labels=("x",)),
    Revision(id="y1", down=("r2",), labels=("y",)),
    Revision(id="y2", down=("y1",)),
])  # fmt: skip


def alembic(history: History) -> RevisionMap:
    return RevisionMap(
        lambda: [
            AlembicRevision(one.id, one.down or None, one.depends_on or None, one.labels or None)
            for one in history.revisions.values()
        ]
    )


def ids(found: Iterable[object]) -> set[str]:
    return {getattr(one, "revision", "base") for one in found if one != ()}


def up(history: History, word: str, *current: str) -> str:
    return Words(history, current).id(word)


UPGRADES = [
    (BRANCHES, "shop@head", ()),
    (BRANCHES, "blog@head", ()),
    (BRANCHES, "shop@+2", ()),
    (BRANCHES, "shop@+1", ("s1", "b1")),
    (BRANCHES, "s1+1", ()),
    (BRANCHES, "s3-1", ()),
    (BRANCHES, "shop@s2", ()),
    (BRANCHES, "shop@head-1", ()),
    (FORK, "+2", ()),
    (FORK, "+1", ("r1",)),
    (FORK, "x@+1", ("r2",)),
    (FORK, "y@+2", ("r2",)),
    (FORK, "y@head", ()),
    (FORK, "y2-2", ()),
]


@pytest.mark.parametrize(("history", "word", "current"), UPGRADES)
def test_an_upgrade_goes_where_alembic_goes(history: History, word: str, current: tuple[str, ...]) -> None:
    found = alembic(history)._parse_upgrade_target(current, word, assert_relative_length=True)
    assert {up(history, word, *current)} == ids(found)


DOWNGRADES = [
    (BRANCHES, "s3@base", ("s3", "b1")),
    (BRANCHES, "b1@base", ("s3", "b1")),
    (BRANCHES, "s3@base", ("s3", "b2")),
    (BRANCHES, "s1", ("s3", "b1")),
    (BRANCHES, "base", ("s3", "b2")),
    (FORK, "y2@r2", ("x1", "y2")),
    (FORK, "r2", ("x1", "y2")),
    (FORK, "x1@base", ("x1", "y2")),
]


@pytest.mark.parametrize(("history", "target", "current"), DOWNGRADES)
def test_a_downgrade_takes_back_what_alembic_takes_back(
    history: History, target: str, current: tuple[str, ...]
) -> None:
    found, _ = alembic(history)._collect_downgrade_revisions(
        current, target, inclusive=False, implicit_base=False, assert_relative_length=False
    )
    assert set(history.taken_back(target, current)) == ids(found)


@pytest.mark.parametrize("history", [BRANCHES, FORK])
def test_labels_are_those_that_alembic_gives(history: History) -> None:
    known = alembic(history)
    expected = {key: frozenset(known.get_revision(key).branch_labels) for key in history.revisions}  # type: ignore[union-attr]
    assert dict(history.labels) == {key: labels for key, labels in expected.items() if labels}


def test_several_heads_are_meant_where_each_has_a_label_of_its_own() -> None:
    assert not BRANCHES.is_forked
    assert not FORK.is_forked
    assert History.of([Revision(id="a", labels=("x",)), Revision(id="b")]).is_forked
    forked = [*BRANCHES.revisions.values(), Revision(id="s4", down=("s2",))]
    assert History.of(forked).is_forked
    assert not History.of([Revision(id="a")]).is_forked


def test_of_what_needs_another_branch_only_the_one_is_in_the_database() -> None:
    needing = [*BRANCHES.revisions.values(), Revision(id="b3", down=("b2",), depends_on=("s3",))]
    history = History.of(needing)
    assert (history.heads, history.tips) == (("b3", "s3"), ("b3",))
    assert history.pending(("b3",), history.targets("heads")) == ()


def test_what_stands_beside_a_revision_stays_when_it_is_taken_back() -> None:
    assert [BRANCHES.below(key) for key in ("s1", "s2")] == ["s1@base", "s1"]
    assert [FORK.below(key) for key in ("r1", "r2", "y1")] == ["base", "r1", "y1@r2"]


AMBIGUOUS = "name the revision, or its branch, such as `shop@` or `blog@` before it"


@pytest.mark.parametrize(
    ("word", "current", "id_", "message", "hint"),
    [
        ("head-1", (), "NA402", '"head-1" is ambiguous: it may be b2 and s3 (add carts)', ""),
        ("+1", ("s1", "b1"), "NA402", '"+1" is ambiguous: it may be s1 and b1', AMBIGUOUS),
        ("current", ("s1", "b1"), "NA402", '"current" is ambiguous: it may be s1 and b1', AMBIGUOUS),
        ("shop@b1", (), "NA401", 'the revision b1 is not on the branch of "shop@b1"', ""),
        ("s3+1", (), "NA401", 'there are not so many revisions above s3 (add carts): "s3+1"', ""),
        ("nowhere@head", (), "NA401", 'there is no revision "nowhere" in this project', ""),
    ],
)  # fmt: skip
def test_what_has_no_one_meaning_is_refused(
    word: str, current: tuple[str, ...], id_: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        up(BRANCHES, word, *current)
    assert told(error)[:2] == (id_, message)
    assert not hint or told(error)[2] == hint


def test_a_head_of_a_fork_is_for_people_to_decide() -> None:
    forked = FindingError("NA403", "the history has 2 heads", hint="merge them")
    history = History.of([Revision(id="a"), Revision(id="b")])
    with pytest.raises(FindingError) as error:
        Words(history, (), forked).id("head")
    assert error.value is forked


def test_down_to_base_and_back_to_where_it_is() -> None:
    assert up(BRANCHES, "shop@-1", "s1", "b1") == "base"
    assert up(BRANCHES, "shop@-1", "s3", "b1") == "s2"
    assert up(BRANCHES, "shop@base", "s3") == "base"
    assert up(BRANCHES, "current", "s2") == "s2"
    assert Words(BRANCHES, ("s2", "b1")).tip("shop") == "s2"
    with pytest.raises(UsageError) as error:
        Words(BRANCHES, ("b1",)).tip("shop")
    assert told(error)[:2] == ("NA409", 'no revision of the branch "shop" is applied')
