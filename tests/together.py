"""Two runs of `migrate` at once, with a CONCURRENTLY index in the chain.

Both succeed, and one waits for the other. `python -m tests.together 20` runs it.

Every second round gives each run its own state folder, as two clones with one database
have. There the lock of the environment does not keep them apart, so the lock in the
database has to.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.integration.conftest import address_of, execute
from tests.project import Project, make_project

CONCURRENTLY = """\
with op.get_context().autocommit_block():
        op.create_index("ix", "t1", ["id"], postgresql_concurrently=True)"""


def make(folder: Path) -> Project:
    """Make the project, with a first revision that lasts long enough for the other one to come."""
    project = make_project(folder / "project", folder / "home")
    project.table('engine = "embedded"')
    project.revision("t1", None, upgrade='op.execute("CREATE TABLE t1 (id int); SELECT pg_sleep(2)")')
    project.revision("t2", "t1", upgrade=CONCURRENTLY)
    return project


def other_clone(project: Project) -> Project:
    """Return the project with the same data and a state folder of its own."""
    other = replace(project, home=project.home.with_name("other-home"))
    for name in ("data", "log"):
        if not (other.home / name).exists():
            other.home.mkdir(exist_ok=True)
            (other.home / name).symlink_to(project.home / name)
    return other


def rounds(project: Project, count: int) -> Iterator[str]:
    """Yield what the waiting one of each round said; raises AssertionError when a round went otherwise."""
    project.good("dev")
    for number in range(count):
        execute(address_of(project), "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        both = (project, other_clone(project) if number % 2 else project)
        runs = [start(one) for one in both]
        ends = [(*run.communicate(timeout=300), run.returncode) for run in runs]
        assert [code for _, _, code in ends] == [0, 0], ends
        notes = [note for out, _, _ in ends for note in json.loads(out).get("notes", [])]
        (waited,) = [note for note in notes if note.startswith("waiting for ")]
        assert execute(address_of(project), "SELECT version_num FROM alembic_version") == [("t2",)]
        yield waited


def start(project: Project, *words: str) -> "subprocess.Popen[bytes]":
    """Start `migrate` with its streams kept."""
    return subprocess.Popen(
        project.command("migrate", "--json", *words),
        cwd=project.root,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def main(count: int) -> None:
    """Run the rounds in a folder of their own and print them."""
    with tempfile.TemporaryDirectory() as folder:
        project = make(Path(folder))
        try:
            for number, waited in enumerate(rounds(project, count), 1):
                print(f"{number}/{count} {waited}", flush=True)  # noqa: T201 - a command
        finally:
            project.run("down")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
