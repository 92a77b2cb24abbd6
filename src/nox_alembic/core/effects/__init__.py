"""What a revision changes, read from its text.

`script` and `sql` find these values, and `conflicts` compares them.
"""

from typing import Literal

from nox_alembic.core.frozen import frozen

ObjectKind = Literal[
    "table", "column", "constraint", "index", "type", "view", "function", "trigger", "sequence", "other",
    "role", "tablespace", "database", "subscription", "setting",
]  # fmt: skip
# What all databases of a server have in common, or is beyond the one that the statement
# runs in.
SHARED: frozenset[ObjectKind] = frozenset({"role", "tablespace", "database", "subscription", "setting"})
# `use`: it must be there and stays as it is, as the column of an index; `rows`: only
# the table's content changes.
Operation = Literal["create", "alter", "rename", "drop", "use", "rows"]
# The two ways of a revision.
Way = Literal["upgrade", "downgrade"]


@frozen
class Effect:
    """One object that a revision changes.

    `name` is unique among the objects of its kind (a column is `table.column`). `table`
    is the table that it belongs to, "" for none or where the text does not say; `line`
    counts from 1. A shared object may have the name "", where only running the revision
    tells it.
    """

    kind: ObjectKind
    name: str
    operation: Operation
    line: int  # counts from 1
    table: str = ""  # the table that it belongs to; "" for none, or where the text does not say it

    @property
    def done(self) -> str:
        """What is done to the object, as in "creates the role app"."""
        kind = "" if self.kind == "other" else f"{self.kind} "
        return f"{_DONE[self.operation]} {f'the {kind}{self.name}' if self.name else f'a {kind}'.rstrip()}"


@frozen
class Unread:
    """A line that may change what reading alone does not show."""

    line: int
    text: str


@frozen
class Effects:
    """All that a revision changes, as far as its text could be read."""

    found: tuple[Effect, ...] = ()
    unread: tuple[Unread, ...] = ()


def table(name: str, operation: Operation, line: int) -> Effect:
    """Return the effect on a table itself."""
    return Effect("table", name, operation, line, name)


def part(kind: ObjectKind, owner: str, name: str, operation: Operation, line: int) -> Effect:
    """Return the effect on what has its name within a table.

    That is a column, a constraint or a trigger.
    """
    return Effect(kind, f"{owner}.{name}", operation, line, owner)


_DONE: dict[Operation, str] = {
    "create": "creates", "alter": "changes", "rename": "renames", "drop": "drops", "use": "needs",
    "rows": "writes rows of",
}  # fmt: skip
