"""Steps of a new database that is made in the running server, beside the real one."""

from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.migration import goal


@frozen
class MakeNew:
    """Make the new database, as a copy of the spare with that name, or empty for "".

    It has the owner, the encoding, the sort order and the grants of the real one. With
    `kills`, the backend and the other services are ended meanwhile, as by
    `KillServices`. `apart`, here and in the steps below: the new database has a name of
    its own, since a verb may make a new one at the same time.
    """

    source: str = ""
    kills: bool = False
    apart: bool = False

    @property
    def title(self) -> str:
        kills = ", and kill the backend" if self.kills else ""
        return f'copy the spare database "{self.source}"{kills}' if self.source else f"make a new database{kills}"


@frozen
class MigrateNew:
    """Upgrade the new database to `target`."""

    target: str
    pending: tuple[str, ...] = ()
    apart: bool = False

    @property
    def title(self) -> str:
        return f"migrate the new database to {goal(self.target, self.pending)}"


@frozen
class SeedNew:
    """Run the project's seed command on the new database."""

    command: tuple[str, ...]
    apart: bool = False

    @property
    def title(self) -> str:
        return f"seed the new database ({' '.join(self.command)})"


@frozen
class KeepSpare:
    """Keep the new database as a spare for the `digest`; an older spare is dropped."""

    revisions: tuple[str, ...]
    digest: str
    seeded: bool = False
    apart: bool = False
    title = "keep it as a spare database for the next time"


@frozen
class DropSpares:
    """Drop the spare databases."""

    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"drop the spare databases {', '.join(self.names)}"


SpareDatabaseStep = MakeNew | MigrateNew | SeedNew | KeepSpare | DropSpares
