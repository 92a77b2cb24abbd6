"""What `status` says: where each revision stands, and what needs a hand."""

from collections.abc import Iterator, Mapping
from typing import Literal

from nox_alembic.core.facts import Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.authors import Authors
from nox_alembic.core.revisions.graph import NO_FILE
from nox_alembic.core.revisions.head_file import problem
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.revisions.team import CURE, told_heads
from nox_alembic.core.revisions.timeline import Timeline

# A short list shows so many applied revisions, and all that are still to do.
NEWEST_APPLIED = 10


@frozen
class Row:
    """A revision and where it stands."""

    state: Literal["applied", "pending", "unknown"]
    id: str
    message: str
    author: str = ""  # in words, as far as git knows the author
    date: str = ""  # ISO 8601, as far as git knows it

    def as_json(self) -> dict[str, object]:
        """Return the fields of an entry of `revisions`."""
        known = {"author": self.author, "date": self.date} if self.date else {"author": None, "date": None}
        return {"id": self.id, "state": self.state, "message": self.message, **known}


@frozen
class Finding:
    """What needs a hand, and the command that helps."""

    sentence: str
    hint: str


@frozen(kw_only=True)
class Status:
    """The state of an environment."""

    current: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    database: Mapping[str, object]
    backend: Mapping[str, object]
    findings: tuple[Finding, ...]  # any of them makes `status` exit with 3

    @property
    def summary(self) -> str:
        """The counts in one line, "" while no database answers."""
        if not self.database["reachable"]:
            return ""
        counts = {state: sum(row.state == state for row in self.rows) for state in ("applied", "pending", "unknown")}
        return ", ".join(f"{count} {state}" for state, count in counts.items())

    def in_short(self) -> tuple[int, tuple[Row, ...]]:
        """Return how many applied revisions a short list leaves out, and its rows."""
        applied = [row for row in self.rows if row.state == "applied"]
        left_out = {row.id for row in applied[:-NEWEST_APPLIED]}
        return len(left_out), tuple(row for row in self.rows if row.id not in left_out)

    def as_json(self) -> dict[str, object]:
        """Return the fields that `status --json` adds."""
        return {
            "current": list(self.current),
            "heads": list(self.heads),
            "pending": [row.id for row in self.rows if row.state == "pending"],
            "unknown": [row.id for row in self.rows if row.state == "unknown"],
            "revisions": [row.as_json() for row in self.rows],
            "database": dict(self.database),
            "backend": dict(self.backend),
            "findings": [finding.sentence for finding in self.findings],
        }


def status_of(facts: Facts, authors: Authors | None = None) -> Status:
    """Decide what the facts mean.

    Raises FindingError (NA443) where no revision file can be found at all.
    """
    engine = facts.engine
    if facts.orphans:
        facts.orphans.refuse_empty_folders(facts.current or ())
    return Status(
        current=facts.current or (),
        heads=facts.history.heads,
        rows=tuple(_rows(facts, authors)),
        database={"url": engine.address.shown if engine.address else None, "reachable": facts.current is not None},
        backend={"running": engine.backend.running, "healthy": facts.healthy, "url": engine.backend.url},
        findings=tuple(_findings(facts)),
    )


def _unknown(facts: Facts) -> list[Row]:
    """Return the applied revisions that are not on this branch, parents first.

    Each has what is known of it.
    """
    orphans = facts.orphans or Orphans()
    found = [Row("unknown", orphan.revision.id, orphan.known) for orphan in reversed(orphans.found)]
    missing = [key for key in (*facts.history.unknown(facts.current or ()), *orphans.missing) if key not in orphans.ids]
    unseen = [Row("unknown", key, NO_FILE) for key in dict.fromkeys(missing)]
    return [*found, *unseen]


def _rows(facts: Facts, authors: Authors | None) -> Iterator[Row]:
    seen = Timeline(history=facts.history, current=facts.current, authors=authors, below=facts.applied)
    for key in seen.history.order:
        if state := seen.state(key):
            commit = seen.commit(key)
            date = commit.date if commit else ""
            yield Row(state, key, seen.history.revisions[key].message, seen.author(key), date)
    if facts.current is not None:
        yield from _unknown(facts)


def _findings(facts: Facts) -> list[Finding]:
    history = facts.history
    found: list[Finding] = []
    if engine_problem := facts.engine.problem:
        found.append(Finding(engine_problem, "`nox -s reset` starts afresh"))
    if other := facts.engine.foreign:
        found.append(Finding(f"{other.sentence}: what is shown here is its database", other.cure))
    if history.is_forked:
        found.append(Finding(told_heads(history, facts.team), CURE))
    if facts.head_file and (wrong := problem(facts.head_file.text, history.heads)):
        found.append(Finding(wrong, CURE if history.is_forked else "`nox -s rebase` writes it anew"))
    if facts.rebasing:
        found.append(Finding(f"a rebase was not finished: {facts.rebasing}", "`nox -s rebase` finishes it"))
    if facts.current is None:
        found.append(Finding("the database does not answer", "`nox -s dev` starts it"))
        return found
    if unknown := history.unknown(facts.current):
        advice = facts.orphans.advice if facts.orphans else "switch branches, or `nox -s reset`"
        found.append(Finding(f"{', '.join(unknown)}: not on this branch", advice))
    if history.pending(facts.applied, history.heads):
        found.append(Finding("revisions are pending", "`nox -s migrate` applies them"))
    if facts.engine.backend.defined and not facts.healthy:
        found.append(Finding("the backend is not healthy", "`nox -s dev` starts it, `nox -s logs` shows its log"))
    return found
