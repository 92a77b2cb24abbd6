"""Keeps the bytes with which revisions are applied.

Fingerprints are in the database, revision copies outside it.
"""

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

    `copy` keeps a revision copy of a file and returns its SHA-256 (hex); raises
    OSError.
    """

    table: FingerprintTable
    server: Server
    copy: Callable[[Path], str]
    history: History
    report: Reporter

    def intend(self, address: DatabaseAddress, pending: Iterable[str]) -> None:
        """Keep the fingerprints that an upgrade is about to apply.

        The upgrade may be cut off before `settle`.
        """
        if digests := self._copies_of(pending):
            self.table.intend(address, digests)

    def settle(self, address: DatabaseAddress, current: Sequence[str]) -> None:
        """Keep the fingerprint of each applied revision of a database at `current`.

        What an upgrade intended is true even when it was cut off. For a revision that
        was applied without us, the file counts as it is now: any later difference is an
        edit.
        """
        known = {**self.table.read(address), **self.table.intended(address)}
        first_seen = self._copies_of(unfingerprinted(self.history, current, known))
        self.table.write(address, holding(self.history, current, {**known, **first_seen}), current)

    def accept(self, address: DatabaseAddress, revisions: Iterable[str]) -> None:
        """Let these applied revisions count as applied with their present files."""
        current = self.server.revisions(address) or ()
        known = {**self.table.read(address), **self._copies_of(revisions)}
        self.table.write(address, holding(self.history, current, known), current)

    def _copies_of(self, revisions: Iterable[str]) -> Mapping[str, str]:
        """Return the SHA-256 of each file, and keep a copy.

        The migration goes on if no copy can be kept.
        """
        paths = {key: Path(self.history.revisions[key].path) for key in revisions}
        try:
            return {key: self.copy(path) for key, path in paths.items()}
        except OSError as error:
            self.report.warn(f"no copies of revision files are kept: {error}")
            return {}
