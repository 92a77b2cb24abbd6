"""The vocabulary of plans: each step is a frozen value with a title; what it does lives in `runner.py`."""

from dataclasses import dataclass, field
from pathlib import PurePath

from nox_alembic.core.facts import DataLocation
from nox_alembic.core.lost import Lost
from nox_alembic.core.undo import Generation


@dataclass(frozen=True)
class ProvideImages:
    """Pull or build the images that this machine lacks, before anything else is touched."""

    images: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"fetch {', '.join(self.images)}"


@dataclass(frozen=True)
class ProveOwnership:
    """Refuse to go on unless the server that clients reach is the very one that this environment runs."""

    title = "prove that the server is ours"


@dataclass(frozen=True)
class Kill:
    """End everything of the environment at once; for data that is going away."""

    title = "kill the backend and the database"


@dataclass(frozen=True)
class Down:
    """End everything of the environment in an orderly way; the data stays."""

    title = "stop the backend and the database"


@dataclass(frozen=True)
class SetDataAside:
    """Rename the data folder to a sibling and leave a fresh empty one in its place.

    It is what `undo` brings back, unless it is only `half_made` by a run that was killed. `revisions` are those that it
    is at, None when nobody could say.
    """

    location: DataLocation
    verb: str = "reset"
    revisions: tuple[str, ...] | None = None
    half_made: bool = False

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"wipe {self.location.shown}"


@dataclass(frozen=True)
class PutBack:
    """Take the kept data of a generation back into its place, and keep what is there now instead."""

    location: DataLocation
    generation: Generation
    revisions: tuple[str, ...] | None = None

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"put back {self.generation.kept}"


@dataclass(frozen=True)
class CloseUndo:
    """Note that the verb came to its end."""

    title = "keep the old data for `undo`"


@dataclass(frozen=True)
class DiscardData:
    """Remove the database's container, and its named volume if it has one."""

    location: DataLocation

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"remove {self.location.shown}"


@dataclass(frozen=True)
class MakeFolder:
    """Make the data folder: when it is missing, the Docker daemon makes it as root, with its parents."""

    location: DataLocation

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"make {self.location.shown}"


@dataclass(frozen=True)
class Sweep:
    """Delete what earlier wipes set aside, the newest kept; runs in the background of the following steps."""

    location: DataLocation
    title = "delete the data of earlier resets"


@dataclass(frozen=True)
class StartDatabase:
    """Start the database server."""

    title = "start the database"


@dataclass(frozen=True)
class AwaitDatabase:
    """Wait until the target database takes a login over TCP and answers; at most `seconds`."""

    seconds: int
    title = "wait for the database"


@dataclass(frozen=True)
class Migrate:
    """Upgrade to `target`; `seed_later` notes in a new database that its sample data is still to come.

    `reread`: the revision files may have changed since the plan was made, and are read again.
    """

    target: str
    pending: tuple[str, ...] = ()
    seed_later: bool = False
    reread: bool = False

    @property
    def title(self) -> str:
        """What the plan calls it."""
        count = f" ({len(self.pending)} pending)" if self.pending else ""
        return f"migrate to {'head' if self.target == 'heads' else self.target}{count}"


@dataclass(frozen=True)
class PrintUpgradeSql:
    """Print the SQL of an upgrade and change nothing."""

    start: str
    target: str

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"print the SQL from {self.start or 'base'} to {self.target}"


@dataclass(frozen=True)
class Downgrade:
    """Go back to `target`, which is an id or `base`; `undone` are the revisions taken back, newest first."""

    target: str
    undone: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"downgrade to {self.target}"


@dataclass(frozen=True)
class DowngradeLost:
    """Take revisions back that are not on this branch, with the scripts that were found elsewhere."""

    lost: Lost

    @property
    def title(self) -> str:
        """What the plan calls it."""
        scripts = "its own script" if len(self.lost.ids) == 1 else "their own scripts"
        return f"take back {', '.join(self.lost.ids)} by {scripts}"


@dataclass(frozen=True)
class KeepFiles:
    """Keep copies of revision files that were applied without us, or by a run that was cut off."""

    title = "keep a copy of the applied revision files"


