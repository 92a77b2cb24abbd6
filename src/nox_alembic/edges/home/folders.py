"""Finds a clone's folders outside the project: data, state, logs and caches.

Each clone has folders of its own.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import platformdirs

from nox_alembic.core.frozen import frozen
from nox_alembic.edges.system.files import close_folder

APPLICATION = "nox-alembic"
HOME = "NOX_ALEMBIC_HOME"


@frozen(kw_only=True)
class Folders:
    """The folders of a clone; none of them need exist yet.

    On macOS and Windows some of them are the same.
    """

    data: Path
    state: Path
    log: Path
    cache: Path


def folders_of(root: Path, environ: Mapping[str, str]) -> Folders:
    """Return the folders of the project at `root`.

    They are below platformdirs' own or below `NOX_ALEMBIC_HOME`. The name carries a
    hash of the resolved path, so that two clones of a repository share nothing.
    """
    name = _clone_name(root.resolve())
    if home := environ.get(HOME):
        base = Path(home)
        return Folders(
            data=base / "data" / name, state=base / "state" / name, log=base / "log" / name, cache=base / "cache" / name
        )
    return Folders(
        data=platformdirs.user_data_path(APPLICATION, appauthor=False) / name,
        # Not the runtime folder: platformdirs uses a temporary folder where the system
        # has none.
        state=platformdirs.user_state_path(APPLICATION, appauthor=False) / name,
        log=platformdirs.user_log_path(APPLICATION, appauthor=False) / name,
        cache=platformdirs.user_cache_path(APPLICATION, appauthor=False) / name,
    )


def clone_of(folders: Sequence[Path], environ: Mapping[str, str]) -> Path:
    """Return the folder after which what is kept of a clone is called.

    It is the first of which something is kept, else the first of all.
    """
    return next((folder for folder in folders if _is_kept(folders_of(folder, environ))), folders[0])


def _is_kept(folders: Folders) -> bool:
    return folders.state.is_dir() or folders.data.is_dir()


def close_folders(folders: Folders, environ: Mapping[str, str]) -> None:
    """Take others' rights on those of the folders that exist.

    Older versions made them with the rights that the umask left.
    """
    ours = (folders.data, folders.state, folders.log, folders.cache)
    for folder in ours if environ.get(HOME) else (*(clone.parent for clone in ours), *ours):
        close_folder(folder)


def _clone_name(root: Path) -> str:
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', root.name).strip('.-') or 'project'}-{digest}"
