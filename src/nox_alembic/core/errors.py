"""The errors that a user can meet.

Each has an id, a sentence with the offending value, and the next command.
"""

from nox_alembic.core.excerpts import excerpt, shortened

MESSAGE_WIDTH = 2000  # characters; a sentence that quotes a program may have no end


class NoxAlembicError(Exception):
    """Base of all errors that are shown to the user.

    `exit_code` is that of its family. `id` is stable and documented in
    docs/reference/errors.md; `message` says what was met and why; `hint` is what to
    type next; `detail` is material such as the last lines of a log, shown below the
    message. Of what a program printed, both have only the beginning and the end.
    """

    exit_code = 1

    def __init__(self, id: str, message: str, *, hint: str, detail: str = "") -> None:  # noqa: A002 - the field's name
        self.id = id
        self.message = shortened(message, MESSAGE_WIDTH)
        self.hint = hint
        self.detail = excerpt(detail)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.id}: {self.message}"


class FailedError(NoxAlembicError):
    """The work was tried and did not succeed."""


class UsageError(NoxAlembicError):
    """The words typed, or the configuration, cannot be understood."""

    exit_code = 2


class FindingError(NoxAlembicError):
    """The project needs a decision first: pending revisions, two heads, drift."""

    exit_code = 3


class PreconditionError(NoxAlembicError):
    """Something outside is missing: no engine, no database, the lock is held."""

    exit_code = 4


class RefusedError(NoxAlembicError):
    """Doing it could hurt: an unsafe path, not our database, no consent."""

    exit_code = 5
