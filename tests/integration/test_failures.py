"""Migrations that fail, on a real server: what is told, and that the suggested command runs as it stands."""

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from nox_alembic.core.facts import DatabaseAddress
from tests.integration.conftest import address_of, execute, reader
from tests.project import Project, Ran, make_project

DATA = (
    "CREATE TABLE customers (id int PRIMARY KEY, email text, age text)",
    "CREATE TABLE orders (id int, customer_id int)",
    "INSERT INTO customers VALUES (1, 'a@b.c', 'old'), (2, 'a@b.c', NULL)",
    "INSERT INTO orders VALUES (1, 99)",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One server for all: each test begins with an empty schema."""
    root = tmp_path_factory.mktemp("failures")
    project = make_project(root / "project", root / "home")
    project.table('engine = "embedded"', "lock-timeout = 1")
    project.good("dev")
    yield project
    project.run("down")


@pytest.fixture
def project(running: Project) -> Project:
    execute(address_of(running), "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    for path in (running.root / "alembic/versions").glob("*.py"):
        path.unlink()
    return running


@pytest.fixture
def with_data(project: Project) -> Project:
    execute(address_of(project), *DATA)
    return project


@pytest.fixture
def with_revision(project: Project) -> Project:
    """The same data, out of a revision of its own that comes before."""
    project.revision("t1", None, upgrade="\n    ".join(f'op.execute("{statement}")' for statement in DATA))
    return project


@contextlib.contextmanager
def nothing(_address: DatabaseAddress) -> Iterator[None]:
    yield


@dataclass(frozen=True)
class Case:
    """`upgrade` fails with `id` and `message`; `hint` begins with a command; then `mended` or `sql` lets it pass."""

    upgrade: str
    id: str
    message: str
    hint: str
    mended: str = ""
    sql: str = ""
    shows: str = ""
    meanwhile: Callable[[DatabaseAddress], AbstractContextManager[None]] = nothing


PLACE = "the revision bad (alembic/versions/bad.py, line 10) failed"
AGAIN = "then `nox -s migrate`"
CORRECT = f"correct line 10 of alembic/versions/bad.py, {AGAIN}"
STATUS = "; `nox -s status` shows which revisions are applied"
MEND = f" shows the rows; mend them there or in alembic/versions/bad.py, {AGAIN}"
KEPT = "Applied and kept: t1; the database is at t1."

CASES = {
    "a syntax error": Case(
        upgrade='op.execute("ALTER TABEL customers ADD x int")',
        id="NA455",
        message='syntax error at or near "TABEL"',
        hint=CORRECT,
        mended='op.execute("ALTER TABLE customers ADD x int")',
    ),
    "a missing table": Case(
        upgrade='op.add_column("custmers", sa.Column("x", sa.Integer))',
        id="NA456",
        message='relation "custmers" does not exist',
        hint=CORRECT + STATUS,
        mended='op.add_column("customers", sa.Column("x", sa.Integer))',
    ),
    "a duplicate column": Case(
        upgrade='op.add_column("customers", sa.Column("email", sa.Text))',
        id="NA457",
        message='column "email" of relation "customers" already exists',
        hint=f"{CORRECT}{STATUS}; if the database was made without Alembic, `nox -s repair -- --applied bad` marks the"
        " revision as applied",
        mended='op.add_column("customers", sa.Column("second_email", sa.Text))',
    ),
    "not null over null data": Case(
        upgrade='op.alter_column("customers", "age", nullable=False)',
        id="NA458",
        message='column "age" of relation "customers" contains null values',
        hint='`nox -s sql -- -c "SELECT * FROM customers WHERE age IS NULL"`' + MEND,
        shows="2 | a@b.c |",
        sql="UPDATE customers SET age = 'young' WHERE age IS NULL",
    ),
    "a new column that is not null": Case(
        upgrade='op.add_column("customers", sa.Column("name", sa.Text, nullable=False))',
        id="NA458",
        message='column "name" of relation "customers" contains null values',
        hint=f"give the new column a server_default, or add it nullable and fill it first: {CORRECT}",
        mended='op.add_column("customers", sa.Column("name", sa.Text, nullable=False, server_default=""))',
    ),
    "unique over duplicates": Case(
        upgrade='op.create_unique_constraint("one_email", "customers", ["email"])',
        id="NA459",
        message='could not create unique index "one_email"',
        hint='`nox -s sql -- -c "SELECT email, count(*) FROM customers GROUP BY email HAVING count(*) > 1"`' + MEND,
        shows="a@b.c |     2",
        sql="UPDATE customers SET email = 'x@y.z' WHERE id = 2",
    ),
    "a foreign key over orphans": Case(
        upgrade='op.create_foreign_key("whose", "orders", "customers", ["customer_id"], ["id"])',
        id="NA460",
        message='insert or update on table "orders" violates foreign key constraint "whose"',
        hint='`nox -s sql -- -c "SELECT child.* FROM orders AS child LEFT JOIN customers AS parent'
        " ON parent.id = child.customer_id WHERE parent.id IS NULL AND child.customer_id IS NOT NULL\"`" + MEND,
        shows="1 |          99",
        sql="DELETE FROM orders",
    ),
    "values that do not fit a type": Case(
        upgrade='op.alter_column("customers", "age", type_=sa.Integer(), postgresql_using="age::integer")',
        id="NA461",
        message='invalid input syntax for type integer: "old"',
        hint="`nox -s sql -- -c \"SELECT age FROM customers WHERE NOT pg_input_is_valid(age::text, 'INTEGER')\"`"
        + MEND,
        shows="old",
        sql="UPDATE customers SET age = '88' WHERE age = 'old'",
    ),
    "a type without a cast": Case(
        upgrade='op.alter_column("customers", "age", type_=sa.Integer())',
        id="NA461",
        message='column "age" cannot be cast automatically to type integer',
        hint=f"say how old values become new ones, with `postgresql_using=`: {CORRECT}",
        mended='op.alter_column("customers", "age", type_=sa.Integer(), postgresql_using="length(age)")',
    ),
    "a check over rows that break it": Case(
        upgrade="""op.create_check_constraint("grown_up", "customers", "age <> 'old'")""",
        id="NA467",
        message='check constraint "grown_up" of relation "customers" is violated by some row',
        hint="`nox -s sql -- -c \"SELECT * FROM customers WHERE NOT (age <> 'old')\"`" + MEND,
        shows="1 | a@b.c | old",
        sql="UPDATE customers SET age = 'young' WHERE age = 'old'",
    ),
    "a lock wait": Case(
        upgrade='op.add_column("customers", sa.Column("x", sa.Integer))',
        id="NA462",
        message="canceling statement due to lock timeout",
        hint=f'`nox -s sql -- -c "SELECT pg_terminate_backend(PID)"` ends what holds the lock, {AGAIN}',
        shows="t",
        meanwhile=reader,
    ),
    "a statement timeout": Case(
        upgrade='op.execute("SET LOCAL statement_timeout = 100; SELECT pg_sleep(9)")',
        id="NA463",
        message="canceling statement due to statement timeout",
        hint='put `op.execute("SET LOCAL statement_timeout = 0")` before line 10 of alembic/versions/bad.py if it may'
        f" take longer, {AGAIN}",
        mended='op.execute("SET LOCAL statement_timeout = 0; SELECT pg_sleep(0.2)")',
    ),
    "an error of Python": Case(
        upgrade='op.execut("SELECT 1")',
        id="NA465",
        message="AttributeError: module 'alembic.op' has no attribute 'execut'",
        hint=CORRECT,
        mended='op.execute("SELECT 1")',
    ),
    "a missing extension": Case(
        upgrade='op.execute("ALTER TABLE customers ADD nick citext")',
        id="NA466",
        message='type "citext" does not exist',
        hint='`nox -s sql -- -c "CREATE EXTENSION citext"` adds it here, and the same in alembic/versions/bad.py for'
        f" everybody; {AGAIN}",
        shows="CREATE EXTENSION",
        sql="SELECT 1",
    ),
    "an extension that the server does not have": Case(
        upgrade='op.execute("CREATE EXTENSION pgcrypto")',
        id="NA466",
        message='extension "pgcrypto" is not available',
        hint='`nox -s sql -- -c "SELECT name FROM pg_available_extensions ORDER BY name"` shows what this server has;'
        f' set "postgres-bin" to a PostgreSQL that has pgcrypto, or `engine = "compose"`, {AGAIN}',
        shows="citext",
        mended='op.execute("CREATE EXTENSION citext")',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_failure_is_explained_and_its_command_leads_out(with_data: Project, name: str) -> None:
    case, project = CASES[name], with_data
    project.revision("bad", None, upgrade=case.upgrade)
    with case.meanwhile(address_of(project)):
        id_, message, hint = project.run("migrate", "--json").error
        state = "Nothing was changed: the database is at base, as before."
        assert (id_, message) == (case.id, f"{PLACE}: {case.message}. {state}")
        assert re.sub(r"backend\(\d+\)", "backend(PID)", hint) == case.hint
        if case.mended:
            project.revision("bad", None, upgrade=case.mended)
        assert case.shows in typed(project, hint).out
    if case.sql:
        execute(address_of(project), case.sql)
    if case.shows:
        project.good("migrate")
    assert execute(address_of(project), "SELECT version_num FROM alembic_version") == [("bad",)]


def typed(project: Project, hint: str) -> Ran:
    """Run the command in the hint as a person would, who copies it."""
    found = re.search(r"`nox -s (.+?)`", hint)
    assert found
    words = shlex.split(found[1])
    return project.good(*(word for word in words if word != "--"))


CONCURRENTLY = """\
op.execute("CREATE TABLE half (id int)")
    with op.get_context().autocommit_block():
        op.create_index("ix", "customers", ["email"], unique=True, postgresql_concurrently=True)"""


def test_an_index_that_fails_concurrently_is_removed_by_the_command(with_revision: Project) -> None:
    project = with_revision
    project.revision("bad", "t1", upgrade=CONCURRENTLY)
    ran = project.run("migrate", "--json")
    id_, message, hint = ran.error
    assert id_ == "NA464"
    assert message == (
        'the revision bad (alembic/versions/bad.py, line 12) failed: could not create unique index "ix". '
        f"{KEPT} What the revision did before that is committed, and not recorded. "
        "Left behind, invalid: the index ix."
    )
    assert hint == (
        "`nox -s repair -- --yes` removes what is left of it; `nox -s sql -- -c"
        ' "SELECT email, count(*) FROM customers GROUP BY email HAVING count(*) > 1"` shows the rows to mend;'
        f" {AGAIN}"
    )
    assert ran.json["failure"]["invalid_indexes"] == ["ix"]
    typed(project, hint)
    execute(address_of(project), "UPDATE customers SET email = 'x@y.z' WHERE id = 2", "DROP TABLE half")
    project.good("migrate")


@pytest.mark.parametrize(
    ("env", "statements"),
    [
        (("create_engine(url", 'create_engine(url, isolation_level="AUTOCOMMIT"'), ()),
        (("", ""), ("COMMIT",)),
    ],
)
def test_what_a_revision_commits_by_itself_is_not_told_as_unchanged(
    with_revision: Project, env: tuple[str, str], statements: tuple[str, ...]
) -> None:
    project, path = with_revision, with_revision.root / "alembic/env.py"
    project.good("migrate")
    before = path.read_text()
    assert env[0] in before
    path.write_text(before.replace(*env))
    failing = ("CREATE TABLE half (id int)", "DELETE FROM customers", *statements, "SELECT nowhere FROM customers")
    project.revision("bad", "t1", upgrade="\n    ".join(f'op.execute("{one}")' for one in failing))
    try:
        _, message, hint = project.run("migrate", "--json").error
    finally:
        path.write_text(before)
    assert "Nothing was changed" not in message
    assert "What the revision did before that is committed, and not recorded." in message
    assert hint.endswith("`nox -s undo` takes back what was committed")
    project.good("undo")
    assert execute(address_of(project), "SELECT to_regclass('half'), count(*) > 0 FROM customers") == [(None, True)]


def test_revisions_before_the_failing_one_are_told_as_kept_or_as_rolled_back(with_revision: Project) -> None:
    """As env.py has it: a transaction for each, or one for all."""
    project = with_revision
    project.revision("bad", "t1", upgrade='raise ValueError("no")')
    assert project.run("migrate", "--json").error[1] == (f"{PLACE}: ValueError: no. {KEPT}")
    execute(address_of(project), "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    whole = (project.root / "alembic/env.py").read_text()
    project.write("alembic/env.py", whole.replace("transaction_per_migration=True", ""))
    assert project.run("migrate", "--json").error[1] == (
        f"{PLACE}: ValueError: no. Nothing was changed: the database is at base, as before."
        " Rolled back with it, as one transaction: t1."
    )
    project.write("alembic/env.py", whole.replace("create_engine(url)", "no_engine(url)"))
    id_, message, hint = project.run("migrate", "--json").error
    assert (id_, hint) == ("NA465", "correct line 10 of alembic/env.py, then `nox -s migrate`")
    assert message == (
        "what env.py runs before the first revision (alembic/env.py, line 10) failed: NameError: name 'no_engine' is"
        " not defined. Nothing was changed: the database is at base, as before."
    )
    project.write("alembic/env.py", whole)
