"""What a revision changes, read from its text: the values that `script` and `sql` find and `conflicts` compares."""

from typing import Literal

from nox_alembic.core.frozen import frozen

Kind = Literal["table", "column", "constraint", "index", "type", "view", "function", "trigger", "sequence", "other"]
# `use`: it must be there and stays as it is, as the column of an index; `rows`: only the table's content changes.
Act = Literal["create", "alter", "rename", "drop", "use", "rows"]


@frozen
class Touch:
    """One object that a revision changes; `name` is unique among the objects of its kind (a column is `table.column`).

    `table` is the table that it belongs to, "" for none or where the text does not say; `line` counts from 1.
    """

    kind: Kind
    name: str
    act: Act
    line: int
    table: str = ""


@frozen
class Unread:
    """A line that may change something that reading alone does not tell."""

    line: int
    text: str


@frozen
class Touched:
    """All that a revision changes, as far as it could be read."""

    touches: tuple[Touch, ...] = ()
    unread: tuple[Unread, ...] = ()


def table(name: str, act: Act, line: int) -> Touch:
    """Return the touch of a table itself."""
    return Touch("table", name, act, line, name)


def part(kind: Kind, owner: str, name: str, act: Act, line: int) -> Touch:
    """Return the touch of what has its name within a table: a column, a constraint, a trigger."""
    return Touch(kind, f"{owner}.{name}", act, line, owner)
