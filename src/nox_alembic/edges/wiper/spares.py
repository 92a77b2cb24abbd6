"""The names of spares, and whether a server can start on a spare.

`.db.nox-alembic-spare-base-1a2b3c4d` lies beside `db`.
"""

import re
import secrets
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from nox_alembic.edges.wiper.host import FileKind, Folder

# A killed initdb leaves its own folder beside the folder that it was to become.
_PATTERN = re.compile(
    r"\.(?P<of>[^/\\]+)\.nox-alembic-spare-(?P<kind>(base|ready)-[0-9a-f]{8}|making)"
    r"|\.\.(?P<initdb>[^/\\]+)\.nox-alembic-spare-making\.new-[0-9]+",
    re.DOTALL,
)


def spare_name(of: str, kind: str) -> str:
    """Return a name for a spare of the folder `of`.

    A spare that is being made has the same name in every run.
    """
    return f".{of}.nox-alembic-spare-{kind if kind == 'making' else f'{kind}-{secrets.token_hex(4)}'}"


def is_making(name: str) -> bool:
    """Return whether it is the name of a spare that is being made."""
    found = _PATTERN.fullmatch(name)
    return found is not None and found["kind"] in {"making", None}


def is_finished(name: str, of: str) -> bool:
    """Return whether it is the name of a finished spare of the folder `of`."""
    found = _PATTERN.fullmatch(name)
    return found is not None and found["of"] == of and not is_making(name)


def list_spares(parent: Path, of: str) -> tuple[str, ...]:
    """Return the names of all spares of the folder `of`, finished or not.

    There are none where nothing can be listed.
    """
    try:
        with Folder.at(str(parent)) as folder:
            found = [(name, match) for name in folder.names() if (match := _PATTERN.fullmatch(name))]
            ours = [name for name, match in found if of in {match["of"], match["initdb"]}]
            return tuple(sorted(name for name in ours if folder.kind(name) is FileKind.FOLDER))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ()


def can_start(path: Path, subpaths: Sequence[str] = ()) -> bool:
    """Return whether a server can start on the folder, as far as we may look.

    A server that ended well has left it, and no server is at work on it.
    """
    try:
        with Folder.at(str(path.parent)) as parent, parent.enter(path.name) as folder:
            return _is_whole(folder) or any(_is_whole_below(folder, subpath.split("/")) for subpath in subpaths)
    except PermissionError:
        return True  # the database's container keeps it to itself
    except OSError:
        return False


def _is_whole(folder: Folder) -> bool:
    names = set(folder.names())
    return names >= {"PG_VERSION", "base", "global"} and "postmaster.pid" not in names


def _is_whole_below(folder: Folder, patterns: Sequence[str]) -> bool:
    for name in folder.names():
        if fnmatchcase(name, patterns[0]) and folder.kind(name) is FileKind.FOLDER:
            with folder.enter(name) as below:
                if _is_whole_below(below, patterns[1:]) if patterns[1:] else _is_whole(below):
                    return True
    return False
