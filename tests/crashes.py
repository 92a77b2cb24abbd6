"""The crash harness of `reset`: a run is ended at some point, and the next repairs all.

After the next run, everything must be as if nothing had happened.

`python -m tests.crashes embedded|compose|volume --runs 200 --seed 1` ends `reset` at
random instants and prints a summary.
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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from tests.project import COMPOSE, Project, Ran, make_project

STEPS = ["Kill", "SetDataAside", "StartDatabase", "AwaitDatabase", "Migrate", "Seed", "StartServices", "AwaitBackend"]
ENGINE_STEPS = ["Kill", "StartDatabase", "AwaitBackend"]
WIPER = [("gates", 1), ("renamed", 1), ("made", 1), ("synced", 1), ("entry", 1), ("entry", 400), ("rmdir", 1)]
# After a step is before the next one; only beside the start of the database something else goes on by then.
AROUND = [*((f"before {step}", 1) for step in STEPS), ("after StartDatabase", 1), (f"after {STEPS[-1]}", 1)]
POINTS = [("locked", 1), *WIPER, ("revision", 2), *AROUND]
# What is done by the engine itself; the rest is the same on both, and one of them does it all.
AROUND_ENGINE = [(f"{when} {step}", 1) for step in ENGINE_STEPS for when in ("before", "after")]
COMPOSE_POINTS = [("renamed", 1), ("revision", 2), *AROUND_ENGINE]
# In seconds: until then it is Python that starts, which Ctrl-C ends with 1.
STARTED = 0.05
SIGNALS = [signal.SIGKILL, signal.SIGINT]


class Data(Protocol):
    """Where the data is, and beside it what was set aside of it."""

    @property
    def precious(self) -> Path:
        """A file beside the data that is not ours."""

    @property
    def helpers(self) -> Sequence[str]:
        """How the containers are found that work on it, as filters of `docker ps`."""

    def aside(self) -> set[str]:
        """Return the names of what was set aside."""

    def is_lost(self) -> bool:
        """Return whether there is no whole database left, neither in its place nor beside it."""

    def is_half_made(self) -> bool:
        """Return whether anything of a move lies about."""


@dataclass(frozen=True)
class DataFolder:
    """A data folder."""

    path: Path

    @property
    def precious(self) -> Path:
        return self.path.parent / "precious/kept"

    @property
    def helpers(self) -> Sequence[str]:
        return ("label=nox-alembic.helper", f"volume={self.path.parent}")

    def aside(self) -> set[str]:
        return {path.name for path in self.path.parent.iterdir() if ".wipe-" in path.name}

    def is_lost(self) -> bool:
        names = [self.path.name, *self.aside()]
        return not any((self.path.with_name(name) / "PG_VERSION").exists() for name in names)

    def is_half_made(self) -> bool:
        return any(".new-" in path.name for path in self.path.parent.iterdir())


@dataclass(frozen=True)
class DataVolume:
    """A named volume."""

    name: str
    precious: Path

    @property
    def helpers(self) -> Sequence[str]:
        return (f"label=nox-alembic.swap={self.name}",)

    def aside(self) -> set[str]:
        return set(_docker("volume", "ls", "-q", "--filter", f"label=nox-alembic.before={self.name}").split())

    def is_lost(self) -> bool:
        return not self._listed("_data/PG_VERSION")

    def is_half_made(self) -> bool:
        return bool(self._listed("_incoming"))

    def _listed(self, below: str) -> str:
        """Return which of the volumes have that in their folder, by a container that sees them all."""
        around = PurePosixPath(_docker("volume", "inspect", "-f", "{{.Mountpoint}}", self.name).strip()).parent.parent
        words = [f"/v/{name}/{below}" for name in (self.name, *self.aside())]
        image = os.environ.get("PYTHON_IMAGE", "python:3.13-slim")
        shell = ["--entrypoint", "sh", image, "-c", 'ls -d "$@" 2>/dev/null || :', "sh", *words]
        return _docker("run", "--rm", "--network", "none", "-v", f"{around}:/v:ro", *shell)


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def remove_kept(project: str) -> None:
    """Remove the volumes that keep data for a Compose project, and its spares."""
    for label in ("before", "spare"):
        names = _docker("volume", "ls", "-q", "--filter", f"label=nox-alembic.{label}.project={project}").split()
        if names:
            _docker("volume", "rm", *names)


@dataclass
class Harness:
    """A project with data that is reset again and again; `failures` says what was wrong after which crash."""

    project: Project
    data: Data
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
        self.data.precious.parent.mkdir(exist_ok=True, parents=True)
        self.data.precious.write_text("kept")
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
        return ["no database is left"] if self.data.is_lost() else []

    def _unhealthy(self) -> list[str]:
        """Return what is not as after an undisturbed reset."""
        status = self.project.run("status", "--json")
        aside, kept = self.data.aside(), self._kept()
        locks = [path.name for path in self.project.home.rglob("*.lock.json")]
        problems = {
            f"status is {status.code}: {status.out}": status.code != 0,
            f"trash that undo does not own, or the reverse: {aside} and {kept}": aside != kept,
            "a move is half made": self.data.is_half_made(),
            f"a lock is left: {locks}": bool(locks),
            "something outside was touched": not self._precious(),
            "a helper container is left": self._helpers(),
        }
        return [problem for problem, holds in problems.items() if holds]

    def _kept(self) -> set[str]:
        """Return what the undo log owns."""
        journals = [json.loads(path.read_text()) for path in self.project.home.rglob("undo.json")]
        return {one["kept"] for log in journals for one in log}

    def _precious(self) -> bool:
        places = [self.data.precious, self.project.root / "precious/kept"]
        return all(place.read_text() == "kept" for place in places)

    def _helpers(self) -> bool:
        if not shutil.which("docker"):
            return False
        filters = [word for one in self.data.helpers for word in ("--filter", one)]
        return bool(subprocess.run(["docker", "ps", "-aq", *filters], capture_output=True, check=False).stdout.strip())

    def summary(self) -> str:
        """Return the line that a report needs."""
        return f"{self.runs} runs, {self.ended} of them ended on the way, {len(self.failures)} failures"


ROOT = str(Path(__file__).parents[1])


def embedded_harness(folder: Path) -> Harness:
    """Return one on the embedded engine."""
    project = make_project(folder / "project", folder / "home", 'engine = "embedded"', 'data = "volumes/db"')
    return Harness(project, DataFolder(project.root / "volumes/db"))


def compose_harness(folder: Path) -> Harness:
    """Return one on Compose, under a project name of its own; `compose_down` removes it."""
    project = _compose_project(folder, "./volumes/db")
    return Harness(project, DataFolder(project.root / "volumes/db"))


def volume_harness(folder: Path) -> Harness:
    """Return one on Compose whose data is in a named volume."""
    project = _compose_project(folder, "pgdata", "volumes: {pgdata: {}}")
    return Harness(project, DataVolume(f"{project.variables['PROJECT']}_pgdata", folder / "precious/kept"))


def _compose_project(folder: Path, data: str, more: str = "") -> Project:
    project = make_project(folder / "project", folder / "home")
    project.variables["PROJECT"] = f"naa-{secrets.token_hex(4)}"
    project.write("compose.yml", COMPOSE.format(name=project.variables["PROJECT"], more=more, data=data))
    return project


def compose_down(harness: Harness) -> None:
    """Remove the containers, the network and the volumes."""
    remove_project(harness.project)


def remove_project(project: Project) -> None:
    """Remove the containers, the network and the volumes of a project, and the volumes that keep its data."""
    name = project.variables["PROJECT"]
    words = ["docker", "compose", "-p", name, "down", "-v", "-t", "0"]
    subprocess.run(words, cwd=project.root, capture_output=True, check=True)
    remove_kept(name)


def crash_at_each_point(harness: Harness, points: Sequence[tuple[str, int]] = POINTS) -> None:
    """End a reset at each point, by SIGKILL and by Ctrl-C in turns; all of them must be reached and healed."""
    for number, (point, count) in enumerate(points):
        harness.crash_at(point, count, SIGNALS[number % 2])
    assert (harness.failures, harness.ended) == ([], len(points))


def crash_at_random(harness: Harness, runs: int, seed: int) -> None:
    """End resets at random instants, by SIGKILL and by Ctrl-C in turns."""
    instants = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for number in range(runs):
        harness.crash_after(instants.uniform(STARTED, harness.seconds), SIGNALS[number % 2])
        if number % 25 == 24:
            print(harness.summary(), file=sys.stderr, flush=True)  # noqa: T201 - a long run by hand


HARNESSES = {"embedded": embedded_harness, "compose": compose_harness, "volume": volume_harness}


def main() -> None:
    """Run by hand: more than CI has time for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=list(HARNESSES))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nox-alembic-crashes-"))
    harness = HARNESSES[chosen.engine](folder)
    try:
        harness.prepare()
        crash_at_random(harness, chosen.runs, chosen.seed)
    finally:
        harness.project.run("down")
        if chosen.engine != "embedded":
            compose_down(harness)
    print(f"{chosen.engine}, seed {chosen.seed}: {harness.summary()}")  # noqa: T201 - what it was run for
    print(json.dumps(harness.failures, indent=1))  # noqa: T201 - what it was run for
    sys.exit(bool(harness.failures))


if __name__ == "__main__":
    main()
