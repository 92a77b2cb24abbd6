"""Alembic under supervision.

It reports at once what keeps Alembic waiting, and explains why Alembic failed.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from nox_alembic.core.config import Config
from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.explanations import end_of, explain, query
from nox_alembic.core.failures.failure import Blocker, Failure, MigrationError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.changes import Change, Draft, NewFile
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.verbs import VERBS
from nox_alembic.report import Reporter
from nox_alembic.run.ports import Blockers, Migrations, OnRevision


@frozen(kw_only=True)
class Supervised:
    """Runs migrations as `migrations` does.

    Each failure becomes one error with the command to type next. `environment` is the
    name that was typed, "" for the default: the suggested commands use it. `own`
    returns the environment's own database. In a database beside that, no client is in
    the way, and no notice is needed of what is applied there.
    """

    migrations: Migrations
    revisions: Callable[[DatabaseAddress], tuple[str, ...] | None]
    blockers: Blockers
    invalid_indexes: Callable[[DatabaseAddress], tuple[InvalidIndex, ...]]
    after_failure: Callable[[DatabaseAddress, Failure], Failure]
    config: Config
    history: History
    report: Reporter
    engine: str
    own: Callable[[], DatabaseAddress]
    environment: str = ""

    def probe(self, configuration: Configuration, address: DatabaseAddress) -> bool:
        """Run env.py without its migrations, and return whether it came to them.

        Raises FailedError (NA405, NA455 to NA467).
        """
        with self._explaining():
            return self.migrations.probe(configuration, address)

    def upgrade(
        self, configuration: Configuration, address: DatabaseAddress, target: str, on_revision: OnRevision
    ) -> None:
        """Upgrade, with a call before each revision.

        Raises FailedError (NA405, NA455 to NA467).
        """
        with self._watched(address, on_revision) as (session, announce):
            self.migrations.upgrade(configuration, session, target, announce)

    def downgrade(
        self,
        configuration: Configuration,
        address: DatabaseAddress,
        target: str,
        on_revision: OnRevision,
        extra: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Downgrade, with a call before each revision.

        Raises FailedError (NA405, NA455 to NA467).
        """
        with self._watched(address, on_revision, back_to=target) as (session, announce):
            self.migrations.downgrade(configuration, session, target, announce, extra)

    def find_table(self, configuration: Configuration, address: DatabaseAddress) -> str:
        """Return the table in which env.py keeps the revisions of the database.

        Raises FailedError (NA405, NA455 to NA478).
        """
        with self._explaining():
            return self.migrations.find_table(configuration, address)

    def upgrade_sql(self, configuration: Configuration, start: str, target: str) -> str:
        """Return the SQL of an upgrade; raises FailedError (NA405, NA465)."""
        with self._explaining():
            return self.migrations.upgrade_sql(configuration, start, target)

    def compare(self, configuration: Configuration, address: DatabaseAddress) -> tuple[Change, ...]:
        """Return how the models differ from a database at head.

        Raises FailedError (NA405, NA455 to NA467).
        """
        with self._explaining():
            return self.migrations.compare(configuration, address)

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

        Raises FailedError (NA405, NA455 to NA467).
        """
        with self._explaining():
            return self.migrations.draft(configuration, address, message, head, autogenerate=autogenerate)

    def merge(self, configuration: Configuration, id_: str, heads: Sequence[str], message: str) -> NewFile:
        """Return the revision that joins `heads`, which is not written yet.

        Raises FailedError (NA434).
        """
        return self.migrations.merge(configuration, id_, heads, message)

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except MigrationError as error:
            raise self._explained(error.failure) from error

    @contextlib.contextmanager
    def _watched(
        self, address: DatabaseAddress, on_revision: OnRevision, *, back_to: str = ""
    ) -> Iterator[tuple[DatabaseAddress, OnRevision]]:
        if address.name != self.own().name:
            with self._explaining():
                yield address, on_revision
            return
        ran: list[str] = []

        def announce(name: str) -> None:
            ran.append(name.partition(" ")[0])
            on_revision(name)

        session = self._session(address)
        before = self.revisions(address)
        with self.blockers.watch(session, self._tell_wait) as watch:
            try:
                yield session, announce
            except MigrationError as error:
                seen = replace(error.failure, before=before, blockers=watch.blockers)
                raise self._explained(self._probed(address, seen, ran), back_to=back_to) from error

    def _session(self, address: DatabaseAddress) -> DatabaseAddress:
        """Return the address with a session name of its own, and with a lock timeout.

        If the server has a limit of its own, no timeout is added.
        """
        limit = 0 if self.blockers.has_lock_timeout(address) else self.config.lock_timeout
        name = f"nox-alembic {self.report.verb} {secrets.token_hex(4)}"
        return replace(address, application=name, lock_timeout=limit)

    def _tell_wait(self, blocker: Blocker) -> None:
        end = query(Failure(environment=self.environment), end_of((blocker.pid,)))
        self.report.warn(f"waiting for a lock of {blocker.described}; {end} ends it")

    def _probed(self, address: DatabaseAddress, failure: Failure, ran: list[str]) -> Failure:
        """Return the failure with the present revisions, and what this run has left."""
        after = self.revisions(address)
        if failure.before is None or after is None:
            return failure
        kept, taken_back = (self.history.pending(*ends) for ends in [(failure.before, after), (after, failure.before)])
        rolled_back = tuple(key for key in ran if key not in {*kept, *taken_back, failure.revision})
        invalid = tuple(index.name for index in self.invalid_indexes(address) if index.state == "left")
        left = replace(
            failure, after=after, kept=kept, taken_back=taken_back, rolled_back=rolled_back, invalid_indexes=invalid
        )
        return self.after_failure(address, left)

    def _explained(self, failure: Failure, *, back_to: str = "") -> FailedError:
        verb = self.report.verb
        whole = replace(
            failure,
            verb=verb if back_to else VERBS[verb].resumed_by,
            target=back_to if verb == "downgrade" else "",
            back=bool(back_to),
            environment=self.environment,
            engine=self.engine,
            undoable="kept_database" in self.report.fields,
        )
        self.report.failure(whole)
        return explain(whole)
