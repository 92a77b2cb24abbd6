"""The labels of PostgreSQL's enum types, which Alembic's comparison does not see.

That is sqlalchemy/alembic#278. Nor does it make the type of a column that is added, nor
drop the type of a table that is dropped: both are done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Name = tuple[str, str]  # schema, "" for the one that is searched first, and name

_LABELS = """
SELECT n.nspname, t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace GROUP BY 1, 2
"""
_COLUMNS = """
SELECT n.nspname, t.typname, format('%I.%I', cn.nspname, c.relname), format('%I', a.attname),
       pg_get_expr(d.adbin, d.adrelid), a.atttypid = t.typarray
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') JOIN pg_namespace cn ON cn.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE t.typtype = 'e' ORDER BY 3, 4
"""


@dataclass(frozen=True)
class Column:
    """A column of an enum type; `many` says that it is an array.

    Table, name and default are SQL already.
    """

    table: str
    name: str
    default: str | None
    many: bool


@dataclass(frozen=True)
class Enum:
    """A type as the database has it, with the columns that use it."""

    labels: tuple[str, ...]
    columns: tuple[Column, ...]


def of_models(
    tables: Iterable[Any], included: Callable[[Any, str], bool] = lambda _thing, _kind: True
) -> dict[Name, tuple[str, ...]]:
    """Return the labels of each enum type that the models use, by (schema, name).

    `included` is asked for each table and each column, with that word.
    """
    return {
        (kind.schema or "", kind.name): tuple(kind.enums)
        for table in tables
        if included(table, "table")
        for column in table.columns
        if included(column, "column")
        for kind in kinds(column.type)
    }


def kinds(column_type: Any) -> Iterator[Any]:
    """Yield the named native enum type of a column.

    That of an array's items is among them, and one behind a type decorator.
    """
    kind = getattr(column_type, "impl", column_type) if isinstance(column_type, sa.types.TypeDecorator) else column_type
    kind = getattr(kind, "item_type", kind)
    if isinstance(kind, sa.Enum) and kind.native_enum and kind.name:
        yield kind


def of_database(connection: Any) -> dict[Name, Enum]:
    """Return each enum type of the database by (schema, name).

    The schema that is searched first is "".
    """
    default = connection.scalar(sa.text("SELECT current_schema()"))
    columns: dict[Name, list[Column]] = {}
    for schema, name, *column in connection.execute(sa.text(_COLUMNS)):
        columns.setdefault((schema, name), []).append(Column(*column))
    return {
        ("" if schema == default else schema, name): Enum(tuple(labels), tuple(columns.get((schema, name), ())))
        for schema, name, labels in connection.execute(sa.text(_LABELS))
    }


def only_adds(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether all old labels are there in their old order.

    ADD VALUE is enough then.
    """
    return [label for label in new if label in set(old)] == list(old)


def additions(name: Name, old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the statements that add what is new, each in its place."""
    before = [f" AFTER {_literal(new[index - 1])}" if index else f" BEFORE {_literal(old[0])}" if old else ""
              for index in range(len(new))]  # fmt: skip
    return [
        f"ALTER TYPE {shown(name)} ADD VALUE IF NOT EXISTS {_literal(label)}{place}"
        for label, place in zip(new, before)  # noqa: B905 - `strict` is of Python 3.10
        if label not in old
    ]


def replacement(name: Name, labels: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Return the statements that make the type anew.

    PostgreSQL can neither drop nor reorder labels.
    """
    old = (name[0], f"{name[1]}_old")
    return [
        f"ALTER TYPE {shown(name)} RENAME TO {_quoted(old[1])}",
        creation(name, labels),
        *(statement for column in columns for statement in _retype(column, shown(name))),
        f"DROP TYPE {shown(old)}",
    ]


def creation(name: Name, labels: Sequence[str]) -> str:
    """Return the statement that makes the type."""
    return f"CREATE TYPE {shown(name)} AS ENUM ({', '.join(map(_literal, labels))})"


def shown(name: Name) -> str:
    """Return the type's name as SQL has it."""
    schema, own = name
    return f"{_quoted(schema)}.{_quoted(own)}" if schema else _quoted(own)


def _retype(column: Column, kind: str) -> Iterator[str]:
    many, start = ("[]" if column.many else ""), f"ALTER TABLE {column.table} ALTER {column.name}"
    if column.default is not None:
        yield f"{start} DROP DEFAULT"
    yield f"{start} TYPE {kind}{many} USING {column.name}::text{many}::{kind}{many}"
    if column.default is not None:
        yield f"{start} SET DEFAULT {column.default.rpartition('::')[0] or column.default}::{kind}{many}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    plain = name.isidentifier() and name == name.lower() and name.isascii()
    return name if plain else '"' + name.replace('"', '""') + '"'
