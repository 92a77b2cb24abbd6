"""The revision graph as one HTML page, light and dark. It fetches nothing."""

from collections.abc import Iterator
from html import escape
from string import Template

from nox_alembic.core.revisions.drawing import Dot, Edge, Layout, lay_out
from nox_alembic.core.revisions.graph import named_without_file
from nox_alembic.core.revisions.timeline import Timeline

ROW, LANE, MARGIN, DOT = 30, 18, 16, 5.5
COLOURS = 6


def page(seen: Timeline) -> str:
    """Return the page; it is to be written in UTF-8."""
    layout = lay_out(seen.history, seen.applied)
    return _PAGE.substitute(
        title=escape(f"{seen.project}: revisions"),
        project=escape(seen.project),
        summary=escape(_summary(seen)),
        notes="".join(f"<p class='note'>{escape(note)}</p>" for note in _notes(seen)),
        legend="" if seen.current is None else _LEGEND,
        row=ROW,
        width=_graph_width(layout),
        height=ROW * len(layout.dots),
        edges="\n".join(_drawn_edges(seen, layout)),
        dots="\n".join(_dots(seen, layout)),
        rows="\n".join(_row(seen, key) for key in layout.dots),
    )


def _summary(seen: Timeline) -> str:
    count, heads = len(seen.history.revisions), len(seen.history.heads)
    parts = [f"{count} revision{'' if count == 1 else 's'}", f"{heads} head{'' if heads == 1 else 's'}"]
    if seen.current is not None:
        parts += [f"{len(seen.applied)} applied", f"{count - len(seen.applied)} pending"]
    return ", ".join(parts)


def _notes(seen: Timeline) -> Iterator[str]:
    if seen.current is None:
        yield "The database was not asked, or did not answer: what is applied is not known."
    if seen.unknown:
        yield f"The database is at {named_without_file(seen.unknown)}."
    if seen.authors and seen.authors.limit:
        yield seen.authors.limit


def _graph_width(layout: Layout) -> int:
    return 2 * MARGIN + LANE * max(0, layout.lanes - 1)


def _x(lane: int) -> int:
    return MARGIN + LANE * lane


def _y(row: int) -> int:
    return ROW * row + ROW // 2


def _drawn_edges(seen: Timeline, layout: Layout) -> Iterator[str]:
    for edge in layout.edges:
        yield f'<path class="lane{edge.lane % COLOURS}" d="{_path(edge, layout)}"/>'
    for key, dot in layout.dots.items():
        for other in seen.history.revisions[key].depends_on:
            yield f'<path class="dependence" d="{_bow(dot, layout.dots[other], _graph_width(layout))}"/>'


def _path(edge: Edge, layout: Layout) -> str:
    """Return the way down, from a row to the parent's.

    It goes over to the lane in the first row, down the lane, and over to the parent in
    the last row.
    """
    child, parent = layout.dots[edge.child], layout.dots[edge.parent]
    start, end = (_x(child.lane), _y(child.row)), (_x(parent.lane), _y(parent.row))
    lane, first, last = _x(edge.lane), _y(child.row + 1), _y(parent.row - 1)
    if child.row + 1 == parent.row:
        return f"M{start[0]} {start[1]}{_curve(start, end)}"
    over = _curve(start, (lane, first)) if lane != start[0] else ""
    back = _curve((lane, last), end) if lane != end[0] else f"V{end[1]}"
    return f"M{start[0]} {start[1]}{over}V{last if back[0] == 'C' else end[1]}{back}"


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    middle = (start[1] + end[1]) // 2
    return f"C{start[0]} {middle} {end[0]} {middle} {end[0]} {end[1]}"


def _bow(child: Dot, parent: Dot, right: int) -> str:
    """Return a line to the right of all lanes.

    It is for a dependence without a place in a lane.
    """
    return (
        f"M{_x(child.lane)} {_y(child.row)}C{right} {_y(child.row)} {right} {_y(parent.row)}"
        f" {_x(parent.lane)} {_y(parent.row)}"
    )


