"""Verbs over many tables, as with a schema for each tenant: what the copy before a verb costs, and what follows it.

`python benchmarks/many_tables.py --tables 20000 --rounds 2 --source ../before/src`, on an embedded server of its own in
a temporary folder, which is removed afterwards. Medians in seconds of whole verbs, and how long the server then went on
to drop what was left to it; the next verb begins after that. With `--source` the tool of another checkout takes turns
with this one on the same server, so that both see the same disk and the same neighbours.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.integration.conftest import address_of, execute  # noqa: E402 - found by the line above
from tests.project import Project, make_project  # noqa: E402 - by it, too

OF_A_SCHEMA, OF_A_BATCH = 1000, 100
TABLES = (
    "DO $$ BEGIN FOR n IN {}..{} LOOP"
    " EXECUTE format('CREATE TABLE s{}.t%s (id int PRIMARY KEY, name text)', n); END LOOP; END $$"
)
VERBS = {
    "downgrade": ("downgrade", "--yes"),
    "migrate": ("migrate",),
    "reapply": ("reapply", "--yes"),
    "snapshot save": ("snapshot", "save", "many"),
}


def fill(project: Project, tables: int) -> str:
    """Make the tables, and return what the server says of them."""
    here = address_of(project)
    for schema in range((tables + OF_A_SCHEMA - 1) // OF_A_SCHEMA):
        execute(here, f"CREATE SCHEMA s{schema}")
        for first in range(0, min(OF_A_SCHEMA, tables - schema * OF_A_SCHEMA), OF_A_BATCH):
            execute(here, TABLES.format(first, first + OF_A_BATCH - 1, schema))
    execute(here, "CHECKPOINT")
    ((size, relations),) = execute(
        here, "SELECT pg_size_pretty(pg_database_size(current_database())), (SELECT count(*) FROM pg_class)"
    )
    return f"{tables:,} tables, {relations:,} relations, {size}"


def dropped(project: Project) -> float:
    """Return the seconds that the server goes on dropping."""
    start = time.monotonic()
    of_ours = r"SELECT FROM pg_database WHERE datname LIKE 'project\_\_dropping\_%'"
    while execute(address_of(project), of_ours):
        time.sleep(0.1)
    return time.monotonic() - start


def timed(project: Project, verb: str, source: str) -> tuple[float, float]:
    """Run a verb, and return its seconds and those of the server after it; zeros for one that failed."""
    project.variables["PYTHONPATH"] = source
    start = time.monotonic()
    ran = project.run(*VERBS[verb], "--json")
    seconds, after = time.monotonic() - start, dropped(project)
    said = f"{ran.json['error']['id']} after " if ran.code else ""
    print(f"{verb} of {source}: {said}{seconds:.1f} s, and {after:.1f} s", file=sys.stderr, flush=True)
    return (0, 0) if ran.code else (seconds, after)


def measure(project: Project, rounds: int, sources: Sequence[str]) -> Iterator[str]:
    """Yield a line for each verb, of the rounds in which it succeeded; the first round only warms up."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for number in range(rounds + 1):
        for source in sources:
            for verb in VERBS:
                took = timed(project, verb, source)
                if number and any(took):
                    found.setdefault((verb, source), []).append(took)
            project.run("snapshot", "delete", "many", "--yes")
    for verb in VERBS:
        yield f"{verb}: " + ", before ".join(_median(found.get((verb, source), [])) for source in sources)


def _median(took: Sequence[tuple[float, float]]) -> str:
    if not took:
        return "failed"
    seconds, after = (statistics.median(values) for values in zip(*took, strict=True))
    return f"{seconds:.1f}" + (f" (and {after:.1f} in the server)" if after > 1 else "")


def main() -> None:
    """Print a line for each verb."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--source", default="", help="the `src` folder of another checkout")
    typed = parser.parse_args()
    sources = [str(ROOT / "src"), *([str(Path(typed.source).resolve())] if typed.source else [])]
    with tempfile.TemporaryDirectory(prefix="many-") as folder:
        project = make_project(Path(folder, "project"), Path(folder, "home"), 'engine = "embedded"')
        try:
            project.good("dev")
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}: {fill(project, typed.tables)}", flush=True)
            for line in measure(project, typed.rounds, sources):
                print(line, flush=True)
        finally:
            project.run("down")


if __name__ == "__main__":
    main()