@dataclass(frozen=True)
class Rehearse:
    """Downgrade a copy of the database to `target`, upgrade it to `back`, show what differs, and ask before a loss.

    `undone` are the revisions taken back, newest first. Without `back` the upgrade is still to be edited.
    """

    target: str
    undone: tuple[str, ...]
    back: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the plan calls it."""
        ways = "down and up" if self.back else "down"
        return f"rehearse it, {ways}, on a copy of the database, and ask before anything is lost"


@dataclass(frozen=True)
class AwaitEdit:
    """Wait until the file of a revision has been edited by whoever sits at the terminal."""

    revision: str
    path: str

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"wait until {self.path} is edited"


@dataclass(frozen=True)
class MakeShadow:
    """Make an empty database beside the real one and upgrade it to head: what the migrations alone amount to."""

    title = "upgrade a clean shadow database to head"


@dataclass(frozen=True)
class DropShadow:
    """Drop the shadow database."""

    title = "drop the shadow database"


@dataclass(frozen=True)
class WriteRevision:
    """Write a new revision file: what the models have beyond the shadow database, or nothing with `empty`."""

    message: str
    empty: bool = False

    @property
    def title(self) -> str:
        """What the plan calls it."""
        what = "an empty revision" if self.empty else "what the models change as a revision"
        return f'write {what}: "{self.message}"'


@dataclass(frozen=True)
class ApplyRevision:
    """Read the revision files again and upgrade to the new head; `way_back` is what an error adds to its hint."""

    way_back: str = ""
    title = "migrate to the new head"


@dataclass(frozen=True)
class CompareModels:
    """Compare the models with the shadow database, which has what the migrations amount to."""

    title = "compare the models with the migrations"


@dataclass(frozen=True)
class LintSql:
    """Lint the SQL of revisions that nobody else has yet; `server` is whether one runs, whose version then counts."""

    revisions: tuple[str, ...]
    server: bool = True

    @property
    def title(self) -> str:
        """What the plan calls it."""
        first, *others = self.revisions
        return f"lint the SQL of what others do not have yet, {first}{f' to {others[-1]}' if others else ''}"


@dataclass(frozen=True)
class Stamp:
    """Make the database say that it is at `after` in place of `before`; nothing is migrated."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"mark the database as being at {', '.join(self.after) or 'base'}"


@dataclass(frozen=True)
class AcceptFiles:
    """Let the files of these revisions count as applied as they are now."""

    revisions: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"take the files of {', '.join(self.revisions)} as they are"


@dataclass(frozen=True)
class DropIndex:
    """Drop an invalid index; its name is quoted as SQL needs it."""

    name: str

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"drop the invalid index {self.name}"


@dataclass(frozen=True)
class NoteRebase:
    """Note in the database which rebase moves it, so that the next run finishes what this one did not; "" is none."""

    name: str

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"note in the database: {self.name}" if self.name else "forget that note"


@dataclass(frozen=True)
class ReplaceFile:
    """Replace a file of the project as a whole, if its content is still `before`; None is a file that is not there."""

    path: PurePath
    before: bytes | None = field(repr=False)
    after: bytes = field(repr=False)
    title: str


@dataclass(frozen=True)
class WriteMerge:
    """Write a revision that joins `heads`."""

    id: str
    heads: tuple[str, ...]
    message: str

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"write the revision {self.id} that joins {' and '.join(self.heads)}"


@dataclass(frozen=True)
class Seed:
    """Run the project's seed command, if the database still waits for it."""

    command: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"seed ({' '.join(self.command)})"


@dataclass(frozen=True)
class StartServices:
    """Start the backend, once, and with it what else the environment has."""

    services: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"start {', '.join(self.services)}"


@dataclass(frozen=True)
class AwaitBackend:
    """Wait until the backend says that it is healthy; at most `seconds`."""

    seconds: int
    title = "wait for the backend"


@dataclass(frozen=True)
class RunTests:
    """Run the project's test command with `DATABASE_URL` set; its exit code decides."""

    command: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"run {' '.join(self.command)}"


@dataclass(frozen=True)
class Discard:
    """Remove a throw-away environment without a trace."""

    title = "remove the throw-away environment"


# What is waited for; a sweep alone goes on beside the steps that follow it.
Foreground = (
    ProvideImages | ProveOwnership | Kill | Down | SetDataAside | PutBack | CloseUndo | DiscardData | MakeFolder
    | StartDatabase | AwaitDatabase | Migrate | PrintUpgradeSql | Downgrade | DowngradeLost | KeepFiles
    | MakeShadow | DropShadow | WriteRevision | ApplyRevision | NoteRebase | ReplaceFile | WriteMerge
    | Rehearse | AwaitEdit
    | CompareModels | LintSql | Stamp | AcceptFiles | DropIndex
    | Seed | StartServices | AwaitBackend | RunTests | Discard
)  # fmt: skip
Step = Foreground | Sweep


@dataclass(frozen=True)
class Plan:
    """What a verb will do, in order. Without steps there is nothing to do, and `notes` say why.

    `destroys` says what is lost; a plan that has it needs consent. `lastly` runs whatever happened before. `again`:
    these steps only show what there is to do; afterwards the verb looks and plans once more.
    """

    steps: tuple[Step, ...] = ()
    destroys: str = ""
    lastly: tuple[Foreground, ...] = ()
    notes: tuple[str, ...] = ()
    again: bool = False