def _dots(seen: Timeline, layout: Layout) -> Iterator[str]:
    for key, dot in layout.dots.items():
        state = seen.state(key) or "plain"
        yield f'<circle class="{state}" cx="{_x(dot.lane)}" cy="{_y(dot.row)}" r="{DOT}"/>'


def _row(seen: Timeline, key: str) -> str:
    revision = seen.history.revisions[key]
    chips = "".join(f'<span class="chip {words.split()[0]}">{escape(words)}</span>' for words in seen.decorations(key))
    origin = " ".join(filter(None, (seen.author(key), seen.day(key))))
    message = f'<span class="message" title="{escape(revision.message)}">{escape(revision.message)}</span>'
    state = seen.state(key)
    return (
        f"<li{f' title={state}' if state else ''}><code>{escape(key)}</code>{chips}{message}"
        f'<span class="origin">{escape(origin)}</span></li>'
    )


_LEGEND = (
    '<p class="legend"><svg width="12" height="12"><circle class="applied" cx="6" cy="6" r="5"/></svg> applied'
    ' <svg width="12" height="12"><circle class="pending" cx="6" cy="6" r="5"/></svg> pending</p>'
)

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1f2328; --dim: #636c76; --line: #eaeef2; --band: #f6f8fa;
  --applied: #1a7f37; --pending: #bc4c00; --chip: #eaeef2; --head: #0969da; --database: #8250df;
  --lane0: #57606a; --lane1: #0969da; --lane2: #bf3989; --lane3: #9a6700; --lane4: #1b7c83; --lane5: #8250df;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1117; --ink: #e6edf3; --dim: #8d96a0; --line: #21262d; --band: #161b22;
    --applied: #3fb950; --pending: #f0883e; --chip: #21262d; --head: #58a6ff; --database: #bc8cff;
    --lane0: #8d96a0; --lane1: #58a6ff; --lane2: #f778ba; --lane3: #d29922; --lane4: #39c5cf; --lane5: #bc8cff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
  font: 14px/1.4 system-ui, sans-serif; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
p { margin: .15rem 0; }
.summary, .legend, .note { color: var(--dim); }
.legend svg { vertical-align: -1px; margin-left: .6rem; }
.legend svg:first-child { margin-left: 0; }
.graph { position: relative; margin-top: 1rem; border-top: 1px solid var(--line); overflow-x: auto; }
.graph > svg { position: absolute; left: 0; top: 0; pointer-events: none; }
ol { list-style: none; margin: 0; padding: 0; min-width: 30rem; }
li { display: flex; align-items: center; gap: .6rem; height: ${row}px; padding: 0 .5rem 0 ${width}px;
  white-space: nowrap; border-bottom: 1px solid var(--line); }
li:hover { background: var(--band); }
code { font: 12.5px ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.message { flex: 1; min-width: 4rem; overflow: hidden; text-overflow: ellipsis; }
.origin { color: var(--dim); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.chip { background: var(--chip); border-radius: 1rem; padding: 0 .55rem; font-size: 11.5px; line-height: 1.6; }
.chip.head { background: var(--head); color: var(--paper); }
.chip.database { background: var(--database); color: var(--paper); }
path { fill: none; stroke-width: 2; }
path.dependence { stroke: var(--dim); stroke-width: 1.25; stroke-dasharray: 3 4; }
.lane0 { stroke: var(--lane0); } .lane1 { stroke: var(--lane1); } .lane2 { stroke: var(--lane2); }
.lane3 { stroke: var(--lane3); } .lane4 { stroke: var(--lane4); } .lane5 { stroke: var(--lane5); }
circle { stroke-width: 2; fill: var(--paper); stroke: var(--lane0); }
circle.applied { fill: var(--applied); stroke: var(--applied); }
circle.pending { stroke: var(--pending); }
@media (max-width: 45rem) { .origin { display: none; } }
</style>
</head>
<body>
<h1>$project</h1>
<p class="summary">$summary</p>
$notes
$legend
<div class="graph">
<svg width="$width" height="$height" aria-hidden="true">
$edges
$dots
</svg>
<ol>
$rows
</ol>
</div>
</body>
</html>
""")
