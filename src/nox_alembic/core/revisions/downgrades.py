"""Whether a revision file has a way back, read from its text. It is not run."""

import ast


def why_no_way_back(source: str | bytes) -> str:
    """Return what is wrong with the `downgrade()` of a revision file.

    "" when nothing is wrong, or when the text does not show it. `pass` below an
    `upgrade()` that does something was forgotten; `return` says that there is nothing
    to do.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    downgrade = functions.get("downgrade")
    if downgrade is None:
        return "" if not functions or _binds(tree, "downgrade") else "has no downgrade()"
    if raised := _raised(downgrade.body):
        return f"has a downgrade() that raises {raised}"
    if _is_empty(downgrade) and "upgrade" in functions and not _is_empty(functions["upgrade"]):
        return "has a downgrade() that does nothing, and an upgrade() that does something"
    return ""


def _binds(tree: ast.Module, name: str) -> bool:
    """Return whether the module binds the name by an import or an assignment."""
    names = [
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return name in names or any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _raised(body: list[ast.stmt]) -> str:
    """Return the error that the body raises in any case, "" for none."""
    for statement in body:
        if isinstance(statement, ast.Return):
            return ""
        if isinstance(statement, ast.Raise):
            raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            return ast.unparse(raised) if raised else "an error"
    return ""


def _is_empty(function: ast.FunctionDef) -> bool:
    return all(
        isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )
