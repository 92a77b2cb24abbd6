"""The harness of failing verbs: some fail, some are killed, and no state may be lost.

`python -m tests.failing embedded|compose|volume --runs 100 --seed 1` prints a summary.

An episode begins with rows of somebody's own. Then up to four verbs get into trouble:
the seed, a revision or the backend fails, or they are killed at a random instant. What
was there before the first of them must still be reachable by `undo`, and `dev` must
work. A verb that ends well in spite of all ends the episode, too.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests import crashes
from tests.project import BACKEND, SEED, Project, Ran, make_project

VERBS = {
    "reset": ("reset", "--yes"),
    "cold": ("reset", "--yes", "--cold"),
    "fast": ("reset", "--fast", "--yes"),
    "undo": ("undo",),
    # A revision of which the file has gone is taken back.
    "dev": ("dev", "--yes"),
    "migrate": ("migrate",),
    "downgrade": ("downgrade", "--yes"),
    "reapply": ("reapply", "--yes"),
    "restore": ("snapshot", "restore", "empty", "--yes"),
}
# What may fail, and in which verbs; any of them may be killed.
PARTS = {
    "seed": ("reset", "cold", "fast"),
    "revision": ("reset", "cold", "fast", "dev", "migrate"),
    "backend": ("reset", "cold", "fast", "undo", "restore"),
}
LONGEST = 4


@dataclass
class Harness:
    """A project whose verbs get into trouble; `failures` says after which of them what was wrong."""

    project: Project
    chance: random.Random
    runs: int = 0
    failed: int = 0
    killed: int = 0
    episodes: int = 0
    lost: int = 0
    # Of this episode; the seed writes 1.
    row: int = 1000
    # With how many verbs in trouble this episode ends.
    longest: int = 1
    # Which of its tables the rows of this episode are in.
    tables: tuple[str, ...] = ()
    failures: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    # How long each verb took when it was killed too late, at first as long as a reset.
    seconds: dict[str, float] = field(default_factory=dict)

    def prepare(self) -> None:
        """Bring it up, and save a snapshot without rows."""
        start = time.monotonic()
        self.project.good("reset", "--yes")
        self.seconds = dict.fromkeys(VERBS, time.monotonic() - start)
        self.project.good("snapshot", "save", "empty")
        self._begin()

    def run(self) -> None:
        """Let one verb run in trouble, and judge when the episode ends with it."""
        part, kills = self.chance.choice(["", *PARTS]), self.chance.random() < 0.5
        verb = self.chance.choice(PARTS[part] if part and not kills else list(VERBS))
        what = f"{verb}{part and f', {part} fails'}"
        self._break(part)
        code = self._killed(verb, what) if kills or not part else self._ended(verb, what)
        self._mend()
        self.runs += 1
        self.killed += code < 0
        self.failed += code > 0
        self.told.append(f"{what}: {code}")
        if code < 0 and self._had_ended():
            code = 0  # what was killed is no more than the dropping of what it let go
        if code and len(self.told) < self.longest:
            return
        if self.told[:-1] or code:
            self.judge(failed=bool(code))
        else:
            self._begin()  # it was not in trouble

    def _ended(self, verb: str, what: str) -> int:
        """Run a verb to its end and return its exit code."""
        return self._start(verb, what).wait(300)

    def _killed(self, verb: str, what: str) -> int:
        """Kill a verb at a random instant and return its exit code; it may have ended before."""
        start = time.monotonic()
        running = self._start(verb, what)
        try:
            code = running.wait(self.chance.uniform(0, self.seconds[verb]))
            self.seconds[verb] = time.monotonic() - start
        except subprocess.TimeoutExpired:
            running.kill()
            code = running.wait()
        return code

    def _had_ended(self) -> bool:
        """Return whether a killed verb has had its last word in the undo log."""
        last = self.log.read_text().rstrip().rpartition("\n")[2]
        if "close the undo log" not in last:
            return False
        kept = self.project.good("undo", "--list", "--json").json["kept"]
        return not (kept and kept[0]["open"])

    def _start(self, verb: str, what: str) -> "subprocess.Popen[bytes]":
        with self.log.open("a") as output:
            output.write(f"\n== {what}\n")
            output.flush()
            return self.project.start(*VERBS[verb], output=output)

    def judge(self, *, failed: bool) -> None:
        """Look for the rows of this episode, go on from there, and begin a new one.

        Everybody's first word after a failure is `dev`, so half of the time it comes before the look.
        """
        self.episodes += 1
        problems = self._up() if failed and self.chance.random() < 0.5 else []
        if not self._reached():
            self.lost += 1
            problems.append(f"the rows {self.row} of {', '.join(self.tables)} are lost")
        problems += self._up()
        for problem in problems:
            self.failures.append(f"{', '.join(self.told)}: {problem}")
            print(self.failures[-1], file=sys.stderr, flush=True)  # noqa: T201 - while it is still to be looked at
        self._begin()

    def _up(self) -> list[str]:
        """Return what is wrong after `dev`."""
        if (ended := self._did(*VERBS["dev"])).code:
            return [f"`dev` ended with {ended.code}: {ended.err.strip()}"]
        status = self._did("status", "--json")
        return [f"status is {status.code}: {status.out}"] if status.code else []

    def _break(self, part: str) -> None:
        """Let a part of the project fail."""
        if part in {"seed", "backend"}:
            self.project.write(f"{part}.py", "raise SystemExit(1)")
        elif part == "revision":
            # The first of them is applied, and takes rows with it.
            self.project.revision("b1", "t2", upgrade='op.execute("DELETE FROM t2")', downgrade="pass")
            self.project.revision("b2", "b1", upgrade='op.execute("SELECT 1 / 0")', downgrade="pass")

    def _mend(self) -> None:
        self.project.write("seed.py", SEED)
        self.project.write("backend.py", BACKEND)
        for name in ("b1", "b2"):
            (self.project.root / f"alembic/versions/{name}.py").unlink(missing_ok=True)

    def _begin(self) -> None:
        """Write rows of a new number wherever a verb could take them from."""
        self.told, self.longest = [], self.chance.randint(1, LONGEST)
        self.row += 1
        if not (written := self._sql(*_written(self.row))):
            self.project.good(*VERBS["dev"])
            written = self._sql(*_written(self.row))
        self.tables = tuple(written)

    def _reached(self) -> bool:
        """Return whether the rows are in place, or can be brought back by `undo`."""
        tried: set[str] = set()
        found = self._found()
        while not found and (entry := next((one for one in self._kept() if one not in tried), "")):
            tried.add(entry)
            before = self._kept()
            self._did("undo", entry)
            newest, verb = next(iter(self._kept().items()), ("", ""))
            if found is False and verb == "undo" and newest not in before:
                tried.add(newest)  # what it has set aside was looked at before it
            found = self._found()
        return bool(found)

    @property
    def log(self) -> Path:
        """The file with what the verbs have printed."""
        return self.project.home.with_name("verbs.log")

    def _did(self, *words: str) -> Ran:
        """Run a verb undisturbed, and note what it printed."""
        ran = self.project.run(*words)
        self.told.append(f"{' '.join(words)}: {ran.code}")
        with self.log.open("a") as log:
            log.write(f"\n== {self.told[-1]}\n{ran.out}{ran.err}")
        return ran

    def _found(self) -> bool | None:
        """Return whether the rows are in all the tables, None when no database answers."""
        all_there = " AND ".join(f"EXISTS (SELECT FROM {table} WHERE id = {self.row})" for table in self.tables)
        said = self._sql("SELECT 'here'", f"SELECT {all_there}")
        return said == ["here", "t"] if said else None

    def _kept(self) -> dict[str, str]:
        """Return the ids that `undo` takes now, the newest first, and the verbs that have kept them."""
        kept = self.project.good("undo", "--list", "--json").json["kept"]
        return {str(one["id"]): str(one["verb"]) for one in kept}

    def _sql(self, *statements: str) -> list[str]:
        """Return what the database answers, nothing when it does not."""
        words = [word for statement in statements for word in ("-c", statement)]
        return self.project.run("sql", "-qAt", *words).out.split()

    def summary(self) -> str:
        """Return the line that a report needs."""
        counts = f"{self.runs} runs, {self.failed} of them failed and {self.killed} were killed"
        return f"{counts}, in {self.episodes} episodes; {self.lost} lost, {len(self.failures)} failures"


def _written(row: int) -> tuple[str, ...]:
    """Return the statements that write a row into each of the tables that are there, and list these."""
    there = "SELECT relname FROM pg_class WHERE relname IN ('precious', 't1', 't2')"
    write = f"EXECUTE format('INSERT INTO %I VALUES ({row})', name)"
    each = f"DO $$ DECLARE name text; BEGIN FOR name IN {there} LOOP {write}; END LOOP; END $$"
    return "CREATE TABLE IF NOT EXISTS precious (id int)", each, there


def embedded(folder: Path) -> Project:
    """Return a project on the embedded engine."""
    return make_project(folder / "project", folder / "home", 'engine = "embedded"', "undo-keep = 1")


def compose(folder: Path) -> Project:
    """Return a project on Compose, with its data in a folder."""
    return _keeping_one(crashes.compose_harness(folder).project)


def volume(folder: Path) -> Project:
    """Return a project on Compose, with its data in a volume."""
    return _keeping_one(crashes.volume_harness(folder).project)


def _keeping_one(project: Project) -> Project:
    text = (project.root / "pyproject.toml").read_text()
    project.write("pyproject.toml", text + "undo-keep = 1\n")
    return project


PROJECTS: dict[str, Callable[[Path], Project]] = {"embedded": embedded, "compose": compose, "volume": volume}


def walk(found: Harness, runs: int, *, stops: bool = False) -> None:
    """Run so many verbs in trouble; with `stops`, at most until the first failure."""
    found.prepare()
    for number in range(runs):
        found.run()
        if number % 10 == 9:
            print(found.summary(), file=sys.stderr, flush=True)  # noqa: T201 - a long run by hand
        if stops and found.failures:
            return
    if found.told:
        found.judge(failed=True)


def end(found: Harness, engine: str) -> None:
    """End what runs, and remove containers and volumes."""
    found.project.run("down")
    if engine != "embedded":
        crashes.remove_project(found.project)


def main() -> None:
    """Run by hand: more than CI has time for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=list(PROJECTS))
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stop", action="store_true", help="stop at the first failure, and leave all as it is")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nox-alembic-failing-"))
    # It is to be repeated, and not to be secret.
    found = Harness(PROJECTS[chosen.engine](folder), random.Random(chosen.seed))  # noqa: S311
    try:
        walk(found, chosen.runs, stops=chosen.stop)
    finally:
        print(f"{chosen.engine}, seed {chosen.seed}: {found.summary()}")  # noqa: T201 - what it was run for
        print(json.dumps(found.failures, indent=1))  # noqa: T201 - what it was run for
        if not (chosen.stop and found.failures):
            end(found, chosen.engine)
        if found.failures:
            print(f"what the verbs have printed is in {found.log}")  # noqa: T201 - what it was run for
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(bool(found.failures))


if __name__ == "__main__":
    main()
