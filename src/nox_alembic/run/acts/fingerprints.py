"""Keeps with which bytes revisions are applied: fingerprints in the database, revision copies outside of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.fingerprints import holding, unfingerprinted
from nox_alembic.core.revisions.graph import History
from nox_alembic.report import Reporter
from nox_alembic.run.ports import FingerprintTable, Server


@frozen(kw_only=True)
class Fingerprinting:
    """What happens around each upgrade and downgrade, under the lock that these hold.

    `copy` keeps a revision copy of a file and returns its SHA-256 (hex); raises OSError.
    """

    table: FingerprintTable
    server: Server
    copy: Callable[[Path], str]
    history: History
    report: Reporter

    def intend(self, address: DatabaseAddress, pending: Iterable[str]) -> None:
        """Keep, ahead of an upgrade, what it is about to run: it may be cut off before `settle`."""
        if digests := self._copies_of(pending):
            self.table.intend(address, digests)

    def settle(self, address: DatabaseAddress, current: Sequence[str]) -> None:
        """Keep the fingerprint of each applied revision, now that the database is at `current`.

        What an upgrade intended is true also when it was cut off. Where a revision was applied
        without us, its file is taken as it is now: what differs later was edited afterwards.
        """
        known = {**self.table.read(address), **self.table.intended(address)}
        first_seen = self._copies_of(unfingerprinted(self.history, current, known))
        self.table.write(address, holding(self.history, current, {**known, **first_seen}), current)

    def accept(self, address: DatabaseAddress, revisions: Iterable[str]) -> None:
        """Let these applied revisions count as applied with the files that there are now."""
        current = self.server.revisions(address) or ()
        known = {**self.table.read(address), **self._copies_of(revisions)}
        self.table.write(address, holding(self.history, current, known), current)

    def _copies_of(self, revisions: Iterable[str]) -> Mapping[str, str]:
        """Return the SHA-256 of each file, and keep a copy; where none can be kept, it migrates all the same."""
        paths = {key: Path(self.history.revisions[key].path) for key in revisions}
        try:
            return {key: self.copy(path) for key, path in paths.items()}
        except OSError as error:
            self.report.warn(f"no copies of revision files are kept: {error}")
            return {}
