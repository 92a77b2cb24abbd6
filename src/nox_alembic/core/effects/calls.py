"""What a call of Alembic's `op` changes, once its arguments are known."""

from collections.abc import Container, Iterator, Mapping, Sequence

from nox_alembic.core.effects import Effect, Operation, part, table
from nox_alembic.core.frozen import frozen

# The positional arguments of each operation, in order. The operations of a batch leave
# the table out.
POSITIONS: Mapping[str, tuple[str, ...]] = {
    "add_column": ("table_name", "column"),
    "alter_column": ("table_name", "column_name"),
    "batch_alter_table": ("table_name", "schema"),
    "bulk_insert": ("table", "rows"),
    "create_check_constraint": ("constraint_name", "table_name", "condition"),
    "create_exclude_constraint": ("constraint_name", "table_name", "elements"),
    "create_foreign_key": ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"),
    "create_index": ("index_name", "table_name", "columns"),
    "create_primary_key": ("constraint_name", "table_name", "columns"),
    "create_table": ("table_name",),
    "create_table_comment": ("table_name", "comment"),
    "create_unique_constraint": ("constraint_name", "table_name", "columns"),
    "drop_column": ("table_name", "column_name"),
    "drop_constraint": ("constraint_name", "table_name", "type_"),
    "drop_index": ("index_name", "table_name"),
    "drop_table": ("table_name",),
    "drop_table_comment": ("table_name",),
    "execute": ("sqltext",),
    "rename_table": ("old_table_name", "new_table_name"),
}
TABLES = ("table_name", "source_table")
# These change nothing by themselves.
HARMLESS = {"f", "get_bind", "get_context", "inline_literal"}


@frozen
class Call:
    """A call of an operation."""

    name: str
    arguments: Mapping[str, str | Sequence[str]]  # the arguments with a known value: texts and lists of texts
    given: Container[str]  # the names of all arguments
    line: int

    def text(self, key: str) -> str:
        """Return a text; raises LookupError when it is not known."""
        value = self.arguments.get(key)
        if not isinstance(value, str):
            raise LookupError(key)  # noqa: TRY004 - its type is not wrong, its value is not known
        return value

    def optional(self, key: str) -> str:
        """Return a text, "" when there is none."""
        value = self.arguments.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> Sequence[str]:
        """Return the known texts of a list."""
        value = self.arguments.get(key) or ()
        return (value,) if isinstance(value, str) else value

    def table(self, key: str = "table_name") -> str:
        """Return the table's name with its schema.

        Raises LookupError when it is unknown.
        """
        schema = self.optional("referent_schema" if key == "referent_table" else "schema")
        return f"{schema}.{self.text(key)}" if schema not in {"", "public"} else self.text(key)


def effects_on(call: Call) -> Iterator[Effect]:  # noqa: C901, PLR0912 - a case an operation
    """Yield the effects of the operation.

    Raises LookupError when a name is not known.
    """
    line = call.line
    match call.name:
        case "create_table":
            yield table(call.table(), "create", line)
        case "drop_table":
            yield table(call.table(), "drop", line)
        case "rename_table":
            yield table(call.table("old_table_name"), "rename", line)
            yield table(call.table("new_table_name"), "create", line)
        case "create_table_comment" | "drop_table_comment":
            yield table(call.table(), "alter", line)
        case "add_column":
            yield part("column", call.table(), call.text("column"), "create", line)
        case "drop_column":
            yield part("column", call.table(), call.text("column_name"), "drop", line)
        case "alter_column":
            yield from _altered_column(call)
        case "create_index":
            yield Effect("index", call.text("index_name"), "create", line, call.table())
            yield from _used(call, call.table(), "columns")
        case "drop_index":
            yield Effect("index", call.text("index_name"), "drop", line, _table_or_none(call))
        case "drop_constraint":
            yield part("constraint", call.table(), call.text("constraint_name"), "drop", line)
        case "create_foreign_key":
            yield from _foreign_key(call)
        case "bulk_insert":
            yield table(call.table("table"), "rows", line)
        case _:
            yield from _constraint(call, call.table())
            yield from _used(call, call.table(), "columns")


def _foreign_key(call: Call) -> Iterator[Effect]:
    yield from _constraint(call, call.table("source_table"))
    yield from _used(call, call.table("source_table"), "local_cols")
    yield table(call.table("referent_table"), "use", call.line)
    yield from _used(call, call.table("referent_table"), "remote_cols")


def _altered_column(call: Call) -> Iterator[Effect]:
    owner, name, new = call.table(), call.text("column_name"), call.optional("new_column_name")
    operation: Operation = "rename" if "new_column_name" in call.given else "alter"
    yield part("column", owner, name, operation, call.line)
    if new:
        yield part("column", owner, new, "create", call.line)


def _constraint(call: Call, owner: str) -> Iterator[Effect]:
    """Yield the effect on the constraint.

    No other revision can name a constraint without a name: it is a change of the table.
    """
    name = call.optional("constraint_name")
    yield part("constraint", owner, name, "create", call.line) if name else table(owner, "alter", call.line)


def _used(call: Call, owner: str, key: str) -> Iterator[Effect]:
    yield from (part("column", owner, column, "use", call.line) for column in call.texts(key))


def _table_or_none(call: Call) -> str:
    return call.table() if call.optional("table_name") else ""
