"""Makes the worker's modules from their text, in a Python without this project."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from typing import Any


class Texts(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules in a mapping of their names to their texts.

    A name with others below it is a package.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 - importlib's signature
        """Return how the module is loaded, None when it is not one of ours."""
        if name not in self.texts:
            return None
        package = any(other.startswith(name + ".") for other in self.texts)
        return importlib.util.spec_from_loader(name, self, is_package=package)

    def exec_module(self, module: Any) -> None:
        """Run the module's text."""
        exec(compile(self.texts[module.__name__], f"<{module.__name__}>", "exec"), module.__dict__)  # noqa: S102 - ours


def run(texts: dict[str, str], request: dict[str, Any]) -> None:
    """Serve the request by `serve.main` of these texts."""
    sys.meta_path.insert(0, Texts(texts))
    importlib.import_module("nox_alembic.edges.alembic.worker.serve").main([request])
