"""`rm -rf`, `shutil.rmtree` and the wiper, on a fresh data folder and on 100,000 files; medians and ratios of one run.

`python benchmarks/wiping.py --rounds 5`. Each tree is made anew and synced before it is deleted, and the three take
turns, so that a busy moment of the machine hits all of them. `until free` is the critical path of a reset: the time
until a new database can start, the rest being deleted meanwhile.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks.reset import seconds  # noqa: E402 - found by the line above
from tests.project import make_project  # noqa: E402

from nox_alembic.edges import wiper  # noqa: E402

FOLDERS, FILES = 1000, 100


def copy_of(source: Path) -> Callable[[Path], None]:
    """Return what makes a data folder: a copy of one that initdb and a migration have made."""

    def make(folder: Path) -> None:
        subprocess.run(["cp", "-a", str(source), str(folder)], check=True)

    return make


def many_files(folder: Path) -> None:
    """Make 100,000 files of 100 bytes in 1,000 folders, in what the gates take for a database."""
    for name in ("base", "global"):
        (folder / name).mkdir(parents=True)
    (folder / "PG_VERSION").write_text("17\n")
    for number in range(FOLDERS):
        (folder / f"base/{number}").mkdir()
        for file in range(FILES):
            (folder / f"base/{number}/{file}").write_bytes(b"x" * 100)


def by_wiper(folder: Path) -> tuple[float, float]:
    """Return the seconds until a new database can start, and of all."""
    free = seconds(lambda: wiper.set_aside(folder, within=folder.parent))
    return free, free + seconds(lambda: wiper.sweep(folder.parent, folder.name))


def measure(name: str, make: Callable[[Path], None], place: Path, rounds: int) -> None:
    """Measure all three in turns and print a table."""
    times: dict[str, list[float]] = {"rm -rf": [], "shutil.rmtree": [], "wiper": [], "wiper, until free": []}
    for number in range(rounds * 3):
        folder = place / f"db{number}"
        make(folder)
        subprocess.run(["sync"], check=True)
        if number % 3 == 0:
            times["rm -rf"].append(seconds(partial(subprocess.run, ["rm", "-rf", "--", str(folder)], check=True)))
        elif number % 3 == 1:
            times["shutil.rmtree"].append(seconds(partial(shutil.rmtree, folder)))
        else:
            free, total = by_wiper(folder)
            times["wiper"].append(total)
            times["wiper, until free"].append(free)
    base = statistics.median(times["rm -rf"])
    print(f"{name}, median of {rounds}")
    for what, taken in times.items():
        middle = statistics.median(taken)
        print(f"  {what:18} {middle * 1000:9.1f} ms   {middle / base:7.4f}   ({min(taken):.3f} to {max(taken):.3f} s)")


def main() -> None:
    """Make the data folder once, by the tool itself on the embedded engine, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--place", type=Path, default=None, help="a folder on the disk that is to be measured")
    chosen = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="nox-alembic-wiping-", dir=chosen.place))
    try:
        project = make_project(place / "project", place / "home", 'engine = "embedded"', 'data = "volumes/db"')
        project.good("reset")
        project.good("down")
        measure("a fresh data folder", copy_of(project.root / "volumes/db"), place, chosen.rounds)
        measure("100,000 files", many_files, place, chosen.rounds)
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
