"""What each of several heads has alone."""

from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.heads import Side, sides

FORKED = History.of(
    [
        Revision(id="t1"),
        Revision(id="a1", down=("t1",)),
        Revision(id="b1", down=("t1",)),
        Revision(id="b2", down=("b1",)),
    ]
)


def test_a_side_is_what_a_head_has_alone_the_oldest_first() -> None:
    assert sides(FORKED) == (Side("a1", ("a1",)), Side("b2", ("b1", "b2")))


def test_what_a_revision_only_depends_on_is_not_on_its_side() -> None:
    across = History.of([Revision(id="a1"), Revision(id="b1", depends_on=("a1",))])
    assert sides(across) == (Side("a1", ("a1",)), Side("b1", ("b1",)))
