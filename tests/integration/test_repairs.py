"""What is looked at closely in a real database, and what repairs do to it and refuse."""

import psycopg2
import pytest

from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import inspection, repairs, server
from tests.integration.conftest import execute
from tests.unit.core.make import told


def refused(address: DatabaseAddress, *statements: str) -> None:
    with pytest.raises(psycopg2.Error):
        execute(address, *statements)


def test_invalid_indexes_are_found_by_what_they_are(address: DatabaseAddress) -> None:
    execute(address, "CREATE SCHEMA s", 'CREATE TABLE s."T t" (id int)', 'INSERT INTO s."T t" VALUES (1), (1)')
    assert inspection.invalid_indexes(address) == ()
    refused(address, 'CREATE UNIQUE INDEX CONCURRENTLY "I x" ON s."T t" (id)')
    execute(
        address, "CREATE TABLE p (id int) PARTITION BY LIST (id)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)"
    )
    execute(address, "CREATE INDEX ip ON ONLY p (id)")
    left = InvalidIndex('s."I x"', 's."T t"')
    assert inspection.invalid_indexes(address) == (InvalidIndex("ip", "p", "partitioned"), left)
    repairs.drop_index(address, left.name)
    assert [index.name for index in inspection.invalid_indexes(address)] == ["ip"]


def test_an_index_that_a_constraint_needs_is_not_dropped(address: DatabaseAddress) -> None:
    execute(address, "CREATE TABLE t (id int CONSTRAINT uq UNIQUE)")
    with pytest.raises(FailedError) as error:
        repairs.drop_index(address, "uq")
    id_, message, hint = told(error)
    assert (id_, hint) == ("NA451", "let the transaction end that uses it, and `nox -s repair`")
    assert message.startswith(
        "the index uq could not be dropped: cannot drop index uq because constraint uq on table t"
    )


def test_objects_are_tables_with_their_columns(address: DatabaseAddress) -> None:
    execute(
        address,
        "CREATE SCHEMA s",
        "CREATE TABLE s.t (id int, gone int)",
        "ALTER TABLE s.t DROP gone",
        "CREATE TABLE e ()",
    )
    assert inspection.objects(address) == {"s.t", "s.t.id", "e"}
    (number,) = execute(address, "SELECT current_setting('server_version_num')::int / 10000")[0]
    assert server.version(address).startswith(f"{number}.")


def test_a_database_that_does_not_answer_has_no_details(address: DatabaseAddress) -> None:
    nowhere = DatabaseAddress(host="127.0.0.1", port=1, user="x", password="x", name="x")
    assert (inspection.invalid_indexes(nowhere), inspection.objects(nowhere), server.version(nowhere)) == (
        (),
        frozenset(),
        "",
    )


def usual_table() -> str:
    return "public.alembic_version"


def test_a_mark_replaces_all_revisions_at_once_and_only_what_was_seen(address: DatabaseAddress) -> None:
    at = "SELECT version_num FROM alembic_version ORDER BY 1"
    repairs.stamp(address, (), ("b2", "c3"), usual_table)
    assert execute(address, at) == [("b2",), ("c3",)]
    with pytest.raises(FailedError) as error:
        repairs.stamp(address, ("a1",), (), usual_table)
    assert told(error) == (
        "NA450",
        "the database is at b2, c3 by now, and no more at a1: nothing was marked",
        "repeat it to see the consequences anew",
    )
    assert execute(address, at) == [("b2",), ("c3",)]
    repairs.stamp(address, ("c3", "b2"), (), usual_table)
    assert execute(address, at) == []
