"""The way back: what was set aside takes its place again.

What lies there now is set aside instead.
"""

import os
from contextlib import suppress
from typing import Unpack

from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.edges.wiper import gates, host
from nox_alembic.edges.wiper.commit import move_content
from nox_alembic.edges.wiper.host import FileKind, Folder
from nox_alembic.edges.wiper.spares import is_finished
from nox_alembic.edges.wiper.trash import Trash
from nox_alembic.edges.wiper.values import Content, Gates, OnEvent, ignore


def put_back(
    given: str | os.PathLike[str],
    trash: str,
    *,
    aside: str,
    keep_root: bool = False,
    on_event: OnEvent = ignore,
    **rules: Unpack[Gates],
) -> bool:
    """Pass the gates, set the target's data aside, and rename `trash` into its place.

    `trash` is an undo entry or a spare beside the target. `aside` is the new name of
    the data that is there now. Returns whether there was any. The same call finishes
    what a killed run began. Raises RefusedError before anything has changed, and
    FailedError when the data could not be moved; then everything is as it was.
    """
    with gates.passed(given, **rules) as place:
        if place.parent is None or not _is_there(place.parent, trash, place.name):
            raise _missing(place, trash)
        full = place.target.content not in {Content.MISSING, Content.EMPTY}
        try:
            swap = _swap_content if keep_root else _swap_folders
            swap(place, place.parent, trash, aside if full else "", on_event)
        except OSError as error:
            message = f"{trash} could not be put back as {place.target.path}: {error.strerror}; it is as it was"
            raise FailedError("NA315", message, hint="end what uses the folder, and run it again") from error
        return full


def _is_there(parent: Folder, trash: str, name: str) -> bool:
    parsed = Trash.parse(trash)
    ours = parsed.of == name if parsed else is_finished(trash, name)
    return ours and parent.kind(trash) is FileKind.FOLDER


def _missing(place: gates.Passed, trash: str) -> RefusedError:
    message = f"there is no {trash} beside {place.target.path} that could be put back"
    return RefusedError("NA314", message, hint="`nox -s undo -- --list` shows what can be")


def _swap_folders(place: gates.Passed, parent: Folder, trash: str, aside: str, on_event: OnEvent) -> None:
    name = place.name
    with host.uninterrupted():
        if aside:
            parent.move(name, aside)
            on_event("aside", aside)
        elif place.status is not None:
            parent.rmdir(name)  # Windows cannot rename onto a folder, not even an empty one
        try:
            parent.move(trash, name)
        except OSError:
            with suppress(OSError):
                if aside:
                    parent.move(aside, name)
                else:
                    parent.make(name, place.status)
            raise
        on_event("back", name)
    parent.sync()


def _swap_content(place: gates.Passed, parent: Folder, trash: str, aside: str, on_event: OnEvent) -> None:
    """Keep the folder itself, for engines that know it by its inode.

    PG_VERSION comes last.
    """
    if aside:
        move_content(place, parent, aside, on_event)
    elif place.status is None:
        parent.make(place.name)
    with parent.enter(trash) as kept, parent.enter(place.name) as folder:
        for child in sorted(kept.names(), key=lambda child: child == "PG_VERSION"):
            kept.move(child, child, folder)
            on_event("moved", child)
        folder.sync()
    parent.rmdir(trash)
