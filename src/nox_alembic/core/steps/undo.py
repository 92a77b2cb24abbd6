"""Steps that take data away, keep it, and bring it back."""

from nox_alembic.core.copies.spares import Spare, shown
from nox_alembic.core.copies.undo import FileChange, UndoEntry
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen


@frozen
class SetDataAside:
    """Rename the data folder to a sibling, or move a volume's data to another one, and leave it fresh and empty.

    It is what `undo` brings back, unless it is only `half_made` by a run that did not end, or too large to be kept
    (`keeps`): then it is deleted. `revisions` are those that it is at, None when nobody could say.
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
    """Take the kept data of an entry back into its place, and keep what is there now instead."""

    location: DataLocation
    entry: UndoEntry
    revisions: tuple[str, ...] | None = None

    @property
    def title(self) -> str:
        return f"put back {self.entry.kept}"


@frozen
class KeepDatabase:
    """Copy the database beside the real one, for `undo`, unless there is nothing in it or `target` is reached.

    `files` are those of the project that the verb changes, too; None where it changes none.
    """

    verb: str
    target: str = ""
    files: tuple[FileChange, ...] | None = None
    title = "keep a copy of the database for `undo`"


@frozen
class KeepServer:
    """Stop the server, copy all its data for `undo`, and start it again, while nobody is at work in it.

    For a verb that changes what its databases share. `seconds` is how long the server is waited for afterwards.
    """

    location: DataLocation
    verb: str
    revisions: tuple[str, ...]
    seconds: float
    files: tuple[FileChange, ...] = ()
    title = "keep a copy of the whole server for `undo`, which stops it for a moment"


@frozen
class OpenUndo:
    """Note for `undo` which files a verb is about to change that leaves the database at `revisions`."""

    verb: str
    revisions: tuple[str, ...] | None
    files: tuple[FileChange, ...]
    title = "note the files for `undo`"


@frozen
class SwapDatabases:
    """End all clients, rename the real database to a kept one and the new one to the real one, in one transaction.

    Without `keeps` the old one is dropped when the verb comes to its end.
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
    """Put the kept database of an entry into the place of the real one, which is kept instead."""

    entry: UndoEntry
    revisions: tuple[str, ...]

    @property
    def title(self) -> str:
        return f'put the database "{self.entry.kept}" back'


@frozen
class NoteUndone:
    """Note that the files of an entry are what they were, and what they were in between."""

    entry: UndoEntry
    revisions: tuple[str, ...] | None
    title = "note it, so that `undo` again brings the files back"


@frozen
class Settle:
    """Finish or take back the move of a volume's data that a run was killed in."""

    location: DataLocation

    @property
    def title(self) -> str:
        return f"settle what a run that was killed began with {self.location.shown}"


@frozen
class NoteMade:
    """Note that the new data is whole: what fails after that has not spoilt it, and the next verb keeps it."""

    title = "note that the new data is whole"


@frozen
class LetGo:
    """Drop the databases that are kept no more, while the backend starts; the verb is not at its end by that."""

    title = "drop what is kept no more"


@frozen
class CloseUndo:
    """Note that the verb came to its end; `files_only` of one that changed files, and no database."""

    files_only: bool = False
    title = "close the undo log"


@frozen
class Sweep:
    """Delete what earlier wipes set aside, the newest kept; runs in the background of the following steps."""

    location: DataLocation
    title = "delete the data of earlier resets"


@frozen
class UseSpare:
    """Rename a spare into the place of the data, which is set `aside` by that, None where there is none."""

    location: DataLocation
    spare: Spare
    aside: SetDataAside | None = None

    @property
    def title(self) -> str:
        return f"put the spare at {shown(self.spare)} into place of {self.location.shown}"


# Of the data as a whole: a folder, or a named volume.
UndoDataStep = SetDataAside | UseSpare | PutBack | KeepServer | Settle | NoteMade | LetGo | CloseUndo
# Of one database, and of files of the project.
UndoDatabaseStep = KeepDatabase | OpenUndo | SwapDatabases | SwapBack | NoteUndone
