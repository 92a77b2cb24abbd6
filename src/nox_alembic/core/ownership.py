"""The refusals when clients may reach another server than the environment's own."""

from nox_alembic.core.errors import RefusedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen


@frozen
class Seen:
    """A running server."""

    started: str  # in UTC, to the second
    data: str  # where its data is, "" where the server does not say it

    @property
    def shown(self) -> str:
        """The server as messages name it."""
        return f"started at {self.started} UTC" + (f" on {self.data}" if self.data else "")


def foreign(address: DatabaseAddress, found: Seen, ours: Seen) -> RefusedError:
    """Return the refusal to destroy anything on another server (NA621)."""
    message = f"the server behind {address.shown} is not the one that this environment runs"
    which = f"it was {found.shown}, ours was {ours.shown}"
    hint = f"end what answers on port {address.port} instead, a tunnel or another PostgreSQL, or choose another port"
    return RefusedError("NA621", f"{message}: {which}", hint=hint)


def unproved(address: DatabaseAddress, cause: str) -> RefusedError:
    """Return the refusal to destroy anything on an unproved server (NA622)."""
    message = f"it cannot be proved that the server behind {address.shown} is the one that this environment runs"
    hint = "nothing was changed; make room if the disk is full, or see `nox -s logs -- database`"
    return RefusedError("NA622", f"{message}: {cause}", hint=hint)
