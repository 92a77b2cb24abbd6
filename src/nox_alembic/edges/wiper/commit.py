"""The commit: from this moment on the old data is out of the way.

It is one rename where the system allows it.
"""

import errno
import os
from contextlib import ExitStack, suppress
from typing import Unpack

from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.edges.wiper import gates, host
from nox_alembic.edges.wiper.host import FileKind, Folder
from nox_alembic.edges.wiper.trash import Clock, Trash, newest_first, utc_now
from nox_alembic.edges.wiper.values import Content, Gates, OnEvent, Outcome, Remover, Stayed, Target, WipeReport, ignore


def set_aside(
    given: str | os.PathLike[str],
    *,
    aside: str | None = None,
    keep_root: bool = False,
    remover: Remover | None = None,
    clock: Clock = utc_now,
    on_event: OnEvent = ignore,
    **rules: Unpack[Gates],
) -> WipeReport:
    """Pass the gates, put the old data aside, and leave an empty folder in its place.

    `aside` is the new name of the old data, one of `Trash`, for callers that must know
    it in advance. `keep_root` moves the content and leaves the folder itself, for
    engines that know it by its inode. Raises RefusedError before anything has changed,
    and FailedError when the data could be neither moved nor deleted.
    """
    with gates.passed(given, **rules) as place:
        on_event("gates", place.name)
        if place.target.content is Content.MISSING:
            return WipeReport(place.target, made=_make_again(place))
        if place.parent is None or place.target.content is Content.EMPTY:
            return WipeReport(place.target)
        trash = aside or Trash.new(place.name, pid=os.getpid(), clock=clock).name
        try:
            move = move_content if keep_root else _move_folder
            move(place, place.parent, trash, on_event)
        except OSError as error:
            if not host.in_the_way(error):
                raise _failed(place.target, error) from error
            _delete_in_place(place, place.parent, remover, on_event)
            return WipeReport(place.target, in_place=True)
        return WipeReport(place.target, trash=place.target.path.with_name(trash))


def _make_again(place: gates.Passed) -> bool:
    """Make the folder that a run left missing, killed between rename and mkdir."""
    if place.parent is None or not newest_first(place.parent, place.name):
        return False
    place.parent.make(place.name)
    return True


def _move_folder(place: gates.Passed, parent: Folder, trash: str, on_event: OnEvent) -> None:
    """Rename the folder within its parent, and make an empty one.

    That needs no right to the folder itself.
    """
    name = place.name
    with host.uninterrupted():
        parent.move(name, trash)
        on_event("renamed", trash)
        try:
            place.confirm(parent.stat(trash))
            parent.make(name, place.status)
        except (OSError, RefusedError):
            parent.move(trash, name)  # after a full disk, for example: everything is as before
            raise
        on_event("made", name)
    parent.sync()
    on_event("synced", name)


def move_content(place: gates.Passed, parent: Folder, trash: str, on_event: OnEvent) -> None:
    """Move what is in the folder, and leave the folder.

    PG_VERSION goes first: without it nothing looks like a database.
    """
    place.confirm(parent.stat(place.name))
    parent.make(trash, place.status)
    on_event("made", trash)
    with parent.enter(place.name) as folder, parent.enter(trash) as aside:
        moved: list[str] = []
        try:
            for child in sorted(folder.names(), key=lambda child: child != "PG_VERSION"):
                folder.move(child, child, aside)
                moved.append(child)
                on_event("moved", child)
        except OSError:
            for child in reversed(moved):  # all or nothing: the caller deletes in place what is here
                aside.move(child, child, folder)
            parent.rmdir(trash)
            raise
        aside.sync()
        folder.sync()


def _delete_in_place(place: gates.Passed, parent: Folder, remover: Remover | None, on_event: OnEvent) -> None:
    """Delete without a way back, where nothing can be moved.

    Raises FailedError when something stays.
    """
    target, name = place.target, place.name
    try:
        with parent.enter(name) as folder:
            place.confirm(folder.stat())
            _unlink_versions(folder, target)
            on_event("PG_VERSION", name)
            outcome = host.empty(folder, on_event)
            empty = not folder.names()
    except PermissionError as error:
        outcome, empty = Outcome(0), False
        denied: list[OSError] = [error]
    else:
        denied = [stayed.error for stayed in outcome.stayed if host.is_denied(stayed.error)]
    if not empty and denied and remover is not None:
        _remove_with_powers(target, parent, name, remover)
    elif not empty and not outcome.removed:
        cause = denied[0] if denied else OSError(errno.EIO, "nothing in it could be deleted")
        raise _failed(target, cause, frozen=outcome.frozen or parent.is_frozen(name))
    elif not empty:
        raise _stayed(target, outcome)


def _unlink_versions(folder: Folder, target: Target) -> None:
    """Delete PG_VERSION first.

    A half-deleted folder that still has it starts, and looks alive.
    """
    for data in target.data:
        with ExitStack() as stack, suppress(FileNotFoundError):
            below = folder
            for name in data.relative_to(target.path).parts:
                below = stack.enter_context(below.enter(name))
            below.unlink("PG_VERSION")


def _remove_with_powers(target: Target, parent: Folder, name: str, remover: Remover) -> None:
    try:
        remover(target.path.parent, name)
    except OSError as error:
        raise _failed(target, error) from error
    if not _is_empty(parent, name):
        still_there = OSError(errno.EIO, "the helper ended well, and yet it is there")
        raise _stayed(target, Outcome(1, (Stayed(str(target.path), still_there, newer=False),)))
    if parent.kind(name) is FileKind.MISSING:
        with suppress(PermissionError):  # the parent is not ours either: the engine makes the folder when it starts
            parent.make(name)


def _is_empty(parent: Folder, name: str) -> bool:
    """Return whether the folder is gone or empty.

    A folder that cannot be read has not been emptied.
    """
    try:
        with parent.enter(name) as folder:
            return not folder.names()
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _failed(target: Target, error: OSError, *, frozen: bool = False) -> FailedError:
    message = f"{target.path} could not be set aside: {error.strerror or error}; it is as it was"
    return FailedError("NA311", message, hint=_hint(target, frozen=frozen))


def _hint(target: Target, *, frozen: bool) -> str:
    return f"`{host.removal_command(str(target.path), frozen=frozen)}`, and run it again"


def _stayed(target: Target, outcome: Outcome) -> FailedError:
    message = f"{target.path} could be deleted only in part"
    lines = [f"{stayed.path}: {stayed.error.strerror}" for stayed in outcome.stayed]
    more = [f"and {outcome.more} more"] if outcome.more else []
    hint = _hint(target, frozen=outcome.frozen)
    return FailedError("NA312", message, hint=hint, detail="\n".join([*lines, *more]))
