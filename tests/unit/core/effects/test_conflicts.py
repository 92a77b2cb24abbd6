"""Which changes of two branches collide, which are worth a look, and which have nothing to do with each other."""

import pytest

from nox_alembic.core.effects.conflicts import Reading, conflicts
from nox_alembic.core.effects.script import read_effects
from nox_alembic.core.revisions.graph import Revision


def reading(key: str, *lines: str) -> Reading:
    text = "\n".join(["def upgrade():", *(f"    {line}" for line in lines)])
    return Reading(revision=Revision(id=key), effects=read_effects(text), whose=f"[on {key}]")


def told(ours: str, theirs: str) -> list[tuple[bool, str]]:
    found = conflicts([reading("a1", ours)], [reading("b2", theirs)])
    return [(conflict.certain, conflict.sentence) for conflict in found]


def test_the_same_column_names_both_revisions_and_what_each_does() -> None:
    assert told('op.add_column("t", sa.Column("c"))', 'op.drop_column("t", "c")') == [
        (True, "a1 [on a1] creates the column t.c (line 2), and b2 [on b2] drops it (line 2)")
    ]


def test_a_table_that_goes_collides_with_everything_on_it() -> None:
    assert told('op.drop_table("t")', 'op.create_index("ix", "t", ["c"])') == [
        (True, "a1 [on a1] drops the table t (line 2), and b2 [on b2] creates the index ix (line 2)"),
        (True, "a1 [on a1] drops the table t (line 2), and b2 [on b2] needs the column t.c (line 2)"),
    ]


def test_the_same_table_is_a_notice() -> None:
    ours, theirs = 'op.add_column("t", sa.Column("c"))', 'op.execute("UPDATE t SET d = 1")'
    assert told(ours, theirs) == [(False, "a1 [on a1] and b2 [on b2] both change the table t")]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ('op.create_table("t")', 'op.create_table("t")'),
        ('op.rename_table("t", "u")', 'op.add_column("t", sa.Column("c"))'),
        ('op.rename_table("t", "u")', 'op.create_table("u")'),
        ('op.alter_column("t", "c", nullable=False)', 'op.alter_column("t", "c", type_=sa.Text())'),
        ('op.alter_column("t", "c", new_column_name="d")', 'op.create_index("ix", "t", ["c"])'),
        ('op.create_index("ix", "t", ["c"])', 'op.create_index("ix", "u", ["d"])'),
        ('op.create_unique_constraint("k", "t", ["c"])', 'op.drop_constraint("k", "t")'),
        ("op.execute(\"ALTER TYPE mood ADD VALUE 'x'\")", "op.execute(\"ALTER TYPE mood ADD VALUE 'y'\")"),
        ('op.create_table("t", sa.Column("m", sa.Enum(name="mood")))', 'sa.Enum(name="mood").create(op.get_bind())'),
        ('op.execute("DROP TYPE mood")', 'op.add_column("t", sa.Column("m", sa.Enum(name="mood")))'),
        ('op.execute("CREATE OR REPLACE VIEW v AS SELECT 1")', 'op.execute("DROP VIEW v")'),
        ('op.drop_table("t")', 'op.create_table("u", sa.Column("t_id", sa.ForeignKey("t.id")))'),
        ('op.drop_column("t", "id")', 'op.create_table("u", sa.Column("t_id", sa.ForeignKey("t.id")))'),
    ],
)
def test_what_cannot_be_done_twice_is_certain(ours: str, theirs: str) -> None:
    assert [certain for certain, _ in told(ours, theirs)].count(True) >= 1
    assert [certain for certain, _ in told(theirs, ours)].count(True) >= 1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ('op.create_table("t")', 'op.create_table("u")'),
        ('op.add_column("s.t", sa.Column("c"))', 'op.add_column("t", sa.Column("c"))'),
        (
            'op.create_table("t", sa.Column("x", sa.ForeignKey("users.id")))',
            'op.create_table("u", sa.Column("x", sa.ForeignKey("users.id")))',
        ),
        ('op.add_column("users", sa.Column("c"))', 'op.create_table("u", sa.Column("x", sa.ForeignKey("users.id")))'),
        ("op.execute(\"ALTER TYPE mood ADD VALUE 'x'\")", 'op.add_column("t", sa.Column("m", sa.Enum(name="mood")))'),
    ],
)
def test_what_has_nothing_to_do_with_each_other_is_not_told(ours: str, theirs: str) -> None:
    assert told(ours, theirs) == []
