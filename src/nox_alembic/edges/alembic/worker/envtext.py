"""What the text of env.py says of what it will do, before it is run."""

from __future__ import annotations

import ast
import re

RUN = "run_migrations"
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


_ARGUMENTS = re.compile(rb"\bget_x_argument\b|\bcmd_opts\.x\b")
_URL = re.compile(rb"\bengine_from_config\b|\bsqlalchemy\.url\b")
_ANOTHER = re.compile(rb"\b(?:set_main_option|set_section_option|environ|getenv)\b|sqlalchemy\.url['\"]\]\s*=")


def reads_arguments(text: bytes) -> bool:
    """Return whether env.py reads the arguments of `-x`."""
    return bool(_ARGUMENTS.search(text))


def takes_written_url(text: bytes) -> bool:
    """Return whether env.py takes the URL of the configuration as that has it."""
    return bool(_URL.search(text)) and not _ANOTHER.search(text)


def may_repeat(text: bytes) -> bool:
    """Return whether env.py may run migrations more than once in one run.

    It may do so in a loop, or by one call after the other.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # which running it tells better
        return False
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)}
    return _Count(functions).of(tree.body) > 1


class _Count:
    """Counts runs.

    An `if` counts one branch of it, a loop counts twice, a function wherever it is
    named.
    """

    def __init__(self, functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]) -> None:
        self.functions = functions

    def of(self, found: ast.AST | list[ast.AST] | list[ast.stmt] | list[ast.expr]) -> int:
        """Return the runs of a node, or of several in a row."""
        if isinstance(found, list):
            return sum(map(self.of, found))
        if isinstance(found, (*_FUNCTIONS, ast.ClassDef)):
            return 0
        if isinstance(found, (ast.If, ast.IfExp)):
            branches = [found.body, found.orelse]
            return self.of(found.test) + max(self.of(branch) for branch in branches)
        if isinstance(found, ast.Try):
            handled = max((self.of(handler.body) for handler in found.handlers), default=0)
            return self.of(found.body) + handled + self.of(found.orelse) + self.of(found.finalbody)
        own = self._named(found) + self.of(list(ast.iter_child_nodes(found)))
        return 2 * own if isinstance(found, _LOOPS) else own

    def _named(self, found: ast.AST) -> int:
        """Return the runs of what a name means.

        A function that calls itself is left at that.
        """
        if (found.attr if isinstance(found, ast.Attribute) else getattr(found, "id", "")) == RUN:
            return 1
        function = self.functions.get(found.id) if isinstance(found, ast.Name) else None
        if function is None:
            return 0
        rest = {key: value for key, value in self.functions.items() if key != function.name}
        return _Count(rest).of(function.body)
