"""What a run uses of the edges, as Protocols, so that a test can pass its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from nox_alembic.core.catalogue import Catalogue
from nox_alembic.core.config import Config
from nox_alembic.core.copies.siblings import Mark
from nox_alembic.core.copies.snapshots import Snapshot
from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.facts import DatabaseAddress, DataLocation
from nox_alembic.core.failures.failure import Blocker, Failure
from nox_alembic.core.findings.lint import Violation
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.changes import Change, Draft, NewFile
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps import (
    ClearSpares,
    KeepDatabase,
    MakeSpare,
    NoteUndone,
    OpenUndo,
    Plan,
    PutBack,
    SetDataAside,
    SwapBack,
    SwapDatabases,
    UseSpare,
)
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.system.process import Invocation


class Database(Protocol):
    """What the runner asks of a database; the module `edges.database` has it all."""

    def await_ready(
        self,
        address: Callable[[], DatabaseAddress],
        is_alive: Callable[[], bool],
        log_tail: Callable[[], str],
        seconds: float,
    ) -> None:
        """Wait until the target database answers."""

    def revisions(self, address: DatabaseAddress) -> tuple[str, ...] | None:
        """Return the revisions that it is at, None when it does not answer."""

    def make_empty(self, address: DatabaseAddress, name: str) -> DatabaseAddress:
        """Make another database beside that of `address`, empty."""

    def drop(self, address: DatabaseAddress, name: str) -> None:
        """Drop another database."""

    def write_note(self, address: DatabaseAddress, name: str, value: str) -> None:
        """Keep a fact in the database."""

    def read_note(self, address: DatabaseAddress, name: str) -> str:
        """Return a kept fact, "" when there is none."""

    def migration_lock(
        self, address: DatabaseAddress, seconds: float, on_wait: Callable[[str], None]
    ) -> AbstractContextManager[None]:
        """Let one migration run at a time; `on_wait` is told for whom it waits."""


class Migrations(Protocol):
    """What the runner asks of Alembic; the module `edges.migrations` has it all."""

    def upgrade(
        self, configuration: Path, address: DatabaseAddress, target: str, on_revision: Callable[[str], None]
    ) -> None:
        """Upgrade, with a call before each revision."""

    def downgrade(
        self,
        configuration: Path,
        address: DatabaseAddress,
        target: str,
        on_revision: Callable[[str], None],
        extra: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Downgrade, with a call before each revision; `extra` are more revision files by their names."""

    def upgrade_sql(self, configuration: Path, start: str, target: str) -> str:
        """Return the SQL of an upgrade."""

    def merge(self, configuration: Path, id_: str, heads: Sequence[str], message: str) -> NewFile:
        """Return a revision that joins `heads` and is not written yet."""

    def compare(self, configuration: Path, address: DatabaseAddress) -> tuple[Change, ...]:
        """Return how the models differ from a database at head."""

    def draft(self, configuration: Path, address: DatabaseAddress | None, message: str, *, autogenerate: bool) -> Draft:
        """Return a new revision that is not written yet."""


class Fingerprints(Protocol):
    """What is kept in the database about the files of revisions; the module `edges.applied` has it all."""

    def read(self, address: DatabaseAddress) -> Mapping[str, str]:
        """Return the SHA-256 of each applied file."""

    def intended(self, address: DatabaseAddress) -> Mapping[str, str]:
        """Return what an upgrade was about to apply that has not been recorded yet."""

    def intend(self, address: DatabaseAddress, digests: Mapping[str, str]) -> None:
        """Keep what an upgrade is about to apply."""

    def write(self, address: DatabaseAddress, digests: Mapping[str, str], at: Sequence[str]) -> None:
        """Keep the SHA-256 of each applied file and where the database is, and forget what was intended."""


