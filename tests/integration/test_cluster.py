"""Whether a new database has nothing in it but what PostgreSQL itself puts there, for each kind of thing."""

from dataclasses import replace

import pytest
from psycopg2 import sql

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import cluster
from nox_alembic.edges.postgres.connection import connected, keep_note
from tests.integration.conftest import execute


def test_a_new_database_is_plain_and_one_that_was_migrated_tells_nothing(address: DatabaseAddress) -> None:
    assert cluster.begin(address) is True
    execute(address, "ANALYZE", "VACUUM", "VACUUM FREEZE", "SELECT 1")
    assert cluster.begin(address) is True
    execute(address, "CREATE TABLE alembic_version ()")
    assert cluster.begin(address) is None


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT ALL ON SCHEMA public TO PUBLIC",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC",
        "CREATE PUBLICATION everything FOR ALL TABLES",
        "COMMENT ON SCHEMA public IS 'ours'",
        "COMMENT ON SCHEMA public IS NULL",
        "SELECT lo_create(0)",
        "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)",
        'CREATE COLLATION sorted FROM "C"',
        "CREATE TABLE t ()",
        "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE mood AS ENUM ('ok')",
        "CREATE EXTENSION pg_trgm",
        "DROP EXTENSION plpgsql",
        "CREATE SCHEMA app",
        "DROP SCHEMA public",
        "CREATE CAST (text AS int) WITH INOUT AS ASSIGNMENT",
        "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
        "CREATE FOREIGN DATA WRAPPER nothing",
        "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "ALTER FUNCTION pg_sleep(double precision) COST 7",
        "ALTER TEXT SEARCH DICTIONARY simple (Accept = false)",
    ],
)
def test_whatever_scripts_put_into_it_is_seen(address: DatabaseAddress, statement: str) -> None:
    execute(address, statement)
    assert cluster.begin(address) is False


@pytest.mark.parametrize("words", ["SET work_mem = '7MB'", "OWNER TO CURRENT_USER"])
def test_what_is_set_around_it_counts_too(address: DatabaseAddress, words: str) -> None:
    execute(address, sql.SQL("ALTER DATABASE {} {}").format(sql.Identifier(address.name), sql.SQL(words)))
    assert cluster.begin(address) is ("OWNER" in words), "the owner is that of a fresh one"
    execute(address, sql.SQL("GRANT CONNECT ON DATABASE {} TO PUBLIC").format(sql.Identifier(address.name)))
    assert cluster.begin(address) is False


def test_our_own_notes_are_nothing(address: DatabaseAddress) -> None:
    with connected(address) as cursor:
        keep_note(cursor, address.name, "seed", "pending")
    assert cluster.begin(address) is True


def test_what_was_put_into_the_template_of_new_databases_is_seen(
    server: DatabaseAddress, address: DatabaseAddress
) -> None:
    template = replace(server, name="template1")
    execute(template, "CREATE TABLE more ()")
    try:
        assert cluster.begin(address) is False
    finally:
        execute(template, "DROP TABLE more")
    assert cluster.begin(address) is True
