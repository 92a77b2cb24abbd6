"""A new database beside the real one in the running server: made, migrated, seeded, and kept as a spare one."""

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal, assert_never

from nox_alembic.core.copies.siblings import Mark, new_name
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import DropSpares, KeepSpare, MakeNew, Migrate, MigrateNew, SeedNew, SpareDatabaseStep
from nox_alembic.edges.system import clock
from nox_alembic.report import Reporter
from nox_alembic.run.acts.migration import DONE, Movement
from nox_alembic.run.ports import Tools

_INSTEAD = "correct it and repeat, or `nox -s reset` without `--fast` wipes the data instead"


@frozen
class SpareDatabases:
    """What is done before the real database is touched: whatever fails here has changed nothing of it."""

    tools: Tools
    report: Reporter
    configuration: Path

    def do(self, step: SpareDatabaseStep) -> str:
        """Do the step and return how it went."""
        match step:
            case MakeNew(source, kills, apart):
                with self._ending() if kills else contextlib.nullcontext():
                    self.tools.aside.create(self._real, self._mark("making" if apart else "new"), source=source)
            case MigrateNew(target, _, apart):
                return self._migrate(target, self._new(apart=apart))
            case SeedNew(command, apart):
                self._seed(command, self._new(apart=apart))
            case KeepSpare():
                spare = self._mark("spare")
                marked = replace(spare, revisions=step.revisions, digest=step.digest, seeded=step.seeded)
                self.tools.aside.keep_spare(self._real, marked, apart=step.apart)
            case DropSpares(names):
                self.tools.aside.drop(self._real, names)
            case _:
                assert_never(step)
        return DONE

    @property
    def _real(self) -> DatabaseAddress:
        return self.tools.engine.address()

    def _new(self, *, apart: bool) -> DatabaseAddress:
        return replace(self._real, name=new_name(self._real.name, apart=apart))

    def _mark(self, role: Literal["new", "making", "spare"]) -> Mark:
        environment, at = self.tools.config.environment, clock.now_exactly()
        return Mark(role=role, of=self._real.name, environment=environment, verb=self.report.verb, at=at)

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """End the backend beside the block: neither needs the other."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            ended = beside.submit(self.tools.engine.kill_services)
            yield
            ended.result()

    def _migrate(self, target: str, new: DatabaseAddress) -> str:
        """Upgrade it by an Alembic that cannot reach the real one."""
        try:
            with self.tools.rehearsing() as alembic:
                tools = replace(self.tools, migrations=lambda: alembic)
                movement = Movement(tools, self.report, self.configuration, beside=new)
                return movement.upgrade(Migrate(target), self.tools.history)
        except FailedError as error:
            message = (
                f"the history does not replay in a new database, and the real one was not touched: {error.message}"
            )
            raise FailedError("NA661", message, hint=_INSTEAD, detail=error.detail) from error

    def _seed(self, command: Sequence[str], new: DatabaseAddress) -> None:
        if code := seed(self.tools, command, new):
            message = f"the seed command `{' '.join(command)}` ended with {code} in a new database beside the real one"
            raise FailedError("NA662", message, hint=_INSTEAD)


def seed(tools: Tools, command: Sequence[str], address: DatabaseAddress) -> int:
    """Run the project's seed command on a database, note there that it was done, and return its exit code."""
    code = tools.command(command, address, True)
    if code == 0:
        tools.database.write_note(address, "seed", "done")
    return code
