"""What a revision's text says that it changes."""

import inspect
from pathlib import Path

import pytest
from alembic.operations import BatchOperations, Operations

from nox_alembic.core.effects import Effect, Unread
from nox_alembic.core.effects.calls import HARMLESS, POSITIONS, TABLES
from nox_alembic.core.effects.script import read_effects

VERSIONS = Path(__file__).parents[4] / "alembic" / "versions"


def read(*lines: str) -> list[str]:
    """Return each touch of an `upgrade` with these lines as a sentence, and what could not be read."""
    found = read_effects("\n".join(["def upgrade():", *(f"    {line}" for line in lines)]))
    return [
        *(f"{effect.operation} {effect.kind} {effect.name}" for effect in found.found),
        *(f"unread {unread.line}: {unread.text}" for unread in found.unread),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('op.create_table("t", sa.Column("id", sa.Integer))', ["create table t"]),
        ('op.create_table(table_name="t", schema="s")', ["create table s.t"]),
        ('op.create_table("t", schema="public")', ["create table t"]),
        ('op.drop_table("t")', ["drop table t"]),
        ('op.rename_table("t", "u")', ["rename table t", "create table u"]),
        ('op.add_column("t", sa.Column("c", sa.Text()))', ["create column t.c"]),
        ('op.drop_column("t", "c")', ["drop column t.c"]),
        ('op.alter_column("t", "c", nullable=False)', ["alter column t.c"]),
        ('op.alter_column("t", "c", new_column_name="d")', ["rename column t.c", "create column t.d"]),
        ('op.alter_column("t", "c", new_column_name=later())', ["rename column t.c"]),
        ('op.create_index(op.f("ix"), "t", ["c"])', ["create index ix", "use column t.c"]),
        ('op.drop_index("ix", table_name="t")', ["drop index ix"]),
        ('op.create_unique_constraint("uq", "t", ["c"])', ["create constraint t.uq", "use column t.c"]),
        ('op.create_check_constraint("ck", "t", "c > 0")', ["create constraint t.ck"]),
        ('op.create_unique_constraint(None, "t", ["c"])', ["alter table t", "use column t.c"]),
        ('op.drop_constraint("uq", "t", type_="unique")', ["drop constraint t.uq"]),
        (
            'op.create_foreign_key("fk", "t", "u", ["u_id"], ["id"])',
            ["create constraint t.fk", "use column t.u_id", "use table u", "use column u.id"],
        ),
        (
            'op.create_table("t", sa.Column("u_id", sa.ForeignKey("u.id")), sa.ForeignKeyConstraint(["v"], ["v.id"]))',
            ["create table t", "use table u", "use column u.id", "use table v", "use column v.id"],
        ),
        ('op.create_table_comment("t", "about")', ["alter table t"]),
        ('op.bulk_insert(sa.table("t", sa.column("c")), [])', ["rows table t"]),
        ('op.execute(sa.table("t").update().values(c=1))', ["rows table t"]),
        ('op.create_table("t", sa.Column("m", sa.Enum("a", name="mood")))', ["create table t", "create type mood"]),
        (
            'op.add_column("t", sa.Column("m", postgresql.ENUM("a", name="mood", schema="s")))',
            ["create column t.m", "use type s.mood"],
        ),
        ('sa.Enum("a", name="mood").drop(op.get_bind(), checkfirst=True)', ["drop type mood"]),
        ('op.execute("ALTER TABLE t DROP c")', ["drop column t.c"]),
        ('op.execute(sa.text("DROP TABLE t").bindparams(a=1))', ["drop table t"]),
        ('op.get_bind().execute(sa.text("DROP TABLE t"))', ["drop table t"]),
        ("op.get_context()", []),
    ],
)
def test_an_operation_says_what_it_changes(line: str, expected: list[str]) -> None:
    assert sorted(read(line)) == sorted(expected)


@pytest.mark.parametrize(
    "line",
    [
        "op.drop_table(name)",
        "op.execute(statement())",
        "op.drop_constraint(name, 't')",
        "op.create_entity(view)",
        "op.invoke(operation)",
        "Session(bind=op.get_bind())",
        "op.execute(sa.select(1))",
    ],
)
def test_what_only_running_it_can_tell_is_not_ignored(line: str) -> None:
    assert read(line) == [f"unread 2: {line}"]


