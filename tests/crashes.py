"""The crash harness: `reset` is ended somewhere, and after the next one everything must be as if nothing had happened.

`python -m tests.crashes embedded|compose --runs 200 --seed 1` ends it at random instants and prints a summary.
"""

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.project import COMPOSE, Project, Ran, make_project

STEPS = ["Kill", "SetDataAside", "StartDatabase", "AwaitDatabase", "Migrate", "Seed", "StartServices", "AwaitBackend"]
WIPER = [("gates", 1), ("renamed", 1), ("made", 1), ("synced", 1), ("entry", 1), ("entry", 400), ("rmdir", 1)]
AROUND = [(f"{when} {step}", 1) for step in STEPS for when in ("before", "after")]
POINTS = [("locked", 1), *WIPER, ("revision", 2), *AROUND]
SIGNALS = [signal.SIGKILL, signal.SIGINT]


@dataclass
class Harness:
    """A project with data that is reset again and again; `failures` says what was wrong after which crash."""

    project: Project
    data: Path
    runs: int = 0
    ended: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def prepare(self) -> None:
        """Bring it up, put something beside the data that is not ours, and leave trash for the first crash."""
        # A shell starts what it puts into the background with Ctrl-C ignored, and a program hands that on to its own.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.project.good("reset", "--yes")
        self.project.write("precious/kept", "kept")
        (self.data.parent / "precious").mkdir()
        (self.data.parent / "precious/kept").write_text("kept")
        self._heal()

    def crash_at(self, point: str, count: int, number: signal.Signals) -> None:
        """End a reset at a point, then look whether the next one heals."""
        words = [sys.executable, "-m", "tests.dying", point, str(count), str(int(number)), "reset", "--yes"]
        environ = {**self.project.environ, "PYTHONPATH": os.pathsep.join([self.project.environ["PYTHONPATH"], ROOT])}
        done = subprocess.run(words, cwd=self.project.root, env=environ, capture_output=True, text=True, check=False)
        self._judge(f"{number.name} at {point} {count}", done.returncode, expected={-number, 130})

    def crash_after(self, seconds: float, number: signal.Signals) -> None:
        """End a reset after a time, or find it done."""
        running = self.project.start("reset", "--yes")
        time.sleep(seconds)
        running.send_signal(number)
        self._judge(f"{number.name} after {seconds:.3f} s", running.wait(), expected={-number, 130, 0})

    def _judge(self, what: str, code: int, expected: set[int]) -> None:
        self.runs += 1
        self.ended += code != 0
        problems = [f"ended with {code}"] if code not in expected else []
        problems += self._lost()
        again = self._heal()
        if again.code:
            problems.append(f"the next reset ended with {again.code}: {again.err.strip()}")
        problems += self._unhealthy()
        self.failures += [f"{what}: {problem}" for problem in problems]

    def _heal(self) -> Ran:
        """Reset without disturbance, and take the time: the next crash is to fall into it."""
        start = time.monotonic()
        ran = self.project.run("reset", "--yes")
        self.seconds = time.monotonic() - start
        return ran

    def _lost(self) -> list[str]:
        """Return whether there is no whole database left after the crash, neither in its place nor beside it."""
        names = [path for path in self.data.parent.iterdir() if path == self.data or ".wipe-" in path.name]
        return [] if any((path / "PG_VERSION").exists() for path in names) else ["no database is left"]

    def _unhealthy(self) -> list[str]:
        """Return what is not as after an undisturbed reset."""
        status = self.project.run("status", "--json")
        names = [path.name for path in self.data.parent.iterdir()]
        locks = [path.name for path in self.project.home.rglob("*.lock.json")]
        problems = {
            f"status is {status.code}: {status.out}": status.code != 0,
            f"trash that undo does not own, or the reverse: {names}": {n for n in names if ".wipe-" in n}
            != self._kept(),
            f"left over: {names}": any(".new-" in name for name in names),
            f"a lock is left: {locks}": bool(locks),
            "something outside was touched": not self._precious(),
            "a helper container is left": self._helpers(),
        }
        return [problem for problem, holds in problems.items() if holds]

    def _kept(self) -> set[str]:
        """Return what the journal of `undo` owns."""
        journals = [json.loads(path.read_text()) for path in self.project.home.rglob("undo.json")]
        return {one["kept"] for journal in journals for one in journal}

    def _precious(self) -> bool:
        places = [self.data.parent / "precious/kept", self.project.root / "precious/kept"]
        return all(place.read_text() == "kept" for place in places)

    def _helpers(self) -> bool:
        if not shutil.which("docker"):
            return False
        mine = ["--filter", "label=nox-alembic.helper", "--filter", f"volume={self.data.parent}"]
        words = ["docker", "ps", "-aq", *mine]
        return bool(subprocess.run(words, capture_output=True, check=False).stdout.strip())

    def summary(self) -> str:
        """Return the line that a report needs."""
        return f"{self.runs} runs, {self.ended} of them ended on the way, {len(self.failures)} failures"


ROOT = str(Path(__file__).parents[1])


def embedded_harness(folder: Path) -> Harness:
    """Return one on the embedded engine."""
    project = make_project(folder / "project", folder / "home", 'engine = "embedded"', 'data = "volumes/db"')
    return Harness(project, project.root / "volumes/db")


def compose_harness(folder: Path) -> Harness:
    """Return one on Compose, under a project name of its own; `compose_down` removes it."""
    project = make_project(folder / "project", folder / "home")
    project.variables["PROJECT"] = f"naa-{secrets.token_hex(4)}"
    data = "./volumes/db"
    project.write("compose.yml", COMPOSE.format(name=project.variables["PROJECT"], more="", data=data))
    return Harness(project, project.root / "volumes/db")


def compose_down(harness: Harness) -> None:
    """Remove the containers and the network."""
    words = ["docker", "compose", "-p", harness.project.variables["PROJECT"], "down", "-v", "-t", "0"]
    subprocess.run(words, cwd=harness.project.root, capture_output=True, check=True)


def crash_at_each_point(harness: Harness) -> None:
    """End a reset at each point, by SIGKILL and by Ctrl-C in turns; all of them must be reached and healed."""
    for number, (point, count) in enumerate(POINTS):
        harness.crash_at(point, count, SIGNALS[number % 2])
    assert (harness.failures, harness.ended) == ([], len(POINTS))


def crash_at_random(harness: Harness, runs: int, seed: int) -> None:
    """End resets at random instants, by SIGKILL and by Ctrl-C in turns."""
    instants = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for number in range(runs):
        harness.crash_after(instants.uniform(0, harness.seconds), SIGNALS[number % 2])
        if number % 25 == 24:
            print(harness.summary(), file=sys.stderr, flush=True)  # noqa: T201 - a long run by hand


def main() -> None:
    """Run by hand: more than CI has time for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=["embedded", "compose"])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nox-alembic-crashes-"))
    harness = {"embedded": embedded_harness, "compose": compose_harness}[chosen.engine](folder)
    try:
        harness.prepare()
        crash_at_random(harness, chosen.runs, chosen.seed)
    finally:
        harness.project.run("down")
        if chosen.engine == "compose":
            compose_down(harness)
    print(f"{chosen.engine}, seed {chosen.seed}: {harness.summary()}")  # noqa: T201 - what it was run for
    print(json.dumps(harness.failures, indent=1))  # noqa: T201 - what it was run for
    sys.exit(bool(harness.failures))


if __name__ == "__main__":
    main()
