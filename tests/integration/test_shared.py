"""Revisions that change what all databases of a server share, on the embedded engine: every verb over a role."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute, reader
from tests.integration.test_undo import killed
from tests.project import Project, make_project

MAKE = "op.execute(\"CREATE ROLE app LOGIN PASSWORD 'word'\"); op.execute('GRANT SELECT ON t1 TO app')"
DROP = "op.execute('REVOKE ALL ON t1 FROM app'); op.execute('DROP ROLE app')"
# What a role is in the server, and what it may do in the database.
ROLE = """
SELECT rolname, rolcanlogin, (SELECT rolpassword IS NOT NULL FROM pg_authid a WHERE a.oid = r.oid),
       has_table_privilege(r.oid, 't1', 'SELECT') FROM pg_roles r WHERE rolname = 'app'
"""
THERE: list[tuple[object, ...]] = [("app", True, True, True)]
GONE: list[tuple[object, ...]] = []
SHARED = "t3 (make t3) {} the role app, which all databases of a server share"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project at t4; t3 makes a role that t1 is granted to."""
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"', "undo-keep = 5")
    project.good("dev")
    project.revision("t3", "t2", upgrade=MAKE, downgrade=DROP)
    project.revision("t4", "t3")
    project.good("migrate")
    yield project
    project.run("down")


def role(project: Project) -> list[tuple[object, ...]]:
    return execute(address_of(project), ROLE)


def databases(project: Project) -> list[object]:
    found = execute(address_of(project), "SELECT datname FROM pg_database WHERE datname ~ '^project__' ORDER BY 1")
    return [name for (name,) in found]


def test_a_role_goes_and_comes_back_with_the_database(project: Project) -> None:
    assert role(project) == THERE
    execute(address_of(project), "INSERT INTO t2 VALUES (7)")
    project.good("downgrade", "--yes")
    (older,) = databases(project)  # a copy in the server, in which the role may read a table
    ran = project.good("downgrade", "--yes", "--json").json
    assert (ran["notes"], ran["steps"][1]["title"][:27]) == ([SHARED.format("drops")], "keep a copy of the whole se")
    assert (role(project), databases(project)) == (GONE, [])
    project.good("undo")
    assert (role(project), databases(project)) == (THERE, [older])
    assert execute(address_of(project), "SELECT * FROM t2") == [(7,)]
    project.good("undo")
    assert role(project) == GONE
    # And the other way: what a migration has made is gone again, so that the next one can make it.
    ran = project.good("migrate", "--json").json
    assert ran["notes"] == [SHARED.format("creates")]
    project.good("undo")
    assert role(project) == GONE
    project.good("migrate")
    assert role(project) == THERE


def test_what_only_looks_and_what_rehearses_replays_the_history_on_a_server_of_its_own(project: Project) -> None:
    execute(address_of(project), "CREATE ROLE boss", "GRANT boss TO app", "ALTER DATABASE project SET work_mem = '7MB'")
    for words in (["check"], ["revision", "-m", "nothing"]):
        ran = project.run(*words, "--json")
        assert "error" not in ran.json or "target_metadata" in ran.error[1] or "MetaData" in ran.error[1], ran.err
        titles = [step["title"] for step in ran.json["steps"]]
        assert any(title.startswith("on a throw-away server: upgrade a clean shadow database") for title in titles)
    reapplied = project.good("reapply", "t3", "--yes", "--json").json
    assert reapplied["rehearsal"] == {"lost": [], "changed": [], "left_behind": []}
    assert role(project) == THERE
    fast = project.good("reset", "--fast", "--yes", "--json").json
    assert fast["notes"][0] == f"not by a swap, since {SHARED.format('creates')}: the data is wiped"
    assert (role(project), databases(project)) == (THERE, [])
    assert not list((project.home / "data").glob("*/throwaway*"))


def test_a_rehearsal_there_sees_what_a_downgrade_would_lose(project: Project) -> None:
    execute(address_of(project), "GRANT UPDATE ON t1 TO app", "CREATE TABLE owned ()", "ALTER TABLE owned OWNER TO app")
    ran = project.run("reapply", "t3", "--yes", "--json")
    assert ran.error[0] == "NA435"
    assert 'role "app" cannot be dropped because some objects depend on it' in ran.error[1]
    assert role(project) == THERE
    execute(address_of(project), "DROP TABLE owned")
    seen = project.good("reapply", "t3", "--yes", "--json").json
    assert seen["rehearsal"]["changed"] == ["grant to app on table t1: privileges SELECT, UPDATE before, SELECT after"]


def test_nobody_who_is_at_work_is_ended_for_the_copy(project: Project) -> None:
    execute(address_of(project), "CREATE TABLE customers ()")
    with reader(replace(address_of(project), name="project")):
        ran = project.run("downgrade", "t2", "--yes", "--json")
    assert ran.error[:2] == (
        "NA635",
        "`downgrade` has to stop the server for a moment, and somebody is at work in it; the database is as it was",
    )
    assert '(user "postgres", application "report", database "project", idle in transaction)' in ran.err
    assert role(project) == THERE


def test_a_role_that_only_the_run_shows_is_explained(project: Project) -> None:
    hidden = DROP.replace("op.execute('DROP", "getattr(op, 'execute')('DROP")
    project.revision("t3", "t2", upgrade=MAKE, downgrade=hidden)
    project.good("downgrade", "--yes")
    ran = project.run("downgrade", "--yes", "--json")
    id_, message, hint = ran.error
    assert (id_, role(project)) == ("NA474", THERE)
    assert 'role "app" cannot be dropped because some objects depend on it' in message
    assert hint.startswith(f"these copies of ours hold it: {', '.join(map(str, databases(project)))}; write the ")
    project.revision("t3", "t2", upgrade=MAKE, downgrade=DROP)
    project.good("downgrade", "--yes")
    assert role(project) == GONE
    execute(address_of(project), "CREATE ROLE app")
    id_, message, hint = project.run("migrate", "--json").error
    assert (id_, 'role "app" already exists' in message) == ("NA474", True)
    assert '`nox -s sql -- -c "DROP ROLE app"` drops it, or let alembic/versions/t3.py make it only' in hint


def test_a_verb_that_is_killed_loses_nothing(project: Project) -> None:
    for row, point in enumerate(["before KeepServer", "after KeepServer", "after Downgrade", "before CloseUndo"], 100):
        execute(address_of(project), f"INSERT INTO t2 VALUES ({row})")
        killed(project, point, "downgrade", "t1", "--yes")
        if execute(address_of(project), "SELECT to_regclass('t2')") == [(None,)]:
            project.good("undo")
        assert (row,) in execute(address_of(project), "SELECT * FROM t2")
        assert role(project) == THERE
