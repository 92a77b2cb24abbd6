"""The drawing of the revision graph: lanes that part and come together, in boxes and in ASCII."""

from hypothesis import given

from nox_alembic.core.revisions.drawing import lay_out
from nox_alembic.core.revisions.graph import History, Revision
from tests.unit.core.make import chain
from tests.unit.core.revisions.test_graph import FORKED, histories

# Two branches that are merged with a third one, which begins at a root of its own; depends_on draws no lane.
WIDE = History.of(
    [
        *FORKED.revisions.values(),
        Revision(id="c7", down=("a1",)),
        Revision(id="c8", down=("c7",)),
        Revision(id="x1"),
        Revision(id="x2", down=("x1",), depends_on=("a1",)),
        Revision(id="z9", down=("c8", "d4", "x2")),
    ]
)


def drawn(history: History, *applied: str) -> list[str]:
    return [f"{line.drawing:6}{line.id}".rstrip() for line in lay_out(history, applied).lines]


def test_a_chain_is_one_lane_with_full_dots_for_what_is_applied() -> None:
    assert drawn(chain("a1", "b2"), "a1") == ["○     b2", "●     a1"]


def test_a_merge_opens_a_lane_and_a_fork_closes_it() -> None:
    assert drawn(FORKED) == ["○     d4", "○     m1", "├─╮", "│ ○   b9", "○ │   b2", "├─╯", "○     a1"]


def test_several_lanes_part_and_come_together_at_once_and_cross_others() -> None:
    assert drawn(WIDE) == [
        "○     z9",
        "├─┬─╮",
        "│ │ ○ x2",
        "│ │ ○ x1",
        "○ │   c8",
        "○ │   c7",
        "│ ○   d4",
        "│ ○   m1",
        "│ ├─╮",
        "│ │ ○ b9",
        "│ ○ │ b2",
        "├─┴─╯",
        "○     a1",
    ]


def test_two_heads_are_two_lanes() -> None:
    forked = History.of([Revision(id="a1"), Revision(id="b2", down=("a1",)), Revision(id="b9", down=("a1",))])
    assert drawn(forked) == ["○     b9", "│ ○   b2", "├─╯", "○     a1"]


def test_a_head_below_a_root_does_not_look_like_its_parent() -> None:
    assert drawn(History.of([Revision(id="a1"), Revision(id="x1")])) == ["○     x1", "", "○     a1"]


def test_a_terminal_without_boxes_gets_ascii() -> None:
    lines = lay_out(WIDE, ["a1"]).lines
    assert [line.plain for line in lines[:3]] == ["o", "|-.-.", "| | o"]
    assert [line.plain for line in lines[-2:]] == ["|-'-'", "*"]
    assert all(line.plain.isascii() for line in lines)


def test_thousands_are_drawn_without_recursion() -> None:
    assert len(lay_out(chain(*(f"r{number:05}" for number in range(5000)))).lines) == 5000


@given(histories())
def test_each_revision_has_a_place_and_each_parent_an_edge_down_to_it(history: History) -> None:
    layout = lay_out(history)
    assert sorted(line.id for line in layout.lines if line.id) == sorted(history.revisions)
    assert {(edge.child, edge.parent) for edge in layout.edges} == {
        (key, parent) for key, revision in history.revisions.items() for parent in revision.down
    }
    for edge in layout.edges:
        assert layout.dots[edge.child].row < layout.dots[edge.parent].row
    assert all(dot.lane < layout.lanes for dot in layout.dots.values())


@given(histories())
def test_no_two_edges_share_a_lane_beside_each_other(history: History) -> None:
    layout = lay_out(history)
    taken: set[tuple[int, int]] = set()
    for edge in layout.edges:
        rows = range(layout.dots[edge.child].row + 1, layout.dots[edge.parent].row)
        assert not taken & {(edge.lane, row) for row in rows}
        taken |= {(edge.lane, row) for row in rows}
        assert not any((dot.lane, dot.row) in {(edge.lane, row) for row in rows} for dot in layout.dots.values())
