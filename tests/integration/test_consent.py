"""What `--plan` shows of a real server, what moves its hash and what does not, and what `--approve` lets go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg2 import sql

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import contents
from tests.integration.conftest import execute
from tests.integration.test_ownership import address as address_of
from tests.integration.test_ownership import place
from tests.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.table('engine = "embedded"', "undo-keep = 1")  # neither backend nor seed
    yield project
    project.run("down")


def trace(address: DatabaseAddress) -> str:
    found = contents.probe(address, whole_server=False)
    assert found is not None
    assert [content.name for content in found] == [address.name]
    return found[0].trace


# One after the other: each has to show, although most of them leave the same number of rows as before.
WRITES = [
    "CREATE TABLE t (id serial PRIMARY KEY, name text)",
    "INSERT INTO t (name) SELECT 'x' FROM generate_series(1, 100)",
    "UPDATE t SET name = 'y' WHERE id = 1",
    "DELETE FROM t WHERE id = 2",
    "INSERT INTO t (name) VALUES ('z')",
    "TRUNCATE t",
    "ALTER TABLE t ADD COLUMN more text",
    "ALTER TABLE t RENAME TO u",
    "CREATE INDEX i ON u (name)",
    "CREATE VIEW v AS SELECT 1 AS one",
    "CREATE TABLE parts (id int) PARTITION BY RANGE (id)",
    "SELECT lo_from_bytea(0, 'large')",
    "DROP TABLE u",
]
READS = ["SELECT count(*) FROM t", "VACUUM ANALYZE", "CHECKPOINT", "SELECT pg_advisory_lock(1)", "ANALYZE t"]


def test_every_write_leaves_a_trace_and_nothing_else_does(address: DatabaseAddress) -> None:
    traces = [trace(address)]
    for statement in WRITES:
        execute(address, statement)
        traces.append(trace(address))
        if statement.startswith("INSERT"):
            for read in READS:
                execute(address, read)
            assert trace(address) == traces[-1]
    assert len(set(traces)) == len(traces)
    execute(address, "SELECT pg_stat_reset()")
    assert trace(address) != traces[-1]


def test_the_content_of_every_database_is_told(address: DatabaseAddress) -> None:
    execute(address, "CREATE TABLE t AS SELECT * FROM generate_series(1, 1000) AS id")
    found = contents.probe(address, whole_server=True)
    assert found is not None
    mine = next(content for content in found if content.name == address.name)
    assert (mine.tables, mine.rows, mine.uncounted) == (1, 1000, 0)
    assert "postgres" in [content.name for content in found]
    assert "template1" not in [content.name for content in found]
    assert contents.probe(replace(address, name="nowhere"), whole_server=False) is None


def test_rows_that_the_server_has_forgotten_to_count_are_not_none(address: DatabaseAddress) -> None:
    execute(address, "CREATE TABLE t AS SELECT 1 AS id")
    execute(address, "SELECT pg_stat_reset_single_table_counters('t'::regclass)")
    found = contents.probe(address, whole_server=False)
    assert found is not None
    assert found[0].sentence.startswith(f"database {address.name}: about 0 rows in 1 table (1 table not counted yet), ")
    execute(address, sql.SQL("ANALYZE t"))
    found = contents.probe(address, whole_server=False)
    assert found is not None
    assert (found[0].rows, found[0].uncounted) == (1, 0)


def planned(project: Project, *words: str) -> str:
    """Return the hash."""
    return str(project.good(*words, "--plan", "--json").json["approve"])


def test_a_hash_lets_go_what_was_planned_and_nothing_else(project: Project) -> None:
    project.good("dev")
    server, data = address_of(project), place(project) / "pgdata"
    empty = planned(project, "reset")
    execute(server, "INSERT INTO t1 VALUES (7)")
    ran = project.run("reset", "--approve", empty, "--json")
    now = planned(project, "reset")
    assert (ran.code, ran.error) == (
        5,
        (
            "NA623",
            f"{empty} does not approve of this: it has the hash {now}, and destroys the database in {data}",
            f"look at it with `--plan`; `--approve {now}` lets exactly that go",
        ),
    )
    for words in (("downgrade", "--approve", now), ("reset", "--to", "t1", "--approve", now)):
        assert project.run(*words, "--json").error[0] == "NA623"
    assert execute(server, "SELECT count(*) FROM t1") == [(1,)]

    shown = project.good("reset", "--plan")
    lines = [line for line in shown.out.splitlines() if "MB" not in line]
    assert lines[-3:] == [f"what goes: the database in {data}", "  snapshots: none", f"approve with: --approve {now}"]
    assert "  database project: about 2 rows in 3 tables, " in shown.out
    project.good("reset", "--approve", now)
    assert execute(server, "SELECT count(*) FROM t1") == [(0,)]

    seen = project.good("reset", "--plan", "--json").json
    (older,) = seen["inventory"]["older"]
    assert Path(older["place"]).parent == data.parent
    assert older["size"] > 1_000_000
    assert seen["plan"][0] == "prove that the server is ours"
    assert (seen["destroys"], seen["dry_run"], seen["steps"]) == (f"the database in {data}", True, [])
    project.good("downgrade", "--approve", planned(project, "downgrade"))
    ran = project.run("migrate", "--approve", now, "--json")
    assert ran.error[:2] == ("NA624", f"there is nothing to approve with {now}: this destroys nothing")


def test_the_data_of_a_stopped_server_has_a_hash_until_the_server_runs_again(project: Project) -> None:
    project.good("dev")
    project.good("down")
    stopped = planned(project, "reset")
    lines = project.good("reset", "--plan").out.splitlines()
    assert "  databases: not known, since the server does not answer" in lines
    project.good("dev")
    project.good("down")
    ran = project.run("reset", "--approve", stopped, "--json")
    assert ran.error[0] == "NA623"
    project.good("reset", "--approve", str(ran.json["approve"]))
