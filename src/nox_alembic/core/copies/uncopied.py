"""Why a sibling database cannot be made, or swapped in, and what to do."""

from nox_alembic.core.errors import FailedError, NoxAlembicError, PreconditionError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.explanations import end_of
from nox_alembic.core.failures.locks import cure_of_locks
from nox_alembic.core.frozen import frozen

_FULL = ("No space left on device", "could not extend file", "Disk quota exceeded")


@frozen(kw_only=True)
class Cause:
    """What PostgreSQL, or a program of it, said.

    `ended`: the server did not answer any more; `right`: its user may not do that;
    `dumped`: the copy was made by a dump. `pids` are the sessions that made a dump
    necessary.
    """

    said: str
    ended: bool = False
    right: bool = False
    dumped: bool = False
    pids: tuple[int, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether a disk is."""
        return any(word in self.said for word in _FULL)

    def cure(self, otherwise: str) -> str:
        """Return what to do about it; `otherwise` is what goes in any case."""
        if locks := cure_of_locks(self.said):
            return f"{locks}; {otherwise}"
        if self.is_full or self.ended:
            return f"make room if the disk is full, then `nox -s dev` starts what is down; {otherwise}"
        if self.right:
            return f"`ALTER ROLE ... CREATEDB` by a superuser gives the right; {otherwise}"
        if self.pids:
            end = f'`nox -s sql -- -c "{end_of(self.pids)}"`'
            return f"a dump was made, since somebody is at work: {end} ends that, and the files are copied; {otherwise}"
        what = "a dump was made, since the server refused to copy the files: " if self.dumped else ""
        return f"{what}mend what PostgreSQL says, above; {otherwise}"


def not_made(name: str, cause: Cause) -> FailedError:
    """Return the error of a database that is made empty, or from a spare one."""
    message = f'the database "{name}" cannot be made: {cause.said}'
    return FailedError("NA612", message, hint=cause.cure("nothing was changed"))


def not_kept(database: str, cause: Cause) -> FailedError:
    """Return the error of a copy for `undo`."""
    message = f'the database "{database}" could not be copied for `undo`, and is as it was'
    return FailedError("NA635", message, hint=cause.cure("`undo-limit = 0` keeps nothing"), detail=cause.said)


def not_rehearsed(address: DatabaseAddress, cause: Cause) -> NoxAlembicError:
    """Return the error of a copy for a rehearsal."""
    if cause.right:
        message = f'the user "{address.user}" may not create a database to rehearse in: {cause.said}'
        hint = f'as a superuser: `ALTER ROLE "{address.user}" CREATEDB`'
        return PreconditionError("NA436", message, hint=hint)
    message = f'the database "{address.name}" could not be copied, and is as it was'
    hint = cause.cure("`nox -s downgrade` and `nox -s migrate` do it without a rehearsal")
    return FailedError("NA436", message, hint=hint, detail=cause.said)


def cut_off(database: str, cause: Cause) -> FailedError:
    """Return the error of a swap in which the server ended."""
    message = f'the swap of the database "{database}" was cut off: {cause.said}'
    hint = "it is the old one or the new one as a whole: `nox -s dev` starts what is down, `nox -s status` shows it"
    return FailedError("NA615", message, hint=hint)


def in_use(database: str, users: str) -> FailedError:
    """Return the error of a swap that clients do not let happen."""
    message = f'the database "{database}" is used again as soon as its clients are ended: {users}'
    return FailedError("NA613", message, hint="end that program; nothing was changed, `nox -s dev` starts the backend")


def not_dropped(name: str, said: str) -> FailedError:
    """Return the error of a sibling database that stays."""
    message = f'the database "{name}", which this tool made, cannot be dropped: {said}'
    return FailedError("NA617", message, hint="end what uses it; the next verb that changes something drops it")
