"""The Protocols that acts get, each for a part of the world that unit tests lack.

Such a part is a server, Alembic on a server, a person, or a daemon. What a test can run
for real, such as files, the acts import.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from nox_alembic.core.catalogue import Catalogue
from nox_alembic.core.copies.siblings import Mark, Sibling
from nox_alembic.core.copies.snapshots import Uncomputable
from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.failure import Blocker
from nox_alembic.core.findings.lint import Violation
from nox_alembic.core.revisions.changes import Change, Draft, NewFile
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.steps import Plan
from nox_alembic.core.traces import Counters
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.postgres.copying import Source
from nox_alembic.edges.system.invocation import Invocation

# Takes the name of a revision that is about to run.
OnRevision = Callable[[str], None]
# Runs a command of the project for a database and returns its exit code. `quiet` keeps
# its output away from stdout, which is for data.
Command = Callable[[Sequence[str], DatabaseAddress, bool], int]
# Runs a plan in another server of ours.
RunBeside = Callable[[Engine, Plan], None]
DONE = "done"
NOT_NEEDED = "not needed"
# The step has found what the plan could not know: the verb looks and plans once more.
PLAN_AGAIN = "not yet: the database has revisions without a file here"


class Person(Protocol):
    """The user at the terminal; `cli.prompt` asks them."""

    def consent(self, destroys: str) -> None:
        """Return when the user agrees.

        Raises RefusedError when they refuse, or are not there.
        """

    def edit(self, path: Path) -> bool:
        """Let the user edit the file; return whether it has changed."""


class Server(Protocol):
    """A running server and the environment's database in it.

    It stands for `edges.postgres.server`.
    """

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

    def cluster_of(self, address: DatabaseAddress) -> str:
        """Return the system identifier of its data."""

    def version(self, address: DatabaseAddress) -> str:
        """Return the server's version, "" when it does not answer."""

    def at_work(self, address: DatabaseAddress) -> Sequence[str]:
        """Return the clients, other than ours, in a transaction in any database."""

    def write_note(self, address: DatabaseAddress, name: str, value: str) -> None:
        """Keep a fact in the database."""

    def read_note(self, address: DatabaseAddress, name: str) -> str:
        """Return a kept fact, "" when there is none."""

    def migration_lock(
        self, address: DatabaseAddress, seconds: float, on_wait: Callable[[str], None]
    ) -> AbstractContextManager[None]:
        """Let one migration run at a time.

        `on_wait` gets the sentence that says who holds the lock.
        """