class Clones(Protocol):
    """What a rehearsal asks for; the module `edges.clones` has it all."""

    def copied(
        self, address: DatabaseAddress, client: Callable[[str], Invocation]
    ) -> AbstractContextManager[DatabaseAddress]:
        """Let there be a copy of the database for a while."""


class ReadCatalogue(Protocol):
    """The function `edges.catalogue.read`."""

    def __call__(self, address: DatabaseAddress, *, contents: bool) -> Catalogue:
        """Return what a database consists of, with or without a count of what is in it."""


class Person(Protocol):
    """Who sits at the terminal; the module `cli.person` asks them."""

    def consent(self, destroys: str) -> None:
        """Return when they agree; raises RefusedError when they do not, or are not there."""

    def edit(self, path: Path) -> bool:
        """Return, when they have edited the file, whether it is another one now."""


class Inspection(Protocol):
    """What is looked at closely in a database; the module `edges.inspection` has it all."""

    def invalid_indexes(self, address: DatabaseAddress) -> tuple[InvalidIndex, ...]:
        """Return the indexes that no query uses."""

    def version(self, address: DatabaseAddress) -> str:
        """Return the server's version, "" when it does not answer."""


class Repairs(Protocol):
    """What puts a database right; the module `edges.repairs` has it all."""

    def stamp(self, address: DatabaseAddress, before: Sequence[str], after: Sequence[str]) -> None:
        """Make it say that it is at `after`, unless it is not at `before` any more."""

    def drop_index(self, address: DatabaseAddress, name: str) -> None:
        """Drop an index without stopping anybody's work."""


class Clusters(Protocol):
    """What is asked of a server beside its databases; the module `edges.clusters` has it all."""

    def begin(self, address: DatabaseAddress) -> bool | None:
        """Return whether a new database has nothing of anybody's in it, None for one that is not new."""

    def record(self, address: DatabaseAddress, *, plain: bool) -> None:
        """Keep in the database what the server has now."""


class Siblings(Protocol):
    """What makes databases beside the real one; the module `edges.aside` has it all."""

    def create(self, address: DatabaseAddress, mark: Mark, *, source: str = "") -> DatabaseAddress:
        """Make the new database, empty or as a copy of `source`."""

    def keep_spare(self, address: DatabaseAddress, mark: Mark, *, apart: bool) -> str:
        """Make a spare database of the new one, and return its name."""

    def drop(self, address: DatabaseAddress, names: Iterable[str]) -> None:
        """Drop databases that we have made."""


class Linter(Protocol):
    """What reads SQL for dangers; the module `edges.squawk` has it all."""

    def has_own_rules(self, folder: Path) -> bool:
        """Return whether the project says itself which rules count."""

    def lint(self, sql: str, folder: Path, version: str) -> Sequence[Violation]:
        """Return what the rules say."""


class Watch(Protocol):
    """What a watch has seen."""

    blockers: tuple[Blocker, ...]


class Surroundings(Protocol):
    """What is asked around a migration; `environment` puts it together from three edges."""

    def revisions(self, address: DatabaseAddress) -> tuple[str, ...] | None:
        """Return the revisions that the database is at, None when it does not answer."""

    def has_lock_timeout(self, address: DatabaseAddress) -> bool:
        """Return whether the server limits waits for locks by itself."""

    def watch(self, address: DatabaseAddress, on_wait: Callable[[Blocker], None]) -> AbstractContextManager[Watch]:
        """Tell, while the block runs, who keeps the migration waiting."""

    def invalid_indexes(self, address: DatabaseAddress) -> tuple[InvalidIndex, ...]:
        """Return the indexes that no query uses."""

    def look(self, address: DatabaseAddress, failure: Failure) -> Failure:
        """Return the failure with what the database shows after it."""


class Backend(Protocol):
    """What the runner asks of a backend; the module `edges.backend` has it all."""

    def await_healthy(
        self,
        url: Callable[[], str | None],
        engine_says: Callable[[], bool | None],
        is_alive: Callable[[], bool],
        log_tail: Callable[[], str],
        seconds: float,
    ) -> None:
        """Wait until the backend says that it is healthy."""


