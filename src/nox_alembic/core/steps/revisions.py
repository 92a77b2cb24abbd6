"""Steps that write revision files, and what they are made from."""

from dataclasses import field
from pathlib import PurePath

from nox_alembic.core.frozen import frozen


@frozen
class MakeShadow:
    """Make an empty database beside the real one and upgrade it to head: what the migrations alone amount to."""

    title = "upgrade a clean shadow database to head"


@frozen
class DropShadow:
    """Drop the shadow database."""

    title = "drop the shadow database"


@frozen
class WriteRevision:
    """Write a new revision file: what the models have beyond the shadow database, or nothing with `empty`."""

    message: str
    empty: bool = False

    @property
    def title(self) -> str:
        what = "an empty revision" if self.empty else "what the models change as a revision"
        return f'write {what}: "{self.message}"'


@frozen
class NoteRebase:
    """Note in the database which rebase moves it, so that the next run finishes what this one did not; "" is none."""

    name: str

    @property
    def title(self) -> str:
        return f"note in the database: {self.name}" if self.name else "forget that note"


@frozen
class ReplaceFile:
    """Replace a file of the project as a whole, if its content is still `before`; None is a file that is not there."""

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
