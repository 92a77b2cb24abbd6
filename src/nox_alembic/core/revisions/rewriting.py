"""A revision file as bytes, put on top of another revision; nothing else is changed."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator


class NotRewritableError(ValueError):
    """The parent of the file cannot be changed; the text says why."""


def rebased(source: bytes, onto: str) -> bytes:
    """Return the file with `onto` as its `down_revision`, and in its "Revises:" line.

    Everything else stays as it is, byte by byte: line ends, encoding, annotations,
    quotes, parentheses. Raises NotRewritableError.
    """
    text, encoding = _decoded(source)
    tree = _parsed(source)
    node = _literal(tree)
    old = node.value if isinstance(node.value, str) else ""
    lines = _LINE.findall(text)
    start, end = _offset(lines, node.lineno, node.col_offset), _offset(lines, node.end_lineno, node.end_col_offset)
    changes = [(start, end, _quoted(text[start:end], old, onto, _quote(text)))]
    changes += list(_revises(tree, text, lines, old, onto))
    for start, end, words in sorted(changes, reverse=True):
        text = text[:start] + words + text[end:]
    made = text.encode(encoding)
    if _literal(_parsed(made)).value != onto:
        raise NotRewritableError("the line with down_revision cannot be changed")
    return made


# Python's own line ends; `str.splitlines` splits at more than these.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")
_STRING = re.compile(r"([uU]?)('''|\"\"\"|'|\")(.*)\2", re.DOTALL)
_PLAIN = re.compile(r"[\w.~]+")


def _decoded(source: bytes) -> tuple[str, str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise NotRewritableError(f"it cannot be read: {error}") from None
    if text.encode(encoding) != source:
        raise NotRewritableError(f"its bytes do not survive decoding as {encoding}")
    return text, encoding


def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise NotRewritableError(f"it is not valid Python: {error}") from None


def _literal(tree: ast.Module) -> ast.Constant:
    """Return the one literal of `down_revision`, also inside a tuple or a list."""
    values = [value for name, value in _assigned(tree) if name == "down_revision"]
    if len(values) != 1:
        raise NotRewritableError(f"it sets down_revision {len(values)} times")
    value = values[0]
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == 1:
        value = value.elts[0]
    if not isinstance(value, ast.Constant) or not (value.value is None or isinstance(value.value, str)):
        raise NotRewritableError(f"down_revision is {ast.unparse(value)}, which is not the literal of one revision")
    return value


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(target, ast.Name) and value is not None:
                yield target.id, value


def _offset(lines: list[str], number: int | None, column: int | None) -> int:
    """Return the position in the text.

    `ast` counts columns in bytes of UTF-8, whatever the file's encoding.
    """
    before = lines[: (number or 1) - 1]
    line = lines[(number or 1) - 1].encode()
    return sum(map(len, before)) + len(line[: column or 0].decode())


def _quoted(literal: str, old: str, new: str, quote: str) -> str:
    found = _STRING.fullmatch(literal)
    if not _PLAIN.fullmatch(new):
        return repr(new)
    if found is None or found[3] != old:
        return f"{quote}{new}{quote}"
    return f"{found[1]}{found[2]}{new}{found[2]}"


def _quote(text: str) -> str:
    """Return the quote around the file's own id, for a `None` that becomes a string."""
    found = re.search(r"^revision\b[^=\n]*=\s*(['\"])", text, re.MULTILINE)
    return found[1] if found else '"'


def _revises(tree: ast.Module, text: str, lines: list[str], old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """Yield the change of the docstring's "Revises:" line, if it names the parent."""
    first = tree.body[0]
    if ast.get_docstring(tree) is None or not isinstance(first, ast.Expr):
        return
    start, end = _offset(lines, first.lineno, 0), _offset(lines, first.end_lineno, first.end_col_offset)
    for found in re.finditer(r"^Revises:([ \t]*)([^\r\n]*?)[ \t]*$", text[start:end].replace("\r", "\n"), re.MULTILINE):
        if found[2] == old:
            yield start + found.start(1), start + found.end(2), f"{found[1] or ' '}{new}"
            return
