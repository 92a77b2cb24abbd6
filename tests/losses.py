"""The crash harness of `undo`: verbs are killed, and no row may be lost.

The verbs change a database, and are killed at random instants.
`python -m tests.losses --runs 100 --seed 1` prints a summary.

Before each run, a new row is written into a table that the verb drops. After the verb
that goes on, the row is in the database or in what `undo` brings back.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from nox_alembic.core.facts import DatabaseAddress
from tests.integration.conftest import address_of, execute
from tests.project import Project, make_project

VERBS = {
    "downgrade": ("downgrade", "--yes"),
    "migrate": ("migrate",),
    "reapply": ("reapply", "--yes"),
    "restore": ("snapshot", "restore", "empty", "--yes", "--migrate"),
    "rebase": ("rebase", "--onto", "other", "--yes"),
    "undo": ("undo",),
    "fast": ("reset", "--fast", "--yes"),
}
# The ends of databases that are not kept for `undo`.
OTHERS = ("__new", "__rehearsal", "__shadow", "__base", "__spare")
# After these the verb itself goes on; after the others it is a `migrate`.
AGAIN = {"rebase", "fast"}


@dataclass
class Harness:
    """A project with rows that verbs take away; `failures` says what was wrong after which kill."""

    project: Project
    runs: int = 0
    ended: int = 0
    lost: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def address(self) -> DatabaseAddress:
        """Where the database takes logins."""
        return address_of(self.project)

    def prepare(self) -> None:
        """Bring it up, save a snapshot without rows, and find out how long each verb takes undisturbed."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.project.good("reset")
        self.project.good("snapshot", "save", "empty")
        for verb, words in VERBS.items():
            self._before(verb, -1)
            start = time.monotonic()
            self.project.good(*words)
            self.seconds[verb] = time.monotonic() - start
            self._after(verb)

    def kill(self, verb: str, share: float, row: int) -> None:
        """Kill a verb after a share of the time that it takes, then look for the row."""
        self._before(verb, row)
        running = self.project.start(*VERBS[verb])
        time.sleep(share * self.seconds[verb])
        running.send_signal(signal.SIGKILL)
        code = running.wait()
        self.runs += 1
        self.ended += code != 0
        what = f"{verb} after {share * self.seconds[verb]:.3f} s"
        problems = self._after(verb)
        if not self._found(row):
            self.lost += 1
            problems.append(f"the row {row} is lost")
        for problem in problems:
            self.failures.append(f"{what}: {problem}")
            print(self.failures[-1], file=sys.stderr, flush=True)  # noqa: T201 - while it is still to be looked at

    def _before(self, verb: str, row: int) -> None:
        """Put the row into the table t2, and prepare what the verb has to do; it is at head from the start."""
        execute(self.address, f"INSERT INTO t2 VALUES ({row})")
        if verb == "migrate":
            self.project.revision("empties", "t2", upgrade='op.execute("DELETE FROM t2")', downgrade="return")
        elif verb == "rebase":
            self.project.revision(
                "mine", "t2", upgrade='op.execute("SELECT 1")', downgrade='op.execute("DELETE FROM t2")'
            )
            self.project.good("migrate")
            self.project.revision("other", "t2")
        elif verb == "undo":
            self.project.good("downgrade", "--yes")

    def _after(self, verb: str) -> list[str]:
        """Go on as somebody would, bring the project back to two revisions, and return what is not as it should be."""
        again = self.project.run(*(VERBS[verb] if verb in AGAIN else ("migrate",)))
        problems = [] if again.code == 0 else [f"the next verb ended with {again.code}: {again.err.strip()}"]
        files = [self.project.root / f"alembic/versions/{name}.py" for name in ("empties", "mine", "other")]
        if any(path.exists() for path in files):
            back = self.project.run("downgrade", "t2", "--yes")
            problems += [] if back.code == 0 else [f"the way back ended with {back.code}: {back.err.strip()}"]
        for path in files:
            path.unlink(missing_ok=True)
        if self._strange():
            self.project.good(
                "reapply", "--yes"
            )  # what a run that is killed at its end has yet to drop, the next one does
        strange = self._strange()
        return [*problems, *([f"{strange} are left over, or lacking"] if strange else [])]

    def _strange(self) -> set[str]:
        """Return the databases that are there and not kept, or kept and not there."""
        return ({*self._databases()} - {self.address.name}) ^ {str(one["kept"]) for one in self._kept()}

    def _found(self, row: int) -> bool:
        """Return whether the row is in the database, or in one that `undo` brings back."""
        return any(self._has(name, row) for name in [self.address.name, *(str(one["kept"]) for one in self._kept())])

    def _has(self, name: str, row: int) -> bool:
        there = replace(self.address, name=name)
        if execute(there, "SELECT to_regclass('t2')") == [(None,)]:
            return False
        return bool(execute(there, f"SELECT id FROM t2 WHERE id = {row}"))

    def _kept(self) -> list[dict[str, object]]:
        kept = self.project.good("undo", "--list", "--json").json["kept"]
        return [one for one in kept if one["kind"] == "database"]

    def _databases(self) -> list[str]:
        """Return the databases but for an unfinished copy, which the next verb that makes one drops, and spare ones."""
        found = execute(self.address, "SELECT datname FROM pg_database WHERE datname LIKE 'project%' ORDER BY 1")
        return [str(name) for (name,) in found if not str(name).endswith(OTHERS)]

    def summary(self) -> str:
        """Return the line that a report needs."""
        counts = f"{self.runs} runs, {self.ended} of them killed on the way, {self.lost} rows lost"
        return f"{counts}, {len(self.failures)} failures"


def harness(folder: Path) -> Harness:
    """Return one on the embedded engine."""
    return Harness(make_project(folder / "project", folder / "home", 'engine = "embedded"', "undo-keep = 4"))


def kill_at_random(found: Harness, runs: int, seed: int) -> None:
    """Kill the verbs in turns, each at instants all over the time that it takes."""
    instants = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for number in range(runs):
        found.kill(list(VERBS)[number % len(VERBS)], instants.uniform(0, 1), number)
        if number % 20 == 19:
            print(found.summary(), file=sys.stderr, flush=True)  # noqa: T201 - a long run by hand


def main() -> None:
    """Run by hand: more than CI has time for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nox-alembic-losses-"))
    found = harness(folder)
    try:
        found.prepare()
        kill_at_random(found, chosen.runs, chosen.seed)
    finally:
        found.project.run("down")
        shutil.rmtree(folder, ignore_errors=True)
        print(f"embedded, seed {chosen.seed}: {found.summary()}")  # noqa: T201 - what it was run for
    sys.exit(bool(found.failures))


if __name__ == "__main__":
    main()
