"""Keeps with which bytes revisions are applied: the digests in the database, copies of the files outside of it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.fingerprints import holding, unfingerprinted
from nox_alembic.core.revisions.graph import History
from nox_alembic.report import Reporter
from nox_alembic.run.ports import Tools


@frozen
class Fingerprinting:
    """What happens around each upgrade and downgrade, under the lock that these hold."""

    tools: Tools
    history: History
    report: Reporter

    def intend(self, address: DatabaseAddress, pending: Iterable[str]) -> None:
        """Keep, ahead of an upgrade, what it is about to run: it may be cut off before `settle`."""
        if digests := self._copies_of(pending):
            self.tools.fingerprints.intend(address, digests)

    def settle(self, address: DatabaseAddress, current: Sequence[str]) -> None:
        """Keep with which bytes each revision was applied, now that the database is at `current`.

        What an upgrade intended is true also when it was cut off. Of a revision that was applied without us, the file
        is taken as it is now: whatever differs later was edited after it was applied.
        """
        fingerprints = self.tools.fingerprints
        known = {**fingerprints.read(address), **fingerprints.intended(address)}
        first_seen = self._copies_of(unfingerprinted(self.history, current, known))
        fingerprints.write(address, holding(self.history, current, {**known, **first_seen}), current)

    def accept(self, address: DatabaseAddress, revisions: Iterable[str]) -> None:
        """Let these applied revisions count as applied with the files that there are now."""
        current = self.tools.database.revisions(address) or ()
        known = {**self.tools.fingerprints.read(address), **self._copies_of(revisions)}
        self.tools.fingerprints.write(address, holding(self.history, current, known), current)

    def _copies_of(self, revisions: Iterable[str]) -> Mapping[str, str]:
        """Return the SHA-256 of each file, with a copy of it kept; that no copy can be is no reason not to migrate."""
        paths = {key: Path(self.history.revisions[key].path) for key in revisions}
        try:
            return {key: self.tools.keep(path) for key, path in paths.items()}
        except OSError as error:
            self.report.warn(f"no copies of revision files are kept: {error}")
            return {}
