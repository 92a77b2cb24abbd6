"""The page of instructions by hand, `nox-alembic reset` in its ways, and the floor: one Compose stack, in one run.

Run it where Docker is: `python benchmarks/reset.py --rounds 5 --history 30 --size 50MB`. It works on a copy of this
checkout in a temporary folder, under a Compose project name and ports of its own, and removes everything afterwards.

The floor is what no tool can go below, by bare docker commands: kill both containers, rename a prepared data folder
into place, start the database, and when it takes logins the backend, until that is healthy. For `--fast`, whose
database goes on running, it is a restart of the backend's container; with `fast-backend = "reconnect"` that goes on
running, too. CPU is user and system time of the processes on
this side; the daemon's and the containers' own are not in it.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "dds-bench"
COMPOSE = ["docker", "compose", "-f", "docker-compose.dev.yml", "-p", PROJECT]
DATABASE_PORT, BACKEND_PORT = 25432, 28000
DATABASE_URL = f"postgresql+psycopg2://dds:dds@127.0.0.1:{DATABASE_PORT}/ddsurveys"
HEALTH = f"http://127.0.0.1:{BACKEND_PORT}/health"
SECONDS = 120
FAST, FASTEST = "reset --fast", "reset --fast, reconnecting"
RECONNECTS = 'fast-backend = "reconnect"\n'
UNITS = {"MB": 1_000_000, "GB": 1_000_000_000}
ROW = "SELECT i AS id, repeat(md5(i::text), 30) AS filler FROM generate_series(1, {rows}) AS i"
BYTES_OF_A_ROW = 1024  # 7 of them fill a page of 8 kB
REVISION = '''\
"""{id}"""
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = "{down}"


def upgrade() -> None:
    op.create_table("{id}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text, index=True))


def downgrade() -> None:
    op.drop_table("{id}")
'''


@dataclass
class Taken:
    """The seconds of one way: wall time, and CPU on this side."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The wall time that half of the rounds did not need."""
        return statistics.median(self.wall)