class Safe(Protocol):
    """What the runner asks of the data folder and what was set aside of it; `safekeeping` has it all."""

    def set_aside(self, step: SetDataAside) -> Sequence[str]:
        """Set the data aside; return what there is to say of it."""

    def put_back(self, step: PutBack) -> None:
        """Put kept data back into its place."""

    def settle(self) -> None:
        """Finish or take back what a run that was killed has left in doubt."""

    def use_spare(self, step: UseSpare) -> Sequence[str]:
        """Set the data aside and put a spare into its place; return what there is to say of it."""

    def close(self) -> None:
        """Note that the verb came to its end."""

    def sweep(self, location: DataLocation) -> Sequence[str]:
        """Delete what is not kept; return what there is to say of what is left."""


class UndoDatabases(Protocol):
    """What the runner asks of copies of the database, and of files, for `undo`; `keeping` has it all."""

    def keep(self, step: KeepDatabase, history: History, consent: Callable[[str], None]) -> bool:
        """Copy the database if there is something to lose; return whether it did."""

    def open(self, step: OpenUndo) -> None:
        """Note which files are about to be changed."""

    def note_file(self, verb: str, path: Path, before: bytes | None, after: bytes) -> None:
        """Note a file that is known only now."""

    def swap(self, step: SwapDatabases) -> None:
        """Put the new database into the place of the real one."""

    def swap_back(self, step: SwapBack) -> None:
        """Put a kept database back."""

    def note_undone(self, step: NoteUndone) -> None:
        """Note that files are what they were."""


class Snapshots(Protocol):
    """What the runner asks of snapshots, on disk and in the server; `snapshotting` has it all."""

    def save(self, name: str) -> None:
        """Dump the database into a new snapshot."""

    def check(self, snapshot: Snapshot) -> None:
        """Read the whole file."""

    def load(self, snapshot: Snapshot) -> None:
        """Restore it into a new database."""

    def delete(self, names: Sequence[str]) -> None:
        """Delete snapshots."""

    def clear(self) -> None:
        """Remove what a killed run has left."""


# Runs a plan in another server of ours, whose database has that mark.
Run = Callable[[Engine, str, Plan], None]


class Spares(Protocol):
    """What the runner asks of spares; `sparing` has it all."""

    def make(self, step: MakeSpare, run: Run) -> str:
        """Make one; return how that ended."""

    def clear(self, step: ClearSpares) -> Sequence[str]:
        """Delete some; return what there is to say of what is left."""


@frozen(kw_only=True)
class Tools:
    """The edges that a run uses; `cli` wires the real ones. What takes long to import is given as a call.

    `rehearsing` is Alembic in a process of its own, for one database alone: what a project keeps of its imports there
    does not reach what `migrations` runs, nor the other way round.
    """

    config: Config
    engine: Engine
    history: History
    configuration: Path | None
    database: Database
    backend: Backend
    migrations: Callable[[], Migrations]
    fingerprints: Fingerprints
    keep: Callable[[Path], str]
    rehearsing: Callable[[], AbstractContextManager[Migrations]]
    clones: Clones
    catalogue: ReadCatalogue
    person: Person
    inspection: Inspection
    repairs: Repairs
    clusters: Clusters
    aside: Siblings
    linter: Linter
    reread: Callable[[], History]
    write_revision: Callable[[Path, str], None]
    safe: Safe
    keeping: Callable[[], UndoDatabases]
    snapshots: Callable[[], Snapshots]
    spares: Callable[[], Spares]
    beside: Run
    command: Callable[[Sequence[str], DatabaseAddress, bool], int]
    replace_file: Callable[[Path, bytes | None, bytes | None], None]
    write_head: Callable[[Sequence[str]], Path | None]
