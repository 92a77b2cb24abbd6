"""Steps that write revision files, and steps that these need."""

from dataclasses import field
from pathlib import PurePath

from nox_alembic.core.frozen import frozen


@frozen
class MakeShadow:
    """Make a shadow database beside the real one and upgrade it to head.

    It has the result of the migrations alone.
    """

    title = "upgrade a clean shadow database to head"


@frozen
class DropShadow:
    """Drop the shadow database."""

    title = "drop the shadow database"


@frozen
class WriteRevision:
    """Write a new revision file with what the models have beyond the shadow database.

    With `empty`, write one without changes. It follows `head`, by default the only one.
    """

    message: str
    empty: bool = False
    head: str = ""

    @property
    def title(self) -> str:
        what = "an empty revision" if self.empty else "what the models change as a revision"
        where = f" after {self.head}" if self.head else ""
        return f'write {what}{where}: "{self.message}"'


@frozen
class NoteRebase:
    """Note in the database which rebase moves it, "" for none.

    The next run then finishes what this one did not.
    """

    name: str

    @property
    def title(self) -> str:
        return f"note in the database: {self.name}" if self.name else "forget that note"


@frozen
class ReplaceFile:
    """Replace a whole file of the project, if its content is still `before`.

    None is a file that does not exist.
    """

    path: PurePath
    before: bytes | None = field(repr=False)
    after: bytes | None = field(repr=False)
    title: str


@frozen
class WriteMerge:
    """Write a revision that joins `heads`."""

    id: str
    heads: tuple[str, ...]
    message: str

    @property
    def title(self) -> str:
        return f"write the revision {self.id} that joins {' and '.join(self.heads)}"


RevisionStep = MakeShadow | DropShadow | WriteRevision | WriteMerge | ReplaceFile | NoteRebase
