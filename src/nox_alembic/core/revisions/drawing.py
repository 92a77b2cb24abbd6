"""The revision graph as a drawing: newest on top, a lane for each line of development.

It consists of text and dots, without a screen.
"""

from collections.abc import Iterable, Sequence

from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History, Revision

# For a terminal without box-drawing characters.
_PLAIN = str.maketrans("│├╮╯┬┴┼─●○", "||.'.'+-*o")


@frozen
class Line:
    """A line of the drawing."""

    drawing: str
    id: str = ""  # "" where lanes only come together or part

    @property
    def plain(self) -> str:
        """The drawing in ASCII."""
        return self.drawing.translate(_PLAIN)


@frozen
class Dot:
    """Where the dot of a revision is: its lane from the left, its row from the top."""

    lane: int
    row: int


@frozen
class Edge:
    """A line from a revision down to its parent, by way of a lane."""

    child: str
    parent: str
    lane: int


@frozen
class Layout:
    """The drawing as lines, and as dots and edges for another way of drawing.

    `lanes` is its width.
    """

    lines: tuple[Line, ...]
    dots: dict[str, Dot]
    edges: tuple[Edge, ...]
    lanes: int  # the width


def lay_out(history: History, applied: Iterable[str] = ()) -> Layout:
    """Return the layout of the history; an applied revision has a full dot.

    Each revision is above its parents.
    """
    drawing = _Drawing(history, frozenset(applied))
    for key in reversed(history.order):
        drawing.add(history.revisions[key])
    return Layout(tuple(drawing.lines), drawing.dots, tuple(drawing.edges), drawing.width)


class _Drawing:
    """The drawing as far as it is done.

    A lane waits for the parent of a child, or is free.
    """

    def __init__(self, history: History, applied: frozenset[str]) -> None:
        self.history, self.applied = history, applied
        self.lanes: list[tuple[str, str] | None] = []
        self.lines: list[Line] = []
        self.dots: dict[str, Dot] = {}
        self.edges: list[Edge] = []
        self.width = 0
        self.ended = -1

    def add(self, revision: Revision) -> None:
        """Draw a revision: join the lanes that wait for it, and part to its parents."""
        waiting = [lane for lane, waits in enumerate(self.lanes) if waits is not None and waits[1] == revision.id]
        lane = waiting[0] if waiting else self._free(0)
        if not waiting and lane == self.ended:
            self.lines.append(Line(self._row()))  # without it a head looks like the parent of the root above it
        if len(waiting) > 1:
            self.lines.append(Line(self._forked(lane, waiting[1:], middle="┴", last="╯")))
        for other in waiting:
            child, _ = self.lanes[other] or ("", "")
            self.edges.append(Edge(child, revision.id, other))
            self.lanes[other] = None
        self.dots[revision.id] = Dot(lane, len(self.dots))
        self.lines.append(Line(self._row(lane, "●" if revision.id in self.applied else "○"), revision.id))
        self._part(revision, lane)

    def _part(self, revision: Revision, lane: int) -> None:
        """Open a lane to each parent: straight below, and then to its right."""
        parents = tuple(dict.fromkeys(revision.down))
        opened: list[int] = []
        for parent in parents:
            to = self._free(lane + 1) if opened else lane
            opened.append(to)
            self.lanes[to] = (revision.id, parent)
        if len(opened) > 1:
            self.lines.append(Line(self._forked(lane, opened[1:], middle="┬", last="╮")))
        self.ended = -1 if opened else lane
        while self.lanes and self.lanes[-1] is None:
            self.lanes.pop()

    def _free(self, start: int) -> int:
        """Return the first free lane from `start` on; open a lane if none is free."""
        lane = next((lane for lane in range(start, len(self.lanes)) if self.lanes[lane] is None), len(self.lanes))
        self.lanes.extend([None] * (max(lane, start) + 1 - len(self.lanes)))
        self.width = max(self.width, len(self.lanes))
        return max(lane, start)

    def _row(self, lane: int = -1, dot: str = "") -> str:
        cells = [dot if at == lane else "│" if waits else " " for at, waits in enumerate(self.lanes)]
        return " ".join(cells).rstrip()

    def _forked(self, lane: int, others: Sequence[int], *, middle: str, last: str) -> str:
        """Return the line that joins `lane` with the lanes `others` to its right."""
        text = ""
        for at, waits in enumerate(self.lanes):
            inside = lane < at <= others[-1]
            corner = last if at == others[-1] else middle
            crossed = "┼" if waits else "─"
            cell = corner if at in others else crossed if inside else "│" if waits else " "
            text += ("─" if inside else " ") + ("├" if at == lane else cell)
        return text[1:].rstrip()
