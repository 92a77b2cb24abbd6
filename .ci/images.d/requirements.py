"""Prints the requirements of a dependency group of pyproject.toml, one a line.

It is for a pip without `--group`.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def requirements(groups: dict[str, list[str | dict[str, str]]], name: str) -> Iterator[str]:
    """Yield the requirements of a group and of those that it includes."""
    for entry in groups[name]:
        if isinstance(entry, dict):
            yield from requirements(groups, entry["include-group"])
        else:
            yield entry


if __name__ == "__main__":
    pyproject = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    print("\n".join(requirements(pyproject["dependency-groups"], sys.argv[1])))
