"""Whether a dump could be restored, asked of a real database: each thing that PostgreSQL computes while it loads."""

import pytest
from psycopg2 import sql

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import restoring
from tests.integration.conftest import execute

# `s` finds `g` wherever its own search_path leads to it.
FUNCTIONS = (
    "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1'",
    "CREATE FUNCTION s(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN g($1); END'",
    "ALTER FUNCTION s SET search_path = public",
    "CREATE SCHEMA app",
)


def found(address: DatabaseAddress) -> list[tuple[object, ...]]:
    return [(one.what, one.functions, one.schema) for one in restoring.uncomputable(address)]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS ({}(a)) STORED)",
            "the generated column app.t.b",
        ),
        ("CREATE TABLE t (a int CONSTRAINT positive CHECK ({}(a) > 0))", "the constraint positive of public.t"),
        (
            "CREATE TABLE t (a int, b int); CREATE INDEX doubled ON t ({0}(a), {0}(b)) WHERE b > 0",
            "the index public.doubled",
        ),
        ("CREATE TABLE t (a int, b int); CREATE INDEX partly ON t (a) WHERE {}(b) > 0", "the index public.partly"),
        (
            "CREATE DOMAIN positive AS int CHECK ({}(VALUE) > 0); CREATE TABLE t (a positive)",
            "the domain public.positive of the column public.t.a",
        ),
    ],
)
def test_what_needs_a_search_path_is_found_and_what_does_not_is_not(
    address: DatabaseAddress, statement: str, what: str
) -> None:
    execute(address, *FUNCTIONS, statement.format("s"), "INSERT INTO {} (a) VALUES (1), (NULL)".format(
        "app.t" if "app" in what else "t"))  # fmt: skip
    assert found(address) == []
    execute(address, "ALTER FUNCTION s(int) RESET search_path")
    assert found(address) == [(what, ("public.s(integer)",), "public")]
    (one,) = restoring.uncomputable(address)
    assert one.why == "function g(integer) does not exist"
    execute(address, "ALTER FUNCTION public.s(integer) SET search_path = public")
    assert found(address) == []


def test_a_database_without_functions_of_its_own_is_not_computed(address: DatabaseAddress) -> None:
    execute(address, "CREATE TABLE t (a int CHECK (a / 0 > 1), b int GENERATED ALWAYS AS (abs(a)) STORED)")
    assert found(address) == []


def test_the_roles_are_those_that_own_or_may_do_something(address: DatabaseAddress) -> None:
    name = f"role_{address.name}"
    roles = [f"{name}_{what}" for what in ("granted", "owns", "policy", "unused")]
    execute(
        address,
        *(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)) for role in roles),
        "CREATE TABLE t ()",
        f"GRANT SELECT ON t TO {roles[0]}",
        "CREATE TABLE o ()",
        f"ALTER TABLE o OWNER TO {roles[1]}",
        f"CREATE POLICY p ON t TO {roles[2]} USING (true)",
    )
    assert restoring.roles_needed(address) == tuple(roles[:3])
    assert set(roles) <= set(restoring.roles(address))
    execute(address, "DROP TABLE t, o", *(f"DROP ROLE {role}" for role in roles))
