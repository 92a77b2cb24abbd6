"""What SQL statements say that they change."""

import pytest

from nox_alembic.core.effects import Effect, Unread
from nox_alembic.core.effects.sql import read_sql


def read(sql: str) -> list[str]:
    found = read_sql(sql, 1)
    assert found.unread == ()
    return [f"{effect.operation} {effect.kind} {effect.name}" for effect in found.found]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE IF NOT EXISTS public.t (id int)", ["create table t"]),
        ("create unlogged table s.t (u int references u (id))", ["create table s.t", "use table u", "use column u.id"]),
        ('DROP TABLE IF EXISTS "T t", public.u CASCADE', ["drop table T t", "drop table u"]),
        ("ALTER TABLE IF EXISTS ONLY t ADD COLUMN IF NOT EXISTS c numeric(10, 2)", ["create column t.c"]),
        ("ALTER TABLE t ADD c int, DROP COLUMN IF EXISTS d", ["create column t.c", "drop column t.d"]),
        ("ALTER TABLE t ALTER COLUMN c TYPE bigint USING c::bigint", ["alter column t.c"]),
        ("ALTER TABLE t RENAME TO u", ["rename table t", "create table u"]),
        ("ALTER TABLE t RENAME c TO d", ["rename column t.c", "create column t.d"]),
        ("ALTER TABLE t RENAME COLUMN c TO d", ["rename column t.c", "create column t.d"]),
        ("ALTER TABLE t RENAME CONSTRAINT c TO d", ["rename constraint t.c", "create constraint t.d"]),
        ("ALTER TABLE t ADD CONSTRAINT k UNIQUE (c)", ["create constraint t.k"]),
        ("ALTER TABLE t ADD PRIMARY KEY (c)", ["alter table t"]),
        ("ALTER TABLE t DROP CONSTRAINT IF EXISTS k", ["drop constraint t.k"]),
        ("ALTER TABLE t VALIDATE CONSTRAINT k", ["alter constraint t.k"]),
        ("ALTER TABLE t SET SCHEMA s", ["rename table t"]),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", ["alter table t"]),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON ONLY t USING btree (a, lower(b) DESC)",
            ["create index ix", "use column t.a", "use column t.lower"],
        ),
        ("CREATE INDEX ON t (a)", ["create index on t", "use column t.a"]),
        ("DROP INDEX CONCURRENTLY IF EXISTS ix, iy", ["drop index ix", "drop index iy"]),
        ("ALTER INDEX ix RENAME TO iy", ["alter index ix", "rename index ix", "create index iy"]),
        ("CREATE TYPE s.mood AS ENUM ('a;b', 'c')", ["create type s.mood"]),
        ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'd'", ["alter type mood"]),
        ("DROP TYPE mood", ["drop type mood"]),
        ("CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT 1", ["create view v"]),
        ("DROP MATERIALIZED VIEW v", ["drop view v"]),
        ("CREATE OR REPLACE FUNCTION f(a int) RETURNS int AS $x$ DROP TABLE t; $x$", ["create function f"]),
        ("CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()", ["create trigger t.g"]),
        ("DROP POLICY IF EXISTS p ON t", ["drop other t.p"]),
        ("CREATE EXTENSION IF NOT EXISTS pg_trgm", ["create other extension pg_trgm"]),
        ("COMMENT ON COLUMN public.t.c IS 'x'", ["alter column t.c"]),
        ("COMMENT ON TABLE t IS 'x'", ["alter table t"]),
        ("INSERT INTO t (a, b) SELECT 1, 2", ["rows table t", "use column t.a", "use column t.b"]),
        ("UPDATE ONLY t SET a = (SELECT max(x), 2), b = 1 WHERE c = 2, d", ["rows table t", "use column t.a",
                                                                      "use column t.b"]),
        ("DELETE FROM t", ["rows table t"]),
        ("TRUNCATE TABLE t, u", ["rows table t", "rows table u"]),
        ("WITH x AS (SELECT 1) UPDATE t SET a = 1", ["rows table t", "use column t.a"]),
        ("SET lock_timeout = '5s'; GRANT SELECT ON t TO somebody", []),
        ("CREATE ROLE app LOGIN", ["create role app"]),
        ("create user app", ["create role app"]),
        ("DROP ROLE IF EXISTS app, ro", ["drop role app", "drop role ro"]),
        ("ALTER ROLE app IN DATABASE d SET work_mem = 1", ["alter role app"]),
        ("DROP OWNED BY app", ["alter role app"]),
        ("REASSIGN OWNED BY app TO postgres", ["alter role app"]),
        ("GRANT ro, rw TO app WITH ADMIN OPTION", ["alter role app"]),
        ("REVOKE ADMIN OPTION FOR ro FROM app", ["alter role app"]),
        ("GRANT SELECT (a), UPDATE (b) ON t TO app; GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA s TO app", []),
        ("GRANT CONNECT ON DATABASE d TO app", ["alter database d"]),
        ("COMMENT ON ROLE app IS 'x'", ["alter role app"]),
        ("CREATE TABLESPACE fast LOCATION '/x'", ["create tablespace fast"]),
        ("ALTER DATABASE d SET search_path = app", ["alter database d"]),
        ("DROP SUBSCRIPTION s", ["drop subscription s"]),
        ("ALTER SYSTEM SET work_mem = '1MB'", ["alter setting work_mem"]),
        ("-- DROP TABLE a;\n/* DROP TABLE b; */ DROP TABLE c;", ["drop table c"]),
    ],
)  # fmt: skip
def test_a_statement_says_what_it_changes(sql: str, expected: list[str]) -> None:
    assert read(sql) == expected


@pytest.mark.parametrize(
    "sql", ["DO $$ BEGIN DROP TABLE t; END $$", "SELECT f()", "CALL p()", "WITH x AS (SELECT 1) SELECT 2", "CREATE"]
)
def test_a_statement_that_may_do_anything_is_not_ignored(sql: str) -> None:
    assert read_sql(sql, 7).unread == (Unread(7, sql),)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles) THEN CREATE ROLE app; END IF; END $$", ["create role app"]),
        ("DO $x$ BEGIN EXECUTE 'DROP ROLE ' || quote_ident(n); END $x$", ["drop role "]),
        ("DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET a.b = 1'', d); END'", ["alter database "]),
        ("DO $$ BEGIN CREATE TABLE t (); CREATE USER MAPPING FOR app SERVER s; END $$", []),
        ("CREATE USER MAPPING FOR app SERVER s", []),
        ("SELECT 'he may drop in'", []),
    ],
)
def test_what_is_shared_is_seen_also_inside_of_what_is_not_read(sql: str, expected: list[str]) -> None:
    found = read_sql(sql, 1)
    assert len(found.unread) == 1
    assert [f"{effect.operation} {effect.kind} {effect.name}" for effect in found.found] == expected


def test_lines_count_from_where_the_text_begins() -> None:
    found = read_sql("\nDROP TABLE a;\n\nDROP TABLE\nb", 10)
    assert found.found == (Effect("table", "a", "drop", 11, "a"), Effect("table", "b", "drop", 13, "b"))


def test_long_statements_are_shortened() -> None:
    (unread,) = read_sql("DO " + "x" * 100, 1).unread
    assert unread.text == "DO " + "x" * 54 + "..."