class Stack:
    """A copy of the checkout with a longer history, and the ways to reset it."""

    def __init__(self, folder: Path, revisions: int) -> None:
        self.folder = folder
        self.ids: dict[str, str] = {}
        files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in files.splitlines():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        self.pyproject = (folder / "pyproject.toml").read_text().replace(RECONNECTS, "")
        self.configure()
        self.environ = {
            **os.environ,
            "PYTHONPATH": str(folder / "src"),
            # For Nox, which finds the program there: this interpreter's environment need not be an active one.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DATABASE_URL": DATABASE_URL,
            "DDS_DB_PORT": str(DATABASE_PORT),
            "DDS_BACKEND_PORT": str(BACKEND_PORT),
            "NOX_ALEMBIC_HOME": str(folder / "home"),
            "CI": "",  # there are no spares in CI, and this measures them
            "NOX_ALEMBIC_SPARE": "off",  # but where it is their turn: they are made in the background
            # Whoever installs the tool compiles it once.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        }
        self._add_revisions(revisions)

    def configure(self, line: str = "") -> None:
        """Write the project's settings, and with them a line of the environment."""
        table = "[tool.nox-alembic.env.dev]\n"
        text = self.pyproject.replace(table, f'{table}compose-project = "{PROJECT}"\n{line}')
        (self.folder / "pyproject.toml").write_text(text)

    def _add_revisions(self, count: int) -> None:
        versions = self.folder / "alembic/versions"
        texts = [path.read_text() for path in versions.glob("*.py")]
        ids = {found[1] for text in texts if (found := re.search(r'^revision\b.*= "(\w+)"', text, re.MULTILINE))}
        downs = {word for text in texts for line in re.findall(r"^down_revision\b.*$", text, re.MULTILINE)
                 for word in re.findall(r'"(\w+)"', line)}  # fmt: skip
        (head,) = ids - downs
        for number in range(count):
            name = f"bench{number:04}"
            (versions / f"{name}.py").write_text(REVISION.format(id=name, down=head))
            head = name
        (self.folder / "alembic/head").unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make containers, network and the spares, and a data folder for the floor: none of it is measured."""
        self.tool("reset", "--cold")
        self.run(*COMPOSE, "stop", "-t", "5", "backend")
        self.run(*COMPOSE, "stop", "-t", "30", "db")
        shutil.copytree(self.data, self.pristine, symlinks=True)
        self._own_as_the_server()
        self.tool("dev")

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "volumes/db"

    @property
    def pristine(self) -> Path:
        """A copy of it as it is after a reset."""
        return self.folder / "pristine"

    def _own_as_the_server(self) -> None:
        owner = self.data.stat()
        for path in [self.pristine, *self.pristine.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def container(self, service: str) -> str:
        """Return its id."""
        return self.run(*COMPOSE, "ps", "--quiet", service).strip()

    def fill(self, size: int) -> None:
        """Give the database a table of that many bytes, and let the server write it down."""
        with_rows = ROW.format(rows=size // BYTES_OF_A_ROW)
        connection = psycopg2.connect(DATABASE_URL.replace("+psycopg2", ""))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS bench_filler AS {with_rows}")
            cursor.execute("CHECKPOINT")
        connection.close()

    def by_hand(self) -> None:
        """Do what the page says, as quickly as a script can, which is quicker than any person."""
        self.run(*COMPOSE, "down")
        self.run("rm", "-rf", "volumes/db")
        self.run(*COMPOSE, "up", "-d")  # the first start of the backend fails: the tables are not there yet
        self.run(sys.executable, "-m", "alembic", "upgrade", "head")
        self.run(sys.executable, "-m", "ddsurveys.seed")
        self.run(*COMPOSE, "up", "-d", "backend")
        wait_for_health()

    def by_tool(self, *words: str, spare: str = "off") -> Callable[[], object]:
        """Do it with the tool, which ends when the backend is healthy."""
        return lambda: self.tool("reset", *words, spare=spare)

    def tool(self, verb: str, *words: str, spare: str = "off") -> str:
        """Run the tool and return what it says of itself."""
        command = (sys.executable, "-m", "nox_alembic", verb, "--yes", "--json", *words)
        return self.run(*command, NOX_ALEMBIC_SPARE=spare)

    def floor(self) -> None:
        """Do what cannot be left out, by bare docker commands; the folder `next` is a copy that was made before."""
        self.run("docker", "kill", *self.ids.values())
        self.data.rename(self.data.with_name("old"))
        (self.folder / "volumes/next").rename(self.data)
        self.run("docker", "start", self.ids["db"])
        wait_for_login()
        self.run("docker", "start", self.ids["backend"])
        wait_for_health()

    def restart(self) -> None:
        """Restart the backend's container and nothing else."""
        self.run("docker", "restart", "--time", "0", self.ids["backend"])
        wait_for_health()

    def before(self, name: str, size: int) -> None:
        """Bring about what a way starts from: data of that size, containers that run, spares where they are used."""
        self.configure(RECONNECTS if name == FASTEST else "")
        if name in {FAST, FASTEST}:
            self.tool("reset", "--fast")  # the spare databases went with the data of the other ways
        if name == "reset with a spare":
            self.make_spare()
        self.fill(size)
        self.ids = {service: self.container(service) for service in ("db", "backend")}
        if name == "floor":
            subprocess.run(["cp", "-a", self.pristine, self.folder / "volumes/next"], check=True)

    def after(self, name: str) -> None:
        """Remove what a way has left."""
        if name == "floor":
            shutil.rmtree(self.folder / "volumes/old")
        if name == "reset with a spare":
            self.make_spare()

    def make_spare(self) -> None:
        """Return when there is one, and nobody makes one in the background any more."""
        while "it is being made" in self.tool("spare", spare="on"):
            time.sleep(0.5)

    def tell(self, told: list[str], *words: str) -> None:
        """Run a command and add what it printed to `told`."""
        told.append(self.run(*words))

    def remove(self) -> None:
        """Leave nothing behind."""
        self.run(*COMPOSE, "down", "--volumes", "--remove-orphans", "-t", "0")

    def run(self, *words: str, **variables: str) -> str:
        """Run a command to its end and return what it printed, which is shown when it fails."""
        environ = {**self.environ, **variables}
        done = subprocess.run(words, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def wait_for_health() -> None:
    """Poll until the backend answers with 200."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(HEALTH, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise SystemExit(f"the backend did not become healthy within {SECONDS} s")


def wait_for_login() -> None:
    """Poll until the database takes a login."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            psycopg2.connect(DATABASE_URL.replace("+psycopg2", "")).close()
        except psycopg2.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"the database did not answer within {SECONDS} s")


def seconds(act: Callable[[], object]) -> float:
    """Return how long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure(act: Callable[[], object], taken: Taken) -> None:
    """Add how long it takes, and what the programs that it runs use."""
    before = cpu()
    taken.wall.append(seconds(act))
    taken.cpu.append(cpu() - before)


def cpu() -> float:
    """Return the CPU seconds of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def print_ways(taken: dict[str, Taken]) -> None:
    """Print the table, and whether what is to be reached is."""
    floor, restart = taken["floor"].median, taken["restart of the backend"].median
    print(f"{'':28} {'seconds':>8} {'CPU':>6} {'of floor':>9} {'of restart':>11}   rounds")
    for name, times in taken.items():
        rounds = " ".join(f"{one:.2f}" for one in times.wall)
        relative = f"{times.median / floor:9.2f} {times.median / restart:11.2f}"
        print(f"{name:28} {times.median:8.2f} {statistics.median(times.cpu):6.2f} {relative}   {rounds}")
    hand, spare = taken["by hand, scripted"].median, taken["reset with a spare"].median
    reach("reset with a spare / floor", spare / floor, at_most=1.3)
    reach("by hand / reset", hand / spare, at_least=4)
    for name in (FAST, FASTEST):
        reach(f"{name} / restart", taken[name].median / restart, at_most=1.2)
        reach(f"by hand / {name}", hand / taken[name].median, at_least=6)


def reach(name: str, ratio: float, *, at_most: float = float("inf"), at_least: float = 0) -> None:
    """Print one ratio and what it should be."""
    wanted = f"at least {at_least:g}" if at_least else f"at most {at_most:g}"
    print(f"{name:40} {ratio:8.2f}   to reach: {wanted}{'' if at_least <= ratio <= at_most else '   MISSED'}")


def print_start(stack: Stack, rounds: int) -> None:
    """Print what Nox and the tool add to the work, for both ways: the steps are the work, by the tool's own clock."""
    print(f"\n{'':28} {'seconds':>8} {'CPU':>6} {'the work':>9} {'its own':>8}")
    for words in (["--cold"], ["--fast"]):
        stack.tool("reset", *words)
        for name, program in (
            ("nox-alembic reset", [sys.executable, "-m", "nox_alembic", "reset"]),
            ("nox -s reset --", [sys.executable, "-m", "nox", "--no-venv", "-s", "reset", "--"]),
        ):
            taken, told = Taken(), list[str]()
            for _ in range(rounds):
                measure(partial(stack.tell, told, *program, "--yes", "--json", *words), taken)
            steps = statistics.median(sum(step["seconds"] for step in json.loads(one)["steps"]) for one in told)
            shown = f"{taken.median:8.2f} {statistics.median(taken.cpu):6.2f} {steps:9.2f} {taken.median - steps:8.2f}"
            print(f"{name + ' ' + words[0]:28} {shown}")


def size_of(text: str) -> int:
    """Return the bytes of a text such as 50MB."""
    found = re.fullmatch(r"(\d+)(MB|GB)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 50MB or 1GB")
    return int(found[1]) * UNITS[found[2]]


def main() -> None:
    """Measure all ways in turns, so that a busy moment of the machine hits all of them, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--history", type=int, default=30, help="revisions beside those of the checkout")
    parser.add_argument("--size", type=size_of, default=size_of("50MB"), help="of the data that is thrown away")
    parser.add_argument("--start", action="store_true", help="also print what Nox and the tool themselves take")
    words = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nox-alembic-bench-"))
    stack = Stack(folder, words.history)
    try:
        stack.prepare()
        ways: dict[str, Callable[[], object]] = {
            "by hand, scripted": stack.by_hand,
            "reset --cold": stack.by_tool("--cold"),
            "reset with a spare": stack.by_tool(spare="on"),
            FAST: stack.by_tool("--fast"),
            FASTEST: stack.by_tool("--fast"),
            "floor": stack.floor,
            "restart of the backend": stack.restart,
        }
        taken = {name: Taken() for name in ways}
        for _ in range(words.rounds):
            for name, act in ways.items():
                stack.before(name, words.size)
                measure(act, taken[name])
                stack.after(name)
        print(f"{words.rounds} rounds in turns, {words.history} more revisions, {words.size / 1e6:.0f} MB of data,")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print_ways(taken)
        if words.start:
            print_start(stack, words.rounds)
    finally:
        stack.remove()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
