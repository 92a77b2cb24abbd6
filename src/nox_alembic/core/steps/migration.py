"""Steps that move the database along its history."""

from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.orphans import Orphans


@frozen
class Migrate:
    """Upgrade to `target`.

    `seed_later` notes in a new database that its sample data is still to come.
    `reread`: the revision files may have changed since the plan was made, and are read
    again. `unseen`: the plan was made before the database could be asked, and if that
    has orphan revisions, there must be another plan.
    """

    target: str
    pending: tuple[str, ...] = ()
    seed_later: bool = False
    reread: bool = False
    unseen: bool = False

    @property
    def title(self) -> str:
        return f"migrate to {goal(self.target, self.pending)}"


def goal(target: str, pending: tuple[str, ...]) -> str:
    """Return where a migration leads, as titles name it."""
    count = f" ({len(pending)} pending)" if pending else ""
    return f"{'head' if target == 'heads' else target}{count}"


@frozen
class PrintUpgradeSql:
    """Print the SQL of an upgrade and change nothing."""

    start: str
    target: str

    @property
    def title(self) -> str:
        return f"print the SQL from {self.start or 'base'} to {self.target}"


@frozen
class Downgrade:
    """Go back to `target`, an id or `base`.

    `undone` are the revisions taken back, newest first.
    """

    target: str
    undone: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"downgrade to {self.target}"


@frozen
class DowngradeOrphans:
    """Take orphan revisions back, with the files that were found elsewhere."""

    orphans: Orphans

    @property
    def title(self) -> str:
        scripts = "its own script" if len(self.orphans.ids) == 1 else "their own scripts"
        return f"take back {', '.join(self.orphans.ids)} by {scripts}"


@frozen
class CopyRevisionFiles:
    """Keep copies of revision files applied without us, or by a cut-off run."""

    title = "keep a copy of the applied revision files"


@frozen
class Rehearse:
    """Downgrade a copy of the database to `target`, and upgrade it to `back`.

    It shows what differs, and asks before a loss. `undone` are the revisions taken
    back, newest first. Without `back`, the upgrade is still to be edited.
    """

    target: str
    undone: tuple[str, ...]
    back: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        ways = "down and up" if self.back else "down"
        return f"rehearse it, {ways}, on a copy of the database, and ask before anything is lost"


@frozen
class AwaitEdit:
    """Wait until the user at the terminal has edited the file of a revision."""

    revision: str
    path: str

    @property
    def title(self) -> str:
        return f"wait until {self.path} is edited"


@frozen
class ApplyRevision:
    """Read the revision files again and upgrade to the new head.

    `way_back` is what an error adds to its hint.
    """

    way_back: str = ""
    title = "migrate to the new head"


MigrationStep = Migrate | PrintUpgradeSql | Downgrade | DowngradeOrphans | CopyRevisionFiles | ApplyRevision
RehearsalStep = Rehearse | AwaitEdit
