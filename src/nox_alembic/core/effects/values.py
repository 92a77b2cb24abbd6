"""The values of a revision file's expressions, as far as they show without a run."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Value = str | Sequence[str]

_ENUMS = {"Enum", "ENUM", "DOMAIN"}
_TABLES = {"table", "Table"}
# Calls with the value of their first argument, and methods with their object's value.
_LIKE_THEIR_ARGUMENT = {"f", "text", "Column", "column", "DDL", "quoted_name", "dedent"}
_LIKE_THEIR_OWNER = {"bindparams", "strip", "execution_options"}


@dataclass
class Known:
    """The known variables by name: texts, enum types, tables, connections."""

    texts: dict[str, Value] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    connections: set[str] = field(default_factory=set)

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """Remember the value that a variable gets, or forget its old value."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for inner, its in zip(target.elts, value.elts, strict=True):
                self.bind(inner, its)
            return
        found = self.value(value)
        enum, own = self.enum(value), self.table(value)
        self.forget(target)
        if not isinstance(target, ast.Name):
            return
        if enum or own:
            (self.types if enum else self.tables)[target.id] = enum or own
        elif found is not None:
            self.texts[target.id] = found
        elif callee(value) == ("op", "get_bind"):
            self.connections.add(target.id)

    def forget(self, target: ast.expr) -> None:
        """Forget the values of the variables of an assignment."""
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                self.connections.discard(node.id)
                for known in (self.texts, self.types, self.tables):
                    known.pop(node.id, None)

    def value(self, node: ast.AST | None) -> Value | None:  # noqa: PLR0911 - a case a kind of expression
        """Return the text or texts of an expression, None when they are not known."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self.texts.get(name, self.tables.get(name))
            case ast.JoinedStr(values=parts):
                return self._joined([part.value if isinstance(part, ast.FormattedValue) else part for part in parts])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right])
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return self._all_texts(elements)
            case ast.Call():
                return self._called(node)
            case _:
                return None

    def arguments(self, call: ast.Call, positions: Iterable[str]) -> dict[str, Value]:
        """Return the known arguments; `positions` names the positional arguments."""
        given = [*zip(positions, call.args, strict=False), *((word.arg, word.value) for word in call.keywords)]
        found = {key: self.value(value) for key, value in given if key}
        return {key: value for key, value in found.items() if value is not None}

    def enum(self, node: ast.AST | None) -> str:
        """Return the name of an enum type, "" for any other expression.

        The expression is `sa.Enum(..., name="mood")` or a variable with that value.
        """
        if isinstance(node, ast.Name):
            return self.types.get(node.id, "")
        if not isinstance(node, ast.Call) or callee(node)[1] not in _ENUMS:
            return ""
        found = self.arguments(node, ())
        name, schema = found.get("name", ""), found.get("schema", "")
        return f"{schema}.{name}" if schema and schema != "public" else str(name)

    def table(self, node: ast.AST | None) -> str:
        """Return the name of a table, "" for any other expression.

        The expression is `sa.table("users", ...)` or a variable with that value.
        """
        if isinstance(node, ast.Name):
            return self.tables.get(node.id, "")
        if not isinstance(node, ast.Call) or callee(node)[1] not in _TABLES or not node.args:
            return ""
        found = self.value(node.args[0])
        return found if isinstance(found, str) else ""

    def is_connection(self, node: ast.AST | None) -> bool:
        """Return whether it is `op.get_bind()` or a variable with that value."""
        return (isinstance(node, ast.Name) and node.id in self.connections) or callee(node) == ("op", "get_bind")

    def _called(self, call: ast.Call) -> Value | None:
        _, name = callee(call)
        if name in _LIKE_THEIR_ARGUMENT and call.args:
            return self.value(call.args[0])
        if name in _LIKE_THEIR_OWNER:
            return self.value(owner(call))
        return self.table(call) or None

    def _joined(self, parts: Sequence[ast.expr]) -> str | None:
        texts = self._all_texts(parts)
        return None if texts is None else "".join(texts)

    def _all_texts(self, nodes: Sequence[ast.expr]) -> Sequence[str] | None:
        texts = [text for text in map(self.value, nodes) if isinstance(text, str)]
        return texts if len(texts) == len(nodes) else None


def callee(node: ast.AST | None) -> tuple[str, str]:
    """Return what a call calls, as a pair of texts.

    `op.execute(...)` gives ("op", "execute"), `f(...)` gives ("", "f"), and all else
    ("", "").
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return "", node.func.id
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.value.id if isinstance(node.func.value, ast.Name) else "", node.func.attr
    return "", ""


def owner(call: ast.Call) -> ast.expr | None:
    """Return the object of a method call."""
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def values(call: ast.Call) -> Iterator[ast.expr]:
    """Yield all arguments of a call."""
    yield from call.args
    yield from (word.value for word in call.keywords)
