"""Makes a new database beside the real one in the running server.

It is migrated, seeded, and kept as a spare.
"""

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import assert_never

from nox_alembic.core.copies.siblings import Mark, Role, name_of
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.spare_databases import (
    DropSpares,
    KeepSpare,
    MakeNew,
    MigrateNew,
    SeedNew,
    SpareDatabaseStep,
)
from nox_alembic.edges.engines import Engine
from nox_alembic.report import Reporter
from nox_alembic.run.acts.migration import Migration
from nox_alembic.run.acts.seeding import Seeding
from nox_alembic.run.acts.siblings import new_mark
from nox_alembic.run.ports import DONE, Dropping, Server, Siblings

_INSTEAD = "correct it and repeat, or `nox -s reset` without `--fast` wipes the data instead"


@frozen(kw_only=True)
class SpareDatabases:
    """The act of a new database; a failure here leaves the real one unchanged.

    `migration` is the act that migrates the real database; its parts serve here, too.
    """

    engine: Engine
    server: Server
    siblings: Siblings
    dropping: Dropping
    seeding: Seeding
    migration: Migration
    environment: str
    report: Reporter

    def do(self, step: SpareDatabaseStep) -> str:
        """Do the step and return how it went."""
        match step:
            case MakeNew(source, kills, apart):
                with self._ending() if kills else contextlib.nullcontext():
                    self.siblings.create(self._real, self._mark("making" if apart else "new"), source=source)
            case MigrateNew(target, _, apart):
                return self._migrate(target, self._new(apart=apart))
            case SeedNew(command, apart):
                self._seed(command, self._new(apart=apart))
            case KeepSpare():
                spare = self._mark("spare")
                marked = replace(spare, revisions=step.revisions, digest=step.digest, seeded=step.seeded)
                self.siblings.keep_spare(self._real, marked, apart=step.apart)
            case DropSpares(names):
                self.dropping.drop(self._real, names)
            case _:
                assert_never(step)
        return DONE

    @property
    def _real(self) -> DatabaseAddress:
        return self.engine.address()

    def _new(self, *, apart: bool) -> DatabaseAddress:
        return replace(self._real, name=name_of(self._real.name, "making" if apart else "new"))

    def _mark(self, role: Role) -> Mark:
        return new_mark(self._real, role, self.environment, self.report.verb)

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """End the backend while the block runs: neither needs the other."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            ended = beside.submit(self.engine.kill_services)
            yield
            ended.result()

    def _migrate(self, target: str, new: DatabaseAddress) -> str:
        """Upgrade the new database by an Alembic that cannot reach the real one."""
        try:
            with self.migration.apart() as alembic:
                beside = replace(self.migration, address=lambda: new, migrations=lambda: alembic)
                return beside.do(Migrate(target))
        except FailedError as error:
            message = (
                f"the history does not replay in a new database, and the real one was not touched: {error.message}"
            )
            raise FailedError("NA661", message, hint=_INSTEAD, detail=error.detail) from error

    def _seed(self, command: Sequence[str], new: DatabaseAddress) -> None:
        if code := self.seeding.run(command, new):
            message = f"the seed command `{' '.join(command)}` ended with {code} in a new database beside the real one"
            raise FailedError("NA662", message, hint=_INSTEAD)
