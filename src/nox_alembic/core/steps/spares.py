"""Steps that make spares, and the step that confirms the use of one."""

from nox_alembic.core.copies.spares import Needs, SpareKind
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen


@frozen
class ConfirmSpare:
    """Check that the database is at the revisions of its spare.

    `pending`: the seed is still to be run.
    """

    heads: tuple[str, ...]
    pending: bool | None = None

    @property
    def title(self) -> str:
        return f"see that it is at {', '.join(self.heads) or 'no revision'}"


@frozen
class MakeSpare:
    """Make a spare at `heads` beside the data, in a server of its own.

    `copies` begins with a copy of the spare without the seed.
    """

    kind: SpareKind
    location: DataLocation
    heads: tuple[str, ...]
    needs: Needs
    copies: bool = False

    @property
    def title(self) -> str:
        seeded = ", seeded" if self.kind == "ready" else ""
        start = ", from the one that there is" if self.copies and self.kind == "base" else ""
        return f"make a spare at {', '.join(self.heads) or 'no revision'}{seeded}{start}"


@frozen
class ClearSpares:
    """Delete spares, and what killed runs have left of spares."""

    location: DataLocation
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"delete {', '.join(self.names)}"


@frozen
class EndMaking:
    """End the process that makes spares in the background, with what it has begun."""

    title = "end the making of spares"


SpareStep = ConfirmSpare | MakeSpare | ClearSpares | EndMaking
