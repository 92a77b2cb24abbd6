"""Deletes a database's data folder and nothing else, on any system.

It takes the place of `rm -rf` and `rd /s /q`. `check` passes the gates and changes
nothing, `set_aside` passes them and renames the data aside, `sweep` deletes what was
set aside, `wipe` does both. `remove_tree` is the deletion alone. Only the standard
library is needed.
"""

import errno
import os
from collections.abc import Collection
from pathlib import Path
from typing import Unpack

from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.edges.wiper import gates, host
from nox_alembic.edges.wiper.commit import set_aside
from nox_alembic.edges.wiper.host import FileKind, Folder
from nox_alembic.edges.wiper.restoration import put_back
from nox_alembic.edges.wiper.spares import can_start, is_making, list_spares, spare_name
from nox_alembic.edges.wiper.trash import Clock, Trash, newest_first, utc_now
from nox_alembic.edges.wiper.values import (
    Content,
    Gates,
    Leftover,
    Link,
    OnEvent,
    Outcome,
    Remover,
    SweepReport,
    Target,
    WipeReport,
    ignore,
)

__all__ = [
    "Content",
    "Leftover",
    "Link",
    "Remover",
    "SweepReport",
    "Target",
    "WipeReport",
    "can_start",
    "check",
    "is_making",
    "list_spares",
    "list_trash",
    "new_trash_name",
    "put_back",
    "remove_spare",
    "remove_tree",
    "set_aside",
    "spare_name",
    "sweep",
    "why_fixed",
    "wipe",
]


def check(given: str | os.PathLike[str], **rules: Unpack[Gates]) -> Target:
    """Return the target if it passes all gates; raises RefusedError.

    Nothing is changed.
    """
    with gates.passed(given, **rules) as place:
        return place.target


def why_fixed(path: Path) -> str:
    """Return why nothing can be renamed in the folder that holds `path`.

    It is "" when it can. Nothing is changed.
    """
    try:
        with Folder.at(str(path.parent)) as parent:
            return "" if parent.may_move(path.name) else f"this user may not rename anything in {parent.path}"
    except (FileNotFoundError, NotADirectoryError):
        return ""  # the engine makes it
    except PermissionError:
        return f"this user may not look into {path.parent}"


def wipe(
    given: str | os.PathLike[str],
    *,
    keep: int = 0,
    keep_root: bool = False,
    remover: Remover | None = None,
    clock: Clock = utc_now,
    on_event: OnEvent = ignore,
    **rules: Unpack[Gates],
) -> WipeReport:
    """Set the data aside, and delete all data set aside except the newest `keep`."""
    done = set_aside(given, keep_root=keep_root, remover=remover, clock=clock, on_event=on_event, **rules)
    path = done.target.path
    swept = sweep(path.parent, path.name, keep=keep, remover=remover, on_event=on_event)
    return WipeReport(done.target, trash=done.trash, in_place=done.in_place, made=done.made, swept=swept)


def sweep(
    parent: Path,
    name: str | None = None,
    *,
    keep: int = 0,
    keep_names: Collection[str] = (),
    remover: Remover | None = None,
    on_event: OnEvent = ignore,
) -> SweepReport:
    """Delete what was set aside in `parent`: of the folder `name`, or of all folders.

    `keep_names` stay, and so do the newest `keep` of each folder. A directory is
    deleted only if its name is exactly one of ours. The report lists what could not be
    deleted; that is no error. If the folder `name` is missing, a run was killed in
    between, and the folder is made again.
    """
    try:
        folder = Folder.at(str(parent))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return SweepReport()  # where we cannot list, we put nothing
    with folder:
        found = newest_first(folder, name)
        made = _make_missing(folder, name) if name and found else None
        whole = [trash for trash in found if gates.is_worth_keeping(folder, trash.name)]
        kept = [trash for trash in found if trash.name in keep_names or (trash in whole and _age(trash, whole) < keep)]
        left = [_delete(folder, trash.name, remover, on_event) for trash in found if trash not in kept]
        gone = [Path(folder.path_of(t.name)) for t in found if folder.kind(t.name) is FileKind.MISSING]
        return SweepReport(
            removed=tuple(gone),
            kept=tuple(Path(folder.path_of(trash.name)) for trash in kept),
            left=tuple(leftover for leftover in left if leftover is not None),
            made=made,
        )


