"""Saves and restores snapshots.

It joins the files on disk, the databases in the server, and the programs.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from nox_alembic.core.copies.siblings import unfinished
from nox_alembic.core.copies.snapshots import Shelf, Snapshot, refuse_missing_roles, refuse_uncomputable
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress, Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.sizes import shown_size
from nox_alembic.core.steps.snapshots import (
    CheckSnapshot,
    ClearLeftovers,
    DeleteSnapshots,
    LoadSnapshot,
    SaveSnapshot,
    SnapshotStep,
)
from nox_alembic.edges import git
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.home import snapshots
from nox_alembic.edges.system import clock
from nox_alembic.report import Reporter
from nox_alembic.run.acts.siblings import new_mark
from nox_alembic.run.ports import DONE, Dropping, Restoring, Server, Siblings

# pg_dump does not compress: zstd is several times quicker, and packs better. A
# subscription holds a password.
_DUMP = ("--format=custom", "--compress=0", "--no-subscriptions", "--lock-wait-timeout=30s")
# The swap is a commit like any other, and makes all commits before it safe.
_QUICK = "-c synchronous_commit=off"
# See benchmarks/snapshots.py: below this many bytes one process is as quick as several.
PARALLEL_SIZE = 64_000_000
PARALLEL_JOBS = 8


@frozen(kw_only=True)
class Snapshots:
    """The act of snapshots, which lie in `folder`.

    `timeout` in seconds is how long it waits for a migration.
    """

    engine: Engine
    server: Server
    siblings: Siblings
    dropping: Dropping
    restoring: Restoring
    folder: Path
    root: Path
    environment: str
    timeout: float
    report: Reporter

    def do(self, step: SnapshotStep) -> str:
        """Do the step and return how it went."""
        match step:
            case SaveSnapshot(name):
                self._save(name)
            case CheckSnapshot(snapshot):
                self._check(snapshot)
            case LoadSnapshot(snapshot):
                self._load(snapshot)
            case DeleteSnapshots(names):
                for name in names:
                    snapshots.delete(self.folder, name)
            case ClearLeftovers():
                self._clear()
            case _:
                assert_never(step)
        return DONE

    @property
    def shelf(self) -> Shelf:
        """The snapshots in the folder."""
        return snapshots.read_shelf(self.folder, self.environment)

    def probe(self, facts: Facts) -> Facts:
        """Return the facts with those of snapshots added."""
        address = facts.engine.address
        if address is None or facts.current is None:
            return replace(facts, shelf=self.shelf)
        left = unfinished(self.dropping.marked(address))
        return replace(facts, shelf=self.shelf, left=left, server_version=self.server.version(address))

    def _save(self, name: str) -> None:
        """Dump the database into a new snapshot, while no migration runs.

        It first checks that the dump could be restored.
        """
        address = self.engine.address()
        refuse_uncomputable(self.restoring.uncomputable(address))
        with self.server.migration_lock(address, self.timeout, self.report.note), self.report.flow(None) as on_bytes:
            dump = self.engine.client("pg_dump").adding(*_DUMP)
            saved = snapshots.save(self.folder, self._draft(name, address), dump, on_bytes)
        self.report.fields["snapshot"] = saved.as_json()
        self.report.note(f"{shown_size(saved.dump_size)} as {shown_size(saved.size)} in {self.folder / name}")

    def _check(self, snapshot: Snapshot) -> None:
        """Check the room for the snapshot and what it names; read the whole file."""
        address = self.engine.address()
        if snapshot.user == address.user:
            refuse_missing_roles(snapshot, self.restoring.roles(address))
        if self.engine.location.kind == "folder":
            snapshots.require_room(snapshot, Path(self.engine.location.path))
        with self.report.flow(snapshot.dump_size) as on_bytes:
            snapshots.check(self.folder, snapshot, on_bytes)

    def _load(self, snapshot: Snapshot) -> None:
        """Restore the snapshot into a new database; a failure leaves nothing of it."""
        address = self.engine.address()
        new = self.siblings.create(address, new_mark(address, "new", self.environment, "snapshot restore"))
        with self.dropping.or_dropped(address, new.name):
            self._fill(new, snapshot, own=snapshot.user == address.user)

    def _clear(self) -> None:
        """Remove what killed runs have left, on disk and in a server that answers."""
        snapshots.clear(self.folder)
        if self.engine.is_alive("database"):
            address = self.engine.address()
            self.dropping.drop(address, unfinished(self.dropping.marked(address)))

    def _jobs(self, snapshot: Snapshot) -> int:
        """Return how many processes restore the snapshot.

        Several need a file that they can see, and take longer to start.
        """
        small = snapshot.dump_size < PARALLEL_SIZE
        if small or self.engine.name != "embedded" or not snapshots.has_room(self.folder, snapshot.dump_size):
            return 1
        return min(os.cpu_count() or 1, PARALLEL_JOBS)

    def _draft(self, name: str, address: DatabaseAddress) -> Snapshot:
        commit = git.line(self.root, "rev-parse", "--verify", "--quiet", "HEAD")
        return Snapshot(
            name=name, at=clock.now_exactly(), environment=self.environment, engine=self.engine.name,
            database=address.name, user=address.user, server_version=self.server.version(address),
            revisions=self.server.revisions(address) or (), seed=self.server.read_note(address, "seed"),
            commit=commit, branch=git.line(self.root, "branch", "--show-current"), size=0, dump_size=0, sha256="",
            roles=self.restoring.roles_needed(address),
        )  # fmt: skip

    def _fill(self, new: DatabaseAddress, snapshot: Snapshot, *, own: bool) -> None:
        """Run pg_restore and check the result.

        Another engine's superuser has another name, and its server has no other roles.
        """
        strange = () if own else ("--no-owner", "--no-privileges")
        if strange:
            self.report.note(f'it was saved by the user "{snapshot.user}": owners and grants are left out')
        options = ("--exit-on-error", *strange, f"--dbname={_connection(new.name)}")
        restore = self.engine.client("pg_restore").adding(*options)
        with self.report.flow(snapshot.dump_size) as on_bytes:
            snapshots.load(self.folder, snapshot, restore, on_bytes, self._jobs(snapshot))
        restored = self.server.revisions(new)
        if restored != snapshot.revisions:
            message = f"pg_restore ended without an error, and yet the new database is at {_shown(restored)}, not at"
            hint = "nothing was changed; `nox -s snapshot -- list` shows the others"
            raise FailedError("NA614", f"{message} {_shown(snapshot.revisions)}", hint=hint)
        if snapshot.seed:
            self.server.write_note(new, "seed", snapshot.seed)


def _connection(name: str) -> str:
    """Return the database's name as libpq takes it, with settings of the session."""
    quoted = name.replace("\\", r"\\").replace("'", r"\'")
    return f"dbname='{quoted}' options='{_QUICK}'"


def _shown(revisions: Sequence[str] | None) -> str:
    return "an unknown revision" if revisions is None else ", ".join(revisions) or "no revision"
