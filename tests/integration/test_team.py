"""Two developers who both add a revision: what each sees, in the order in which it happens."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import crashes
from tests.integration.conftest import execute
from tests.team import DATABASE, Developer, start

TOLD = (
    "the history has 2 heads: a1 (make a1) [added by ada on 2026-07-01 on origin/main]"
    " and b1 (make b1) [added by bob on 2026-07-01 on main]"
)
CURE = "`nox -s rebase` puts your unpublished revisions on top of the others', `nox -s merge` joins the heads"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[list[Developer]]:
    """Ada, who has published her revision, and Bob, who has applied his and not published it."""
    ada, bob = start(tmp_path, "ada", "bob")
    ada.adds("a1", "t1")
    ada.git("push", "-q")
    bob.project.good("dev")
    bob.adds("b1", "t1")
    bob.project.good("migrate")
    execute(bob.address, "INSERT INTO t1 VALUES (7)", "INSERT INTO b1 VALUES (8)")
    yield [ada, bob]
    for developer in (ada, bob):
        developer.project.run("down")


def tables(developer: Developer) -> list[object]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    return [row[0] for row in execute(developer.address, query) if row[0] != "alembic_version"]


def test_two_developers_rebase_once_and_merge_once(team: list[Developer]) -> None:
    ada, bob = team
    bob_pulls_and_sees_two_heads(bob)
    bob_rebases(bob)
    ada_follows(ada, bob, "b1")
    ada.adds("a2", "b1")
    ada.git("push", "-q")
    bob.adds("b2", "b1")
    bob.project.good("migrate")
    execute(bob.address, "INSERT INTO b2 VALUES (9)")
    merge = bob_merges(bob)
    ada_follows(ada, bob, merge)


def bob_pulls_and_sees_two_heads(bob: Developer) -> None:
    assert "CONFLICT (content): Merge conflict in alembic/head" in bob.git("pull", "--no-rebase", code=1)
    status = bob.project.run("status", "--json")
    assert (status.code, status.json["findings"][:2]) == (
        3,
        [TOLD, "the head file has git's conflict markers: two branches have added a revision"],
    )
    assert bob.project.run("migrate", "--json").error == ("NA403", TOLD, CURE)
    planned = bob.project.good("rebase", "--dry-run", "--json").json
    assert planned["plan"] == [
        "prove that the server is ours",
        "keep a copy of the database for `undo`",
        "note in the database: b1 onto a1",
        "downgrade to t1",
        "put b1 on top of a1 in alembic/versions/b1.py",
        "write b1 to alembic/head",
        "migrate to the new head",
        "forget that note",
        "close the undo log",
    ]
    asked = bob.project.run("rebase", "--json")
    assert (asked.code, asked.error[0]) == (5, "NA010")


def bob_rebases(bob: Developer) -> None:
    path = bob.project.root / "alembic/versions/b1.py"
    before = path.read_bytes()
    ran = bob.project.good("rebase", "--yes")
    assert ran.err.splitlines()[-1] == "commit what was written: git add alembic/versions/b1.py alembic/head"
    assert path.read_bytes() == before.replace(b"down_revision = 't1'", b"down_revision = 'a1'")
    assert tables(bob) == ["a1", "b1", "t1"]
    assert execute(bob.address, "SELECT * FROM t1") == [(7,)]
    done = bob.project.good("status", "--json").json
    assert (done["current"], done["heads"], done["pending"]) == (["b1"], ["b1"], [])


def bob_merges(bob: Developer) -> str:
    """Return the id of the revision that joins a2 and b2."""
    bob.git("pull", "--no-rebase", code=1)
    ran = bob.project.good("merge", "-m", "Join Ada's and Bob's work")
    (path,) = (bob.project.root / "alembic/versions").glob("*_join_ada_s_and*.py")
    assert ran.err.splitlines()[-1] == f"commit what was written: git add alembic/versions/{path.name} alembic/head"
    id_ = path.name.partition("_")[0]
    text = path.read_text()
    assert text.startswith(f'"""Join Ada\'s and Bob\'s work\n\nRevision ID: {id_}\nRevises: a2, b2\n')
    assert "down_revision = ('a2', 'b2')" in text
    assert (bob.project.root / "alembic/head").read_text() == f"{id_}\n"
    assert bob.project.run("status", "--json").json["pending"] == ["a2", id_]
    bob.project.good("migrate")
    assert execute(bob.address, "SELECT * FROM b2") == [(9,)]
    return id_


