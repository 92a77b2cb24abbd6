"""`undo`: what the copy before a verb costs, and what the way back does, by the size of the database.

`python benchmarks/undo.py --megabytes 0 50 1000 --rounds 3`, on an embedded server of its own in a temporary folder,
which is removed afterwards. Medians in seconds: of the step that copies, alone, with an idle session, and by a dump
while somebody works; of the step that swaps back; and of `undo` as a whole.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks.snapshots import Bench  # noqa: E402 - found by the line above
from tests.integration.conftest import address_of  # noqa: E402 - by it, too

COPY, SWAP = "keep a copy of the database for `undo`", "put the database"


class Undo(Bench):
    """The same project, whose last revision is taken back and brought back."""

    def round(self) -> dict[str, float]:
        """Take the last revision back in three situations and bring it back each time; return the seconds."""
        found: dict[str, float] = {}
        for name, others in (("copy", False), ("copy, idle session", None), ("copy by dump", True)):
            with self._session(working=others):
                ran = self.project.good("downgrade", "--yes", "--json").json
            found[name] = seconds(ran, COPY)
            back = self.project.good("undo", "--json").json
            found["swap"], found["undo as a whole"] = seconds(back, SWAP), back["seconds"]
        return found

    @contextlib.contextmanager
    def _session(self, *, working: bool | None) -> Iterator[None]:
        """Have somebody connected: `working` in a transaction, idle with None, nobody with False."""
        if working is False:
            yield
            return
        at = address_of(self.project)
        connection = psycopg2.connect(host=at.host, port=at.port, user=at.user, password=at.password, dbname=at.name)
        try:
            connection.autocommit = not working
            connection.cursor().execute("SELECT 1")
            yield
        finally:
            connection.close()


def seconds(ran: dict[str, object], title: str) -> float:
    """Return how long the step took."""
    steps = ran["steps"]
    assert isinstance(steps, list)
    return next(float(step["seconds"]) for step in steps if step["title"].startswith(title))


def measure(megabytes: int, rounds: int) -> str:
    """Return the line of one size."""
    with tempfile.TemporaryDirectory(prefix="undo-") as folder:
        bench = Undo(Path(folder))
        try:
            size = bench.fill(megabytes)
            found = [bench.round() for _ in range(rounds)]
        finally:
            bench.project.run("down")
    medians = {name: statistics.median(one[name] for one in found) for name in found[0]}
    return f"{size}: " + ", ".join(f"{name} {value:.2f}" for name, value in medians.items())


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[0, 50, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    words = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for megabytes in words.megabytes:
        print(measure(megabytes, words.rounds), flush=True)


if __name__ == "__main__":
    main()