def test_a_statement_with_a_part_that_is_not_known_still_says_what_it_changes_that_is_shared() -> None:
    line = "op.execute(f\"CREATE ROLE {os.environ['APP']} LOGIN\")"
    assert read(line) == ["create role ", f"unread 2: {line}"]
    line = "op.execute('DROP ROLE {}'.format(name))"
    assert read(line) == ["drop role ", f"unread 2: {line}"]


def test_the_way_back_is_read_as_the_way_up_is() -> None:
    text = "def upgrade():\n    op.drop_table('a')\n\n\ndef downgrade():\n    op.create_table('a')\n"
    assert read_effects(text, "downgrade").found == (Effect("table", "a", "create", 6, "a"),)


def test_a_batch_knows_its_table() -> None:
    assert read(
        'with op.batch_alter_table("t", schema="s") as batch:',
        '    batch.add_column(sa.Column("c", sa.Text()))',
        '    batch.create_foreign_key("fk", "u", ["u_id"], ["id"])',
        '    batch.drop_constraint("uq")',
        '    batch.create_index("ix", ["c"])',
    ) == [
        "create column s.t.c",
        "create constraint s.t.fk",
        "use column s.t.u_id",
        "use table u",
        "use column u.id",
        "drop constraint s.t.uq",
        "create index ix",
        "use column s.t.c",
    ]


def test_variables_loops_branches_and_functions_of_the_file_are_followed() -> None:
    found = read_effects(
        """
from alembic import op
NAME = "users"
TABLES = ["a", "b"]
mood = sa.Enum("x", name="mood")
column = sa.Column("extra", sa.Text())

def drop(table, prefix="ix"):
    op.drop_index(f"{prefix}_{table}", table)
    op.drop_table(table)

def upgrade():
    op.add_column(NAME, column)
    mood.create(op.get_bind())
    for table in TABLES:
        op.drop_column(table, "c")
    for table, column_name in (("c", "d"), ("e", "f")):
        op.alter_column(table, column_name, nullable=True)
    if op.get_context().as_sql:
        drop("left", "ix")
    else:
        try:
            drop(table="right", prefix="iy")
        except Exception:
            op.drop_table("other")
    connection = op.get_bind()
    connection.execute(sa.text("DROP VIEW v"))
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE mood ADD VALUE 'y'")

def downgrade():
    op.drop_table("users")
"""
    )
    assert [f"{effect.operation} {effect.name}" for effect in found.found] == [
        "create users.extra",
        "create mood",
        "drop a.c",
        "drop b.c",
        "alter c.d",
        "alter e.f",
        "drop ix_left",
        "drop left",
        "drop iy_right",
        "drop right",
        "drop other",
        "drop v",
        "alter mood",
    ]
    assert found.unread == ()


def test_a_loop_over_something_unknown_and_a_name_that_is_bound_again_are_not_guessed() -> None:
    assert read('name = "t"', "name = ask()", "op.drop_table(name)") == ["unread 4: op.drop_table(name)"]
    assert read('name = "t"', "for name in ask():", "    op.drop_table(name)") == ["unread 4: op.drop_table(name)"]


def test_a_helper_of_the_project_is_named_as_not_read() -> None:
    text = "from project.helpers import audit\nimport logging\ndef upgrade():\n    audit('t')\n    logging.info('x')\n"
    assert read_effects(text).unread == (Unread(4, "audit('t')"),)


def test_a_function_that_calls_itself_ends() -> None:
    text = 'def again():\n    op.drop_table("t")\n    again()\n\ndef upgrade():\n    again()\n'
    assert read_effects(text).found == (Effect("table", "t", "drop", 2, "t"),)


def test_the_positions_are_those_of_alembic() -> None:
    for name, positions in POSITIONS.items():
        own = list(inspect.signature(getattr(Operations, name)).parameters)[1:]
        assert tuple(own[: len(positions)]) == positions, name
        if name in vars(BatchOperations):
            batched = list(inspect.signature(getattr(BatchOperations, name)).parameters)[1:]
            wanted = [position for position in positions if position not in TABLES]
            assert batched[: len(wanted)] == wanted, name
    for name in HARMLESS:
        assert hasattr(Operations, name)


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_every_revision_of_this_repository_can_be_read(path: Path) -> None:
    found = read_effects(path.read_text(encoding="utf-8"))
    assert found.found
    assert found.unread == ()
