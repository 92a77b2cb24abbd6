"""Two developers who both add a revision: what each sees, in the order in which it happens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import execute
from tests.team import Developer, start

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
    for verb in ("migrate", "dev"):
        assert bob.project.run(verb, "--json").error == ("NA403", TOLD, CURE)
    planned = bob.project.good("rebase", "--dry-run", "--json").json
    assert planned["plan"] == [
        "note in the database: b1 onto a1",
        "downgrade to t1",
        "put b1 on top of a1 in alembic/versions/b1.py",
        "write b1 to alembic/head",
        "migrate to the new head b1",
        "forget that note",
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
    assert bob.project.good("rebase", "--json").json["notes"] == [
        "nothing to rebase: the history has one head, b1 (make b1)"
    ]


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
    assert ada.project.good("status", "--json").json["current"] == [head]
    assert tables(ada) == tables(bob)
