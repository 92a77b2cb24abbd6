"""What a revision file says of itself, read from its text. It is not run."""

import ast
from collections.abc import Iterator

from nox_alembic.core.effects.shared import shared_changes
from nox_alembic.core.errors import FailedError
from nox_alembic.core.revisions.graph import Revision

_NAMES = {"revision", "down_revision", "branch_labels", "depends_on"}


class NotLiteralError(Exception):
    """A value is computed: only a run of the file shows it."""


def parse(content: bytes, path: str) -> Revision | None:
    """Return the revision that a file declares, None for any other file.

    `path` names the file in errors. Raises FailedError (NA407) when it is not Python,
    and NotLiteralError when a value is computed.
    """
    try:
        tree = ast.parse(content, filename=path)
    except (SyntaxError, ValueError) as error:
        message = f"{path} is not valid Python: {error}"
        raise FailedError("NA407", message, hint="correct the revision file") from None
    values = {name: _literal(value, path) for name, value in _assignments(tree) if name in _NAMES}
    if not values.get("revision"):
        return None
    return Revision(
        id=str(values["revision"]),
        down=_tuple(values.get("down_revision")),
        depends_on=_tuple(values.get("depends_on")),
        labels=_tuple(values.get("branch_labels")),
        message=(ast.get_docstring(tree) or "").partition("\n")[0].strip(),
        path=path,
        shared=shared_changes(content),
    )


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _literal(value: ast.expr, path: str) -> object:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise NotLiteralError(f"{path}: {ast.unparse(value)} is not a literal") from None


def _tuple(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))  # type: ignore[call-overload] # a literal