def ada_follows(ada: Developer, bob: Developer, head: str) -> None:
    """Bob commits and pushes; Ada pulls without a conflict and migrates."""
    bob.commit("one head again")
    bob.git("push", "-q")
    ada.git("pull", "-q")
    ada.project.good("dev")
    assert execute(ada.address, "SELECT version_num FROM alembic_version") == [(head,)]
    assert tables(ada) == tables(bob)


# The points of tests.dying, in the order in which a rebase comes to them.
POINTS = [
    ("after NoteRebase", 1),
    ("revision", 1),
    ("after Downgrade", 1),
    ("written", 1),
    ("after ReplaceFile", 1),
    ("after ReplaceFile", 2),
    ("revision", 3),
    ("after ApplyRevision", 1),
]


def test_a_rebase_that_is_killed_anywhere_is_finished_by_the_next_one(team: list[Developer]) -> None:
    _, bob = team
    bob.git("pull", "--no-rebase", code=1)
    path, head = bob.project.root / "alembic/versions/b1.py", bob.project.root / "alembic/head"
    before, conflict = path.read_bytes(), head.read_bytes()
    after = before.replace(b"down_revision = 't1'", b"down_revision = 'a1'")
    for point, count in POINTS:
        path.write_bytes(before)
        head.write_bytes(conflict)
        back_to_the_fork(bob)
        died(bob, point, count, "rebase", "--yes")
        assert path.read_bytes() in (before, after), point
        again = bob.project.run("rebase", "--yes", "--json")
        assert (again.code, again.json.get("error")) == (0, None), point
        assert (path.read_bytes(), head.read_bytes()) == (after, b"b1\n"), point
        assert tables(bob) == ["a1", "b1", "t1"], point
        assert execute(bob.address, "SELECT * FROM t1") == [(7,)], point
        assert execute(
            bob.address,
            "SELECT version_num, coalesce(current_setting('nox_alembic.rebase', true), '') FROM alembic_version",
        ) == [("b1", "")], point
        assert [entry.name for entry in path.parent.glob(".*")] == [], point


def back_to_the_fork(bob: Developer) -> None:
    """Let Bob's database be at b1 without a1, and know of no rebase."""
    statements = (
        "DROP TABLE IF EXISTS a1",
        "UPDATE alembic_version SET version_num = 'b1'",
        f"ALTER DATABASE {DATABASE} RESET nox_alembic.rebase",
    )
    execute(bob.address, *statements)


def died(bob: Developer, point: str, count: int, *words: str) -> None:
    command = [sys.executable, "-m", "tests.dying", point, str(count), str(int(signal.SIGKILL)), *words]
    environ = {**bob.project.environ, "PYTHONPATH": os.pathsep.join([bob.project.environ["PYTHONPATH"], crashes.ROOT])}
    done = subprocess.run(command, cwd=bob.project.root, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, f"{point}: {done.stderr}"


def test_a_stopped_database_is_moved_along_and_a_failure_has_a_way_back(team: list[Developer]) -> None:
    """Left alone, the stopped one would be taken for up to date: at b1, with a1 below it and never run."""
    _, bob = team
    path = bob.project.root / "alembic/versions/b1.py"
    before = path.read_bytes()
    bob.git("pull", "--no-rebase", code=1)
    theirs = bob.project.root / "alembic/versions/a1.py"
    text = theirs.read_text()
    theirs.write_text(text.replace('_table("a1"', '_table("b1"'))
    bob.project.good("down")
    failed = bob.project.run("rebase", "--yes", "--json")
    assert failed.json["notes"] == [
        "the database is stopped: it is started to see whether your revisions are applied in it"
    ]
    id_, message, hint = failed.error
    assert (failed.code, id_) == (1, "NA457")
    assert 'the revision b1 (alembic/versions/b1.py, line 10) failed: relation "b1" already exists. ' in message
    assert hint.endswith("; `git checkout HEAD -- alembic/versions/b1.py` undoes the rebase")
    assert bob.project.run("status", "--json").json["findings"] == [
        "a rebase was not finished: b1 onto a1",
        "revisions are pending",
    ]
    bob.git("checkout", "HEAD", "--", "alembic/versions/b1.py")
    assert path.read_bytes() == before
    assert bob.project.run("status", "--json").json["heads"] == ["a1", "b1"]
    bob.project.good("downgrade", "t1", "--yes")
    theirs.write_text(text)
    bob.project.good("rebase", "--yes")
    assert tables(bob) == ["a1", "b1", "t1"]
    assert execute(bob.address, "SELECT * FROM t1") == [(7,)]
    assert bob.project.good("status", "--json").json["current"] == ["b1"]
