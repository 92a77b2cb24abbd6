"""`nox-alembic status` and `migrate` against the `alembic` command: a generated history, one server, one run, medians.

`python benchmarks/history.py 300` or `5000`, on the embedded engine. Everything is in a temporary folder, which is
removed afterwards, with its server. From nothing both are measured for at most 1,000 revisions: that is the server.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2

SOURCE = Path(__file__).resolve().parent.parent / "src"
MOST_FROM_NOTHING = 1_000
# Younger files are not taken from the cache, as in git's index.
SETTLED_SECONDS = 2.5

ENV_PY = """\
import os
from alembic import context
from sqlalchemy import create_engine

url = context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"]
with create_engine(url).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""

# As Alembic's own template and a usual autogenerate write it.
REVISION = '''\
"""make table {number}

Revision ID: {id}
Revises: {down}
Create Date: 2026-01-01 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = {id!r}
down_revision: Union[str, Sequence[str], None] = {down!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "table_{number}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_table_{number}_name", "table_{number}", ["name"], unique=False)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_table_{number}_name", table_name="table_{number}")
    op.drop_table("table_{number}")
'''


class Sample:
    """A project with a generated history in a git repository, and its embedded server."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder / "sample"
        self.environ = {**os.environ, "PYTHONPATH": str(SOURCE), "NOX_ALEMBIC_HOME": str(folder / "home")}
        self.environ["NOX_ALEMBIC_SPARE"] = "off"  # nothing else runs while something is measured
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # both profit from compiled files, as everywhere
        versions = self.folder / "alembic/versions"
        versions.mkdir(parents=True)
        (self.folder / "pyproject.toml").write_text('[tool.nox-alembic]\nengine = "embedded"\n')
        (self.folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\n")
        (self.folder / "alembic/env.py").write_text(ENV_PY)
        ids = [f"{number * 2654435761 % 2**32:08x}{number:04x}" for number in range(count)]
        for number, (id_, down) in enumerate(zip(ids, [None, *ids[:-1]], strict=True)):
            text = REVISION.format(number=number, id=id_, down=down)
            (versions / f"{id_}_make_table_{number}.py").write_text(text)
        self._commit()

    def _commit(self) -> None:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@invalid"]
        for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "all"]):
            self.run("git", *words)

    def tool(self, *words: str) -> None:
        """Run nox-alembic."""
        self.run(sys.executable, "-m", "nox_alembic", *words)

    def alembic(self, *words: str) -> None:
        """Run the alembic command."""
        self.run(sys.executable, "-m", "alembic", *words)

    def run(self, *words: str) -> None:
        """Run a command to its end; what it printed is shown when it fails."""
        done = subprocess.run(words, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start the server with an empty database, and tell `alembic` where it is."""
        revisions, aside = self.folder / "alembic/versions", self.folder / "alembic/aside"
        revisions.rename(aside)
        revisions.mkdir()
        self.tool("dev")
        revisions.rmdir()
        aside.rename(revisions)
        (path,) = Path(self.environ["NOX_ALEMBIC_HOME"]).glob("data/*/dev/connection.json")
        known = json.loads(path.read_text())
        self.login = {"host": "127.0.0.1", "port": known["port"], "user": known["user"], "password": known["password"]}
        place = f"{known['user']}:{known['password']}@127.0.0.1:{known['port']}/sample"
        self.environ["DATABASE_URL"] = f"postgresql+psycopg2://{place}"

    def empty(self) -> None:
        """Make the database anew."""
        connection = psycopg2.connect(**self.login, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE sample WITH (FORCE)")
            cursor.execute("CREATE DATABASE sample")
        connection.close()


def seconds(act: Callable[[], object]) -> float:
    """Return how long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def at_head(sample: Sample) -> dict[str, Callable[[], object]]:
    """Return the commands that find nothing to do."""
    return {
        "alembic heads": lambda: sample.alembic("heads"),
        "alembic current": lambda: sample.alembic("current"),
        "nox-alembic status": lambda: sample.tool("status"),
        "alembic upgrade head, at head": lambda: sample.alembic("upgrade", "head"),
        "nox-alembic migrate, at head": lambda: sample.tool("migrate"),
    }


def from_nothing(sample: Sample) -> dict[str, Callable[[], object]]:
    """Return the commands that run the whole history."""
    return {
        "alembic upgrade head, from nothing": lambda: sample.alembic("upgrade", "head"),
        "nox-alembic migrate, from nothing": lambda: sample.tool("migrate"),
    }


def measure(
    acts: dict[str, Callable[[], object]], rounds: int, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Measure all in turns, so that a busy moment of the machine hits each of them; return the medians in seconds."""
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            before()
            times[name].append(seconds(act))
    return {name: statistics.median(found) for name, found in times.items()}


def show(found: dict[str, float], against: dict[str, list[str]]) -> None:
    """Print the medians, and for each of ours the ratio to each of theirs."""
    for name, median in found.items():
        ratios = "   ".join(f"{median / found[other]:5.2f} of {other}" for other in against.get(name, []))
        print(f"{name:<36}{median:7.3f} s   {ratios}".rstrip())


AGAINST = {
    "nox-alembic status": ["alembic current", "alembic heads"],
    "nox-alembic migrate, at head": ["alembic upgrade head, at head"],
    "nox-alembic migrate, from nothing": ["alembic upgrade head, from nothing"],
}


def main() -> None:
    """Generate the history, measure, print the medians and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revisions", type=int, nargs="?", default=300)
    parser.add_argument("--rounds", type=int, default=5)
    words = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nox-alembic-bench-"))
    sample = Sample(folder, words.revisions)
    try:
        sample.start()
        found = {}
        if words.revisions <= MOST_FROM_NOTHING:
            found = measure(from_nothing(sample), words.rounds, sample.empty)
        else:
            sample.alembic("stamp", "head")
        time.sleep(SETTLED_SECONDS)
        measure(at_head(sample), 1)  # fills the caches of both: compiled files, and ours
        found |= measure(at_head(sample), words.rounds)
    finally:
        sample.tool("down")
        shutil.rmtree(folder)
    print(f"{words.revisions} revisions, median of {words.rounds} rounds, in turns, on one server")
    show(found, AGAINST)


if __name__ == "__main__":
    main()
