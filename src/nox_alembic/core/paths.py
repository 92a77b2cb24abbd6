"""Paths as they are named from the project's folder on."""

from pathlib import PurePath


def from_root(root: PurePath, path: PurePath) -> PurePath:
    """Return the path from `root` on, where it is below it, else as it is."""
    return path.relative_to(root) if path.is_relative_to(root) else path


def outermost(folder: PurePath, root: PurePath) -> PurePath:
    """Return `root` if the folder is below it, else the folder."""
    return root if folder.is_relative_to(root) else folder
