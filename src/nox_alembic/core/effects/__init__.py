"""What a revision changes, read from its text.

`script` and `sql` find these values, and `conflicts` compares them.
"""

from typing import Literal

from nox_alembic.core.frozen import frozen

Kind = Literal["table", "column", "constraint", "index", "type", "view", "function", "trigger", "sequence", "other"]
# `use`: the object must be there and stays as it is, such as the column of an index. `rows`: only the table's content
# changes.
Operation = Literal["create", "alter", "rename", "drop", "use", "rows"]


@frozen
class Effect:
    """An object that a revision changes."""

    kind: Kind
    name: str  # unique among the objects of its kind; a column is `table.column`
    operation: Operation
    line: int  # counts from 1
    table: str = ""  # the table that it belongs to; "" for none, or where the text does not say it


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


def part(kind: Kind, owner: str, name: str, operation: Operation, line: int) -> Effect:
    """Return the effect on a part of a table: a column, a constraint, a trigger."""
    return Effect(kind, f"{owner}.{name}", operation, line, owner)