def new_trash_name(name: str) -> str:
    """Return a new name for `set_aside` and `put_back`; no other run makes the same."""
    return Trash.new(name, pid=os.getpid()).name


def list_trash(parent: Path, name: str) -> tuple[str, ...]:
    """Return the names of what was set aside of the folder `name`, newest first.

    There are none where nothing can be listed.
    """
    try:
        with Folder.at(str(parent)) as folder:
            return tuple(trash.name for trash in newest_first(folder, name))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ()


def remove_spare(parent: Path, name: str, remover: Remover | None = None) -> Leftover | None:
    """Delete a spare, finished or not, and return what is left of it.

    A spare that is missing is no error.
    """
    try:
        with Folder.at(str(parent)) as folder:
            return _delete(folder, name, remover, ignore) if folder.kind(name) is FileKind.FOLDER else None
    except FileNotFoundError:
        return None


def remove_tree(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> None:
    """Delete a folder and all that is in it, without ever following a link.

    Like shutil.rmtree it raises FileNotFoundError, NotADirectoryError on a file, and
    OSError on a link or when something stays. Unlike it, a trailing separator does not
    turn a link into a folder.
    """
    text = os.fsdecode(path)
    above, name = os.path.split(text.rstrip(os.sep + (os.altsep or "")))
    if name in {"", ".", ".."}:
        raise OSError(errno.EINVAL, "not the name of a folder", text)
    with Folder.at(above or os.curdir) as parent:
        kind = parent.kind(name)
        if kind is FileKind.MISSING:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), text)
        if kind is FileKind.LINK:
            raise OSError(errno.ELOOP, "it is a link, and what it leads to is not deleted", text)
        if kind is FileKind.OTHER:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), text)
        outcome = host.delete(parent, name)
    if outcome.stayed:
        raise outcome.stayed[0].error


def _age(trash: Trash, found: list[Trash]) -> int:
    """Return how many of `found` are newer and belong to the same folder."""
    return [other for other in found if other.of == trash.of].index(trash)


def _make_missing(folder: Folder, name: str) -> Path | None:
    if folder.kind(name) is not FileKind.MISSING:
        return None
    folder.make(name)
    return Path(folder.path_of(name))


def _delete(folder: Folder, name: str, remover: Remover | None, on_event: OnEvent) -> Leftover | None:
    """Delete one trash, and return what is left of it.

    The helper's powers serve where ours do not reach.
    """
    outcome = host.delete(folder, name, on_event)
    reason = ""
    if remover is not None and any(host.is_denied(stayed.error) for stayed in outcome.stayed):
        try:
            remover(Path(folder.path), name)
        except (OSError, NoxAlembicError) as error:
            reason = str(error)
        else:
            # A daemon that maps users can empty the folder, but not remove it from
            # ours. We can.
            outcome = host.delete(folder, name, on_event)
    return None if folder.kind(name) is FileKind.MISSING else _leftover(folder, name, outcome, reason)


def _leftover(folder: Folder, name: str, outcome: Outcome, reason: str) -> Leftover:
    path = folder.path_of(name)
    first = outcome.stayed[0].error.strerror if outcome.stayed else None
    return Leftover(
        path=Path(path),
        reason=reason or first or "it did not become empty",
        command=host.removal_command(path, frozen=outcome.frozen),
        stayed=tuple(stayed.path for stayed in outcome.stayed),
        newer=tuple(stayed.path for stayed in outcome.stayed if stayed.newer),
    )
