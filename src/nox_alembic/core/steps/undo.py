"""Steps that take data away, keep it, and bring it back."""

from nox_alembic.core.copies.spares import Spare, shown
from nox_alembic.core.copies.undo import FileChange, UndoEntry
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen


@frozen
class SetDataAside:
    """Set the data aside, and leave its place fresh and empty.

    A data folder is renamed to a sibling folder; a volume's data is moved to another
    volume. `undo` brings it back, unless it is only `half_made` by a run that did not
    end, or too large to be kept (`keeps`): then it is deleted. `revisions` are those
    that it is at, None when they are unknown.
    """

    location: DataLocation
    verb: str = "reset"
    revisions: tuple[str, ...] | None = None
    half_made: bool = False
    keeps: bool = True

    @property
    def is_kept(self) -> bool:
        """Whether `undo` brings it back."""
        return self.keeps and not self.half_made

    @property
    def title(self) -> str:
        return f"wipe {self.location.shown}"


@frozen
class PutBack:
    """Put the kept data of an undo entry back; the present data is kept instead."""

    location: DataLocation
    entry: UndoEntry
    revisions: tuple[str, ...] | None = None

    @property
    def title(self) -> str:
        return f"put back {self.entry.kept}"


@frozen
class KeepDatabase:
    """Copy the database beside the real one, for `undo`.

    It makes no copy of an empty database, or when `target` is reached. `files` are
    those of the project that the verb changes, too; None if it changes none.
    """

    verb: str
    target: str = ""
    files: tuple[FileChange, ...] | None = None
    title = "keep a copy of the database for `undo`"


@frozen
class KeepServer:
    """Stop the server, copy all its data for `undo`, and start it again.

    It does so while no client is at work, for a verb that changes what its databases
    share. `seconds` is how long it waits for the server afterwards.
    """

    location: DataLocation
    verb: str
    revisions: tuple[str, ...]
    seconds: float
    files: tuple[FileChange, ...] = ()
    title = "keep a copy of the whole server for `undo`, which stops it for a moment"


@frozen
class OpenUndo:
    """Note for `undo` which files a verb is about to change.

    The verb leaves the database at `revisions`.
    """

    verb: str
    revisions: tuple[str, ...] | None
    files: tuple[FileChange, ...]
    title = "note the files for `undo`"


@frozen
class SwapDatabases:
    """End all clients and swap the new database for the real one, in one transaction.

    The real database is renamed to a kept one, the new one to the real one. Without
    `keeps` the old one is dropped when the verb comes to its end.
    """

    database: str
    verb: str
    revisions: tuple[str, ...]
    keeps: bool = True

    @property
    def title(self) -> str:
        return f'put it into the place of the database "{self.database}"{", which is kept" if self.keeps else ""}'


@frozen
class SwapBack:
    """Swap the undo database of an entry for the real one, which is kept instead."""

    entry: UndoEntry
    revisions: tuple[str, ...]

    @property
    def title(self) -> str:
        return f'put the database "{self.entry.kept}" back'


@frozen
class BeginUndo:
    """Note that an entry is being brought back, before the first of its files.

    An `undo` that is killed afterwards is finished by the next verb.
    """

    entry: UndoEntry
    title = "note what is brought back"


@frozen
class NoteUndone:
    """Note that the files of an entry are back, and what they were in between."""

    entry: UndoEntry
    revisions: tuple[str, ...] | None
    title = "note it, so that `undo` again brings the files back"


@frozen
class Settle:
    """Finish or take back a move of a volume's data that was cut off by a kill."""

    location: DataLocation

    @property
    def title(self) -> str:
        return f"settle what a run that was killed began with {self.location.shown}"


@frozen
class ConfirmNew:
    """See that the server runs on new data, not on that of the system identifier."""

    cluster: str
    title = "see that the data is new"


@frozen
class NoteMade:
    """Note that the new data is whole.

    A later failure has not spoilt it, and the next verb keeps it.
    """

    title = "note that the new data is whole"


@frozen
class LetGo:
    """Drop the databases that are no longer kept, while the backend starts.

    The verb is not at its end by that.
    """

    title = "drop what is kept no more"


@frozen
class CloseUndo:
    """Note that the verb came to its end.

    `files_only`: the verb changed files, and no database. `uncovers`: it was an `undo`
    that has brought back data with all the databases in it.
    """

    files_only: bool = False
    uncovers: bool = False
    title = "close the undo log"


@frozen
class Sweep:
    """Delete what earlier wipes set aside, but for the newest.

    It runs in the background of the following steps.
    """

    location: DataLocation
    title = "delete the data of earlier resets"


@frozen
class UseSpare:
    """Rename a spare into the place of the data.

    The data is set `aside` by that, None if there is none.
    """

    location: DataLocation
    spare: Spare
    aside: SetDataAside | None = None

    @property
    def title(self) -> str:
        return f"put the spare at {shown(self.spare)} into place of {self.location.shown}"


# Steps for the data as a whole: a folder, or a named volume.
UndoDataStep = SetDataAside | UseSpare | PutBack | KeepServer | Settle | ConfirmNew | NoteMade | LetGo | CloseUndo
# Steps for one database, and for files of the project.
UndoDatabaseStep = KeepDatabase | OpenUndo | SwapDatabases | BeginUndo | SwapBack | NoteUndone
