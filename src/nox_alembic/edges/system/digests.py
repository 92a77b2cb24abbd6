"""SHA-256 of values and of files, to compare what something depends on.

The values themselves cannot be read back.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

# The files that a project's programs read beside the code. All else in a package
# (images, caches) is not their input.
CONTENT = {
    ".cfg", ".csv", ".gz", ".ini", ".json", ".jsonl", ".py", ".sh", ".sql", ".toml", ".tsv", ".txt", ".xml", ".xz",
    ".yaml", ".yml", ".zst",
}  # fmt: skip


def of(value: object) -> str:
    """Return the SHA-256 (hex) of a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def of_content(content: bytes, *more: str) -> str:
    """Return the SHA-256 (hex) of bytes, and of other digests with them."""
    digest = hashlib.sha256(content)
    for other in more:
        digest.update(other.encode())
    return digest.hexdigest()


def of_tree(place: Path, *, without: Collection[Path] = ()) -> str:
    """Return the SHA-256 (hex) of a file, or of a folder's content by relative paths.

    What is in `without` does not count.
    """
    if place.is_file():
        return of_content(place.read_bytes())
    found = {str(path.relative_to(place)): of_content(path.read_bytes()) for path in _content_of(place, without)}
    return of(found)


def of_trees(places: Iterable[Path], *, without: Collection[Path] = ()) -> str:
    """Return the SHA-256 (hex) of several of them by their paths."""
    return of({str(place): of_tree(place, without=without) for place in places})


def _content_of(folder: Path, without: Collection[Path]) -> Iterator[Path]:
    for above, folders, names in os.walk(folder):
        here = Path(above)
        folders[:] = [
            name for name in folders if name[0] != "." and name != "__pycache__" and here / name not in without
        ]
        yield from (here / name for name in names if Path(name).suffix in CONTENT and here / name not in without)
