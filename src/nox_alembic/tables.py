"""The lines of `status`, `history`, `check`, `snapshot list` and `spare`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from nox_alembic.core.copies.snapshots import Snapshot, state_of
from nox_alembic.core.copies.spares import Spares
from nox_alembic.core.facts import Facts
from nox_alembic.core.printable import printable
from nox_alembic.core.revisions.graph import History, named_without_file
from nox_alembic.core.sizes import shown_size

if TYPE_CHECKING:
    from nox_alembic.core.findings.checks import Check
    from nox_alembic.core.findings.status import Row, Status
    from nox_alembic.core.revisions.timeline import Timeline

Cells = tuple[tuple[str, str], ...]  # text and colour
# A stream that cannot show these gets the graph in ASCII.
BOXES = "│├╮╯┬┴┼─●○"
_CHECK_COLOURS: Mapping[str, str] = {"ok": "green", "found": "yellow", "not made": "magenta"}
_COLOURS: Mapping[str, str] = {"applied": "green", "pending": "yellow", "unknown": "red"}


class Shown(str):
    """Text that is printed as it is: its colours are ours.

    What is not ours in it is escaped.
    """

    __slots__ = ()


def shown(*parts: str) -> Shown:
    """Return the parts as one text, escaped but for those that are already."""
    return Shown("".join(part if isinstance(part, Shown) else printable(part) for part in parts))


def style(text: str, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None) -> Shown:
    """Return the text, escaped, with colours of ours."""
    return Shown(click.style(shown(text), fg=fg, bold=bold, dim=dim))


def status_lines(facts: Facts, status: "Status", *, all_revisions: bool) -> Iterator[str]:
    """Yield the lines of `status`: the parts, the revisions, what needs a hand."""
    yield from _aligned(_state_rows(facts, status))
    left_out, rows = (0, status.rows) if all_revisions else status.in_short()
    if left_out:
        yield style(f"  {left_out} earlier applied, which `--all` lists", dim=True)
    yield from _aligned([_revision_cells(row) for row in rows])
    for finding in status.findings:
        yield shown(style(finding.sentence, fg="yellow"), f": {finding.hint}")


def history_lines(seen: "Timeline", *, boxes: bool) -> Iterator[str]:
    """Yield the drawing of the graph, with its revision beside each dot.

    Without `boxes` it is in ASCII.
    """
    from nox_alembic.core.revisions.drawing import lay_out  # noqa: PLC0415 - `status` draws none

    if seen.unknown:
        yield style(f"the database is at {named_without_file(seen.unknown)}", fg="red")
    if not seen.history.revisions:
        yield "the project has no revisions yet"
    for line in lay_out(seen.history, seen.applied).lines:
        drawing = line.drawing if boxes else line.plain
        yield shown(_coloured(drawing, seen, line.id), "  ", _described(seen, line.id)) if line.id else drawing


def check_lines(checks: "Sequence[Check]") -> Iterator[str]:
    """Yield each check with its findings."""
    for check, line in zip(checks, _aligned([_check_cells(check) for check in checks]), strict=True):
        yield line
        for found in check.found:
            yield shown(f"  {found.place}", style(found.sentence, fg="yellow"), f": {found.hint}")
        yield from (f"  note: {notice}" for notice in check.notices)


def snapshot_lines(snapshots: Sequence[Snapshot], history: History) -> Iterator[str]:
    """Yield the snapshots in the given order, below a line of headings."""
    headings = ["NAME", "SAVED", "SIZE", "REVISION", "STATE", "COMMIT", "POSTGRESQL"]
    rows = [_snapshot_cells(snapshot, history) for snapshot in snapshots]
    yield from _aligned([tuple((word, "") for word in headings), *rows])


def _snapshot_cells(snapshot: Snapshot, history: History) -> Cells:
    state = state_of(snapshot, history)
    texts = (
        snapshot.name,
        snapshot.at.replace("T", " ")[:16],
        shown_size(snapshot.size),
        ", ".join(snapshot.revisions),
    )
    commit = " ".join(word for word in (snapshot.commit[:10], snapshot.branch) if word)
    return (
        *((text, "") for text in texts),
        (state, "green" if state == "at head" else "yellow"),
        (commit, ""),
        (f"{snapshot.server_version} ({snapshot.engine})", ""),
    )


def spare_lines(spares: Spares) -> Iterable[str]:
    """Return a line for each spare, or a line that says that there is none."""
    rows = [
        (
            ("seeded" if spare.kind == "ready" else "not seeded", ""),
            (f"at {', '.join(spare.heads) or 'no revision'}", ""),
            (spare.at[:16].replace("T", " "), ""),
            ("" if spare.size is None else shown_size(spare.size), ""),
            (spare.name, ""),
        )
        for spare in spares.found
    ]
    return _aligned(rows) if rows else ("there is no spare: the next reset begins with nothing",)


def _check_cells(check: "Check") -> Cells:
    return ((check.state, _CHECK_COLOURS[check.state]), (check.name, ""), (check.sentence, ""))


def _coloured(drawing: str, seen: "Timeline", key: str) -> Shown:
    colour = _COLOURS.get(seen.state(key) or "")
    return shown(*(style(part, fg=colour) if part in {"●", "○", "*", "o"} else part for part in drawing))


def _described(seen: "Timeline", key: str) -> Shown:
    decorations = ", ".join(seen.decorations(key))
    origin = " ".join(filter(None, (seen.author(key), seen.day(key))))
    parts = (style(key, bold=True), style(f"({decorations})", fg="cyan") if decorations else "",
             seen.history.revisions[key].message, style(f"- {origin}", dim=True) if origin else "")  # fmt: skip
    return Shown(" ".join(map(shown, filter(None, parts))))


def _aligned(rows: Sequence[Cells]) -> Iterator[Shown]:
    """Yield the rows as lines with their columns below each other, at any width.

    A column without a text takes no space.
    """
    escaped = [[(printable(text), colour) for text, colour in row] for row in rows]
    widths = [max(len(text) for text, _ in column) for column in zip(*escaped, strict=True)]
    for row in escaped:
        texts = [text.rstrip() for text, _ in row]
        last = max((at for at, text in enumerate(texts) if text), default=-1)
        yield Shown(
            "".join(
                style(text, fg=colour or None) + ("" if at == last else " " * (width + 2 - len(text)))
                for at, ((text, colour), width) in enumerate(zip(row, widths, strict=True))
                if width and at <= last
            )
        )


def _state_rows(facts: Facts, status: "Status") -> list[Cells]:
    database, backend = status.database, status.backend
    answer = ("reachable", "green") if database["reachable"] else ("not reachable", "yellow")
    rows: list[Cells] = [(("database", ""), answer, (str(database["url"] or ""), ""))]
    if facts.engine.backend.defined:
        unwell = "not healthy" if backend["running"] else "not running"
        state = ("healthy", "green") if backend["healthy"] else (unwell, "yellow")
        rows.append((("backend", ""), state, (str(backend["url"] or ""), "")))
    return [*rows, (("revisions", ""), _progress(facts, status), (status.summary, ""))]


def _progress(facts: Facts, status: "Status") -> tuple[str, str]:
    if facts.current is None:
        return ("not known", "yellow")
    settled = all(row.state == "applied" for row in status.rows)
    return ("at head", "green") if settled else ("not at head", "yellow")


def _revision_cells(row: "Row") -> Cells:
    return ((f"  {row.state}", _COLOURS[row.state]), (row.id, ""), (row.date[:10], ""), (row.author, ""),
            (row.message, ""))  # fmt: skip