class Migrations(Protocol):
    """Alembic on a database.

    It stands for `edges.alembic.client`, and for `run.acts.supervision` around it.
    """

    def probe(self, configuration: Configuration, address: DatabaseAddress) -> bool:
        """Run env.py without its migrations, and return whether it came to them."""

    def upgrade(
        self, configuration: Configuration, address: DatabaseAddress, target: str, on_revision: OnRevision
    ) -> None:
        """Upgrade, with a call before each revision."""

    def downgrade(
        self,
        configuration: Configuration,
        address: DatabaseAddress,
        target: str,
        on_revision: OnRevision,
        extra: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Downgrade, with a call before each revision.

        `extra` are more revision files by their names.
        """

    def find_table(self, configuration: Configuration, address: DatabaseAddress) -> str:
        """Return the table in which env.py keeps the revisions of the database."""

    def upgrade_sql(self, configuration: Configuration, start: str, target: str) -> str:
        """Return the SQL of an upgrade."""

    def merge(self, configuration: Configuration, id_: str, heads: Sequence[str], message: str) -> NewFile:
        """Return a revision that joins `heads` and is not written yet."""

    def compare(self, configuration: Configuration, address: DatabaseAddress) -> tuple[Change, ...]:
        """Return how the models differ from a database at head."""

    def draft(
        self,
        configuration: Configuration,
        address: DatabaseAddress | None,
        message: str,
        head: str = "",
        *,
        autogenerate: bool,
    ) -> Draft:
        """Return a new revision that is not written yet.

        It follows `head`, by default the only one.
        """


# Alembic in a process of its own: what a project's imports keep there does not reach
# other code.
Apart = Callable[[], AbstractContextManager[Migrations]]


class FingerprintTable(Protocol):
    """The fingerprints of applied revisions in the database.

    It stands for `edges.postgres.fingerprints`.
    """

    def read(self, address: DatabaseAddress) -> Mapping[str, str]:
        """Return the fingerprint of each applied revision."""

    def intended(self, address: DatabaseAddress) -> Mapping[str, str]:
        """Return the fingerprints that an upgrade intended and has not written yet."""

    def intend(self, address: DatabaseAddress, digests: Mapping[str, str]) -> None:
        """Keep the fingerprints that an upgrade is about to apply."""

    def write(self, address: DatabaseAddress, digests: Mapping[str, str], at: Sequence[str]) -> None:
        """Write the fingerprints and the current revisions.

        It forgets what was intended.
        """


class ReadCatalogue(Protocol):
    """The function `edges.postgres.catalogue.read`."""

    def __call__(self, address: DatabaseAddress, *, contents: bool) -> Catalogue:
        """Return the contents of a database's catalogue.

        `contents` adds a count of what is in it.
        """


class Inspection(Protocol):
    """Details of a database; `edges.postgres.inspection`."""

    def invalid_indexes(self, address: DatabaseAddress) -> tuple[InvalidIndex, ...]:
        """Return the indexes that no query uses."""


class Repairs(Protocol):
    """Repairs of a database; `edges.postgres.repairs`."""

    def stamp(
        self, address: DatabaseAddress, before: Sequence[str], after: Sequence[str], told: Callable[[], str]
    ) -> None:
        """Make it say that it is at `after`, unless it is not at `before` any more.

        `told` returns the name of Alembic's table where there is none yet.
        """

    def drop_index(self, address: DatabaseAddress, name: str) -> None:
        """Drop an index without stopping anybody's work."""


class Cluster(Protocol):
    """The parts of a server outside its databases; `edges.postgres.cluster`."""

    def begin(self, address: DatabaseAddress) -> bool | None:
        """Return whether a new database is free of other people's data.

        None if it is not new.
        """

    def record(self, address: DatabaseAddress, *, plain: bool) -> None:
        """Keep in the database what the server has now."""


class CountersOf(Protocol):
    """What the server counts in a database; `edges.postgres.counters`."""

    def read_settled(self, address: DatabaseAddress) -> Counters | None:
        """Return what is counted, once sessions of ours have ended there."""

    def read(self, address: DatabaseAddress) -> Counters | None:
        """Return what is counted now, None when it cannot be read."""


class Siblings(Protocol):
    """The sibling databases; `edges.postgres.siblings`."""

    def create(self, address: DatabaseAddress, mark: Mark, *, source: str = "") -> DatabaseAddress:
        """Make the database of the mark, empty or as a copy of `source`."""

    def keep(self, address: DatabaseAddress, mark: Mark, client: Callable[[str], Invocation]) -> None:
        """Copy the real database into the sibling of the mark."""

    def copied(
        self, address: DatabaseAddress, mark: Mark, client: Callable[[str], Invocation]
    ) -> AbstractContextManager[DatabaseAddress]:
        """Make a copy of the real database for the length of the block."""

    def loaded(
        self, source: Source, address: DatabaseAddress, mark: Mark, client: Callable[[str], Invocation]
    ) -> AbstractContextManager[DatabaseAddress]:
        """Make a copy of another server's database, with its roles, for the block."""

    def keep_spare(self, address: DatabaseAddress, mark: Mark, *, apart: bool) -> str:
        """Make a spare database of the new one, and return its name."""

    def swap(self, address: DatabaseAddress, incoming: str, mark: Mark) -> None:
        """Give the incoming database the real one's name.

        The real one is kept under the name of the mark.
        """


class Dropping(Protocol):
    """The sibling databases that exist, and their end; `edges.postgres.dropping`."""

    def names(self, address: DatabaseAddress) -> Collection[str] | None:
        """Return the names of the undo databases.

        None when the server does not answer.
        """

    def marked(self, address: DatabaseAddress) -> tuple[Sibling, ...]:
        """Return the databases that are ours, but for those that are being dropped."""

    def holding_roles(self, address: DatabaseAddress) -> Sequence[str]:
        """Return the undo and spare databases in which roles own or may do things."""

    def drop(self, address: DatabaseAddress, names: Iterable[str]) -> None:
        """Drop databases that we have made."""

    def drop_soon(self, address: DatabaseAddress, names: Collection[str]) -> None:
        """Drop databases as far as possible now; nothing waits for large ones."""

    def or_dropped(self, address: DatabaseAddress, name: str) -> AbstractContextManager[None]:
        """Drop the database when the block fails."""


class Restoring(Protocol):
    """Whether a dump could be restored; `edges.postgres.restoring`."""

    def uncomputable(self, address: DatabaseAddress) -> Sequence[Uncomputable]:
        """Return what a restore of the database cannot compute."""

    def roles_needed(self, address: DatabaseAddress) -> tuple[str, ...]:
        """Return the roles that a restore of the database needs."""

    def roles(self, address: DatabaseAddress) -> Sequence[str]:
        """Return the roles of the server."""


class Linter(Protocol):
    """A linter of SQL; `edges.project.squawk`."""

    def has_own_rules(self, folder: Path) -> bool:
        """Return whether the project says itself which rules count."""

    def lint(self, sql: str, folder: Path, version: str) -> Sequence[Violation]:
        """Return what the rules say."""


class ProjectFiles(Protocol):
    """Files of the project that a verb writes; `run.acts.revisions.Files`."""

    def write_revision(self, path: Path, text: str) -> None:
        """Write a new revision file."""

    def write_head(self, heads: Sequence[str]) -> Path | None:
        """Write the head file and return it, None where there is no place for one."""

    def replace(self, path: Path, before: bytes | None, after: bytes | None) -> None:
        """Write `after` in place of `before`; None is no file."""


class Watch(Protocol):
    """The result of a watch."""

    blockers: tuple[Blocker, ...]


class Blockers(Protocol):
    """The sessions that keep a migration waiting; `edges.postgres.blockers`."""

    def has_lock_timeout(self, address: DatabaseAddress) -> bool:
        """Return whether the server limits waits for locks by itself."""

    def watch(self, address: DatabaseAddress, on_wait: Callable[[Blocker], None]) -> AbstractContextManager[Watch]:
        """Report each session that keeps the migration waiting in the block."""


class Backend(Protocol):
    """A backend that starts; `edges.engines.health`."""

    def await_healthy(
        self,
        url: Callable[[], str | None],
        engine_says: Callable[[], bool | None],
        is_alive: Callable[[], bool],
        log_tail: Callable[[], str],
        seconds: float,
    ) -> None:
        """Wait until the backend says that it is healthy."""
