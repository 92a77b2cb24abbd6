"""Snapshots: the tool's stream (`pg_dump -Fc -Z0` into zstd) against pg_dump's own gzip and `-Fd -j`.

`python benchmarks/snapshots.py --megabytes 1000 --rounds 3`, on an embedded server of its own in a temporary folder,
which is removed afterwards. Medians in seconds.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = 4
FILL = (
    "CREATE TABLE load_{n} AS SELECT i AS id, md5(i::text) AS key, repeat(md5((i % 1000)::text), 2) AS word,"
    " now() + i * interval '1 second' AS at, random() AS value FROM generate_series(1, {rows}) AS i;"
    "ALTER TABLE load_{n} ADD PRIMARY KEY (id); CREATE INDEX ON load_{n} (key)"
)
BYTES_OF_A_ROW = 240  # indexes included


class Bench:
    """A project of two revisions on an embedded server, filled with rows."""

    def __init__(self, folder: Path) -> None:
        sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
        from tests.project import make_project  # noqa: PLC0415 - the path is set just now

        self.folder = folder
        self.project = make_project(folder / "project", folder / "home", 'engine = "embedded"')
        self.project.good("dev")
        self.bin, self.environ = self._client()

    def _client(self) -> tuple[Path, dict[str, str]]:
        from nox_alembic.edges.engines.embedded.engine import EmbeddedEngine  # noqa: PLC0415
        from nox_alembic.edges.home.folders import folders_of  # noqa: PLC0415
        from nox_alembic.edges.project.settings import read_config  # noqa: PLC0415

        environ = {**os.environ, "NOX_ALEMBIC_HOME": str(self.project.home)}
        root = self.project.root
        engine = EmbeddedEngine(
            config=read_config(root, None), root=root, folders=folders_of(root, environ), environ=environ
        )
        client = engine.client("psql")
        return Path(client.words[0]).parent, dict(client.environ)

    def fill(self, megabytes: int) -> str:
        """Make tables of that size in all, and return what the server says of it."""
        rows = megabytes * 1_000_000 // TABLES // BYTES_OF_A_ROW
        for n in range(TABLES):
            self.run("psql", "-qXc", FILL.format(n=n, rows=rows))
        self.run("psql", "-qXc", "CHECKPOINT")
        return self.run("psql", "-XAtc", "SELECT pg_size_pretty(pg_database_size(current_database()))").strip()

    def run(self, program: str, *arguments: str) -> str:
        """Run one of the server's own programs."""
        done = subprocess.run(
            [self.bin / program, *arguments], env=self.environ, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    def save(self) -> None:
        """Save with the tool."""
        self.project.run("snapshot", "delete", "bench", "--yes")
        self.project.good("snapshot", "save", "bench")

    def restore(self) -> None:
        """Restore with the tool: checked, restored, swapped, the backend restarted."""
        self.project.good("snapshot", "restore", "bench", "--yes")

    def dump(self, name: str, *options: str) -> Callable[[], None]:
        """Return what dumps with pg_dump alone."""

        def act() -> None:
            target = self.folder / name
            shutil.rmtree(target, ignore_errors=True)
            target.unlink(missing_ok=True)
            self.run("pg_dump", *options, "-f", str(target))

        return act

    def load(self, name: str, *options: str) -> Callable[[], None]:
        """Return what restores such a dump into a new database with pg_restore alone."""

        def act() -> None:
            self.run("dropdb", "--if-exists", "bench")
            self.run("createdb", "bench")
            self.run("pg_restore", *options, "--dbname=bench", str(self.folder / name))

        return act


def size(path: Path) -> str:
    """Return the size of a file or of a folder's files."""
    files = path.rglob("*") if path.is_dir() else [path]
    return f"{sum(one.stat().st_size for one in files if one.is_file()) / 1e6:.0f} MB"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="snapshots-") as folder:
        bench = Bench(Path(folder))
        try:
            print(f"database of {bench.fill(words.megabytes)}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
            ways: dict[str, Callable[[], None]] = {
                "tool: snapshot save": bench.save,
                "pg_dump -Fc": bench.dump("custom", "-Fc"),
                "pg_dump -Fd -j 2 -Z 1": bench.dump("quick", "-Fd", "-j2", "-Z1"),
                "pg_dump -Fd -j 2 -Z 0": bench.dump("folder", "-Fd", "-j2", "-Z0"),
                "tool: snapshot restore": bench.restore,
                "pg_restore -j 1": bench.load("custom"),
                "pg_restore -j 2": bench.load("folder", "-j2"),
            }
            taken: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(words.rounds):
                for name, act in ways.items():
                    start = time.monotonic()
                    act()
                    taken[name].append(time.monotonic() - start)
            for name, seconds in taken.items():
                print(f"{name:30} {statistics.median(seconds):6.1f}   {[round(one, 1) for one in seconds]}")
            (saved,) = (bench.project.home / "data").glob("*/snapshots/dev/bench/dump.zst")
            print(f"sizes: tool {size(saved)}, " + ", ".join(
                f"{name} {size(bench.folder / name)}" for name in ("custom", "quick", "folder")
            ))  # fmt: skip
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"the largest of all processes, the tool's among them, had {peak:.0f} MB")
        finally:
            bench.project.run("down")


if __name__ == "__main__":
    main()
