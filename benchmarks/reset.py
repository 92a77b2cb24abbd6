"""The page of instructions by hand against `nox-alembic reset`: one Compose stack, one run, medians.

Run it where Docker is: `python benchmarks/reset.py --rounds 5`. It works on a copy of this checkout in a temporary
folder, under a Compose project name and ports of its own, and removes everything afterwards.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "dds-bench"
COMPOSE = ["docker", "compose", "-f", "docker-compose.dev.yml", "-p", PROJECT]
DATABASE_PORT, BACKEND_PORT = 25432, 28000
DATABASE_URL = f"postgresql+psycopg2://dds:dds@127.0.0.1:{DATABASE_PORT}/ddsurveys"
HEALTH = f"http://127.0.0.1:{BACKEND_PORT}/health"


class Stack:
    """A copy of the checkout, and the two ways to reset it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in files.splitlines():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        pyproject = folder / "pyproject.toml"
        table = "[tool.nox-alembic.env.dev]\n"
        pyproject.write_text(pyproject.read_text().replace(table, f'{table}compose-project = "{PROJECT}"\n'))
        self.environ = {
            **os.environ,
            "PYTHONPATH": str(folder / "src"),
            "DATABASE_URL": DATABASE_URL,
            "DDS_DB_PORT": str(DATABASE_PORT),
            "DDS_BACKEND_PORT": str(BACKEND_PORT),
            "NOX_ALEMBIC_HOME": str(folder / "home"),
        }

    def by_hand(self) -> None:
        """Do what the page says, as quickly as a script can, which is quicker than any person."""
        self.run(*COMPOSE, "down")
        self.run("rm", "-rf", "volumes/db")
        self.run(*COMPOSE, "up", "-d")  # the first start of the backend fails: the tables are not there yet
        self.run(sys.executable, "-m", "alembic", "upgrade", "head")
        self.run(sys.executable, "-m", "ddsurveys.seed")
        self.run(*COMPOSE, "up", "-d", "backend")
        wait_for_health()

    def by_tool(self) -> None:
        """Do it with the tool, which ends when the backend is healthy."""
        self.run(sys.executable, "-m", "nox_alembic", "reset", "--yes")

    def remove(self) -> None:
        """Leave nothing behind."""
        self.run(*COMPOSE, "down", "--volumes", "--remove-orphans", "-t", "0")

    def run(self, *words: str) -> None:
        """Run a command to its end; what it printed is shown when it fails."""
        done = subprocess.run(words, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")


def wait_for_health() -> None:
    """Poll until the backend answers with 200."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(HEALTH, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise SystemExit("the backend did not become healthy within 60 s")


def seconds(act: Callable[[], object]) -> float:
    """Return how long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> None:
    """Measure both in turns, so that a busy moment of the machine hits both, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="nox-alembic-bench-"))
    stack = Stack(folder)
    try:
        stack.by_tool()  # the first start makes containers and network: not what is measured
        times = [(seconds(stack.by_hand), seconds(stack.by_tool)) for _ in range(rounds)]
    finally:
        stack.remove()
        shutil.rmtree(folder)
    hand, tool = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"median of {rounds} rounds, in turns, on one stack")
    print(f"by hand, scripted       {hand:6.2f} s   {hand / tool:4.1f}")
    print(f"nox-alembic reset       {tool:6.2f} s    1.0")


if __name__ == "__main__":
    main()
