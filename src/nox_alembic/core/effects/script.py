"""Reads a revision file as a syntax tree.

It yields each call of `op` that a function of the file makes, and what cannot be read.
"""

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nox_alembic.core.effects import Effect, Effects, Unread, Way, part, table
from nox_alembic.core.effects.calls import HARMLESS, POSITIONS, TABLES, Call, effects_on
from nox_alembic.core.effects.sql import read_sql, shared_within, shortened
from nox_alembic.core.effects.values import Known, Value, callee, owner, values

OURS = {"op", "sa", "sqlalchemy", "alembic"}
MOST_ROUNDS = 500
_OF_THE_MODULE = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


def read_effects(text: str, way: Way = "upgrade") -> Effects:
    """Return what the revision's `upgrade`, or its `downgrade`, changes.

    Raises SyntaxError for what is no Python.
    """
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    reader = _Reader(functions, running=[way])
    reader.body(node for node in tree.body if isinstance(node, _OF_THE_MODULE))
    if way in functions:
        reader.body(functions[way].body)
    return Effects(tuple(dict.fromkeys(reader.found)), tuple(dict.fromkeys(reader.unread)))


@dataclass
class _Reader:
    """Reads one file."""

    functions: dict[str, ast.FunctionDef]
    running: list[str]
    known: Known = field(default_factory=Known)
    batches: dict[str, Mapping[str, Value]] = field(default_factory=dict)  # arguments of `batch_alter_table`
    imported: set[str] = field(default_factory=set)
    found: list[Effect] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def body(self, body: Iterable[ast.stmt]) -> None:
        """Read statements in order, and every way of a branch."""
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.For():
                self._loop(node)
            case ast.With():
                self._with(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.FunctionDef():
                self.functions[node.name] = node
            case ast.Expr(value=ast.Call() as call) if self._is_foreign(call):
                self._not_read(call)
            case _:
                self._calls(node)
                self._assign(node)
                for name in ("body", "orelse", "finalbody"):
                    self.body(getattr(node, name, ()))
                for handler in getattr(node, "handlers", ()):
                    self.body(handler.body)

    def _assign(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.known.bind(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.known.bind(node.target, node.value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Remember the names from modules of the project.

        What they do is not in this file.
        """
        for alias in node.names:
            module = (getattr(node, "module", None) or alias.name).partition(".")[0]
            if module not in {*sys.stdlib_module_names, *OURS}:
                self.imported.add((alias.asname or alias.name).partition(".")[0])

    def _loop(self, node: ast.For) -> None:
        """Read the body once for each element that is written out.

        If the elements are not known, read the body once.
        """
        elements = self._elements(node.iter)
        if elements is None or len(elements) > MOST_ROUNDS:
            self.known.forget(node.target)
            self.body(node.body)
            return
        for element in elements:
            self.known.bind(node.target, element)
            self.body(node.body)

    def _elements(self, node: ast.expr) -> Sequence[ast.expr] | None:
        if isinstance(node, ast.Tuple | ast.List):
            return node.elts
        texts = self.known.value(node)
        return None if texts is None or isinstance(texts, str) else [ast.Constant(text) for text in texts]

    def _with(self, node: ast.With) -> None:
        for item in node.items:
            call, target = item.context_expr, item.optional_vars
            if isinstance(call, ast.Call) and callee(call) == ("op", "batch_alter_table"):
                arguments = self.known.arguments(call, POSITIONS["batch_alter_table"])
                self.batches.update({target.id: arguments} if isinstance(target, ast.Name) else {})
            else:
                self._calls(call)
        self.body(node.body)

    def _calls(self, node: ast.AST) -> None:
        """Read the calls within a statement, without the statements below it."""
        if isinstance(node, ast.Call):
            self._call(node)
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.stmt | ast.ExceptHandler):
                self._calls(child)

    def _call(self, call: ast.Call) -> None:
        place, name = callee(call)
        known = self.known
        if place == "op" or place in self.batches:
            self._operation(call, name, self.batches.get(place))
        elif name in {"execute", "exec_driver_sql"} and known.is_connection(owner(call)):
            self._execute(call)
        elif name in {"create", "drop"} and (enum := known.enum(owner(call))):
            self.found.append(Effect("type", enum, "create" if name == "create" else "drop", call.lineno))
        elif not place and name in self.functions and name not in self.running:
            self._function(self.functions[name], call)
        elif name != "inspect" and any(map(known.is_connection, values(call))):
            self._not_read(call)

    def _function(self, function: ast.FunctionDef, call: ast.Call) -> None:
        """Read a function of the same file with the arguments of this call."""
        parameters = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        outer, given = self.known, self.known.arguments(call, parameters)
        texts = {name: text for name, text in outer.texts.items() if name not in parameters}
        self.known = replace(outer, texts={**texts, **given})
        self.running.append(function.name)
        self.body(function.body)
        self.running.pop()
        self.known = outer

    def _operation(self, call: ast.Call, name: str, batch: Mapping[str, Value] | None) -> None:
        if name == "execute":
            self._execute(call)
        elif name in POSITIONS:
            self._effect(call, name, batch)
        elif name not in HARMLESS:
            self._not_read(call)

    def _effect(self, call: ast.Call, name: str, batch: Mapping[str, Value] | None) -> None:
        positions = [key for key in POSITIONS[name] if batch is None or key not in TABLES]
        arguments = {**_of_batch(name, batch), **self.known.arguments(call, positions)}
        given = {*positions[: len(call.args)], *(word.arg or "" for word in call.keywords)}
        try:
            self.found += effects_on(Call(name, arguments, given, call.lineno))
        except LookupError:
            self._not_read(call)
        self._inside_columns(call, makes_types=name == "create_table")

    def _inside_columns(self, call: ast.Call, *, makes_types: bool) -> None:
        """Read the foreign keys and enum types of the columns in a call."""
        for node in ast.walk(call):
            if enum := self.known.enum(node):
                made = makes_types and isinstance(node, ast.Call) and not _has(node, "create_type")
                self.found.append(Effect("type", enum, "create" if made else "use", call.lineno))
            for target in self._targets(node):
                place, _, column = target.rpartition(".")
                self.found += [table(place, "use", call.lineno), part("column", place, column, "use", call.lineno)]

    def _targets(self, node: ast.AST) -> Sequence[str]:
        """Return the columns that a foreign key within a column or table points at."""
        place = {"ForeignKey": 0, "ForeignKeyConstraint": 1}.get(callee(node)[1])
        if not isinstance(node, ast.Call) or place is None or len(node.args) <= place:
            return ()
        value = self.known.value(node.args[place])
        return (value,) if isinstance(value, str) else value or ()

    def _execute(self, call: ast.Call) -> None:
        argument = next(values(call), None)
        text = self.known.value(argument)
        if isinstance(text, str):
            found = read_sql(text, argument.lineno if isinstance(argument, ast.Constant) else call.lineno)
            self.found += found.found
            self.unread += found.unread
        elif argument is not None and (place := self._written_table(argument)):
            self.found.append(table(place, "rows", call.lineno))
        else:
            self._not_read(call)
            self.found += shared_within(_known_parts(call), call.lineno)

    def _written_table(self, node: ast.expr) -> str:
        """Return the table that an expression writes, "" for none.

        Such an expression is `users.update().values(...)`.
        """
        return next(filter(None, map(self.known.table, ast.walk(node))), "")

    def _is_foreign(self, call: ast.Call) -> bool:
        """Return whether a statement calls code of the project outside of this file."""
        root: ast.AST = call
        while isinstance(root, ast.Attribute | ast.Call):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        return isinstance(root, ast.Name) and root.id in self.imported

    def _not_read(self, call: ast.Call) -> None:
        self.unread.append(Unread(call.lineno, shortened(ast.unparse(call))))


def _known_parts(call: ast.Call) -> str:
    """Return the texts within a call, with a sign for what is not known."""
    texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "%".join(texts)


def _of_batch(name: str, batch: Mapping[str, Value] | None) -> Mapping[str, Value]:
    if batch is None:
        return {}
    key = "source_table" if name == "create_foreign_key" else "table_name"
    return {**({key: batch["table_name"]} if "table_name" in batch else {}), "schema": batch.get("schema", "")}


def _has(call: ast.Call, keyword: str) -> bool:
    return any(word.arg == keyword for word in call.keywords)
