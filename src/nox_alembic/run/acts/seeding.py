"""Runs the seed command, and looks whether it has reached the database."""

from collections.abc import Callable, Sequence

from nox_alembic.core.config import Config
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.placeholders import filled, leading
from nox_alembic.core.traces import Counters, has_trace, without_trace
from nox_alembic.edges.postgres.connection import libpq_variables
from nox_alembic.edges.system.waiting import wait_until
from nox_alembic.report import Reporter
from nox_alembic.run.ports import Command, CountersOf, Server

# In seconds, for a seed without a trace alone. A server counts what a session did when
# that ends, before PostgreSQL 15 up to half a second later.
PATIENCE = 1.5


@frozen(kw_only=True)
class Seeding:
    """Seeds a database; `lost` is called when the seed left no trace there."""

    command: Command
    server: Server
    counters: CountersOf
    config: Config
    lost: Callable[[], None]
    report: Reporter

    def run(self, words: Sequence[str], address: DatabaseAddress) -> int:
        """Run the command on a database, and return its exit code.

        The database keeps a note that it was done.
        """
        before = self.counters.read_settled(address)
        if code := self.command(words, address, True):
            return code
        reached = before is None or self._is_reached(address, before)
        self.server.write_note(address, "seed", "done")
        self._tell(words, address, reached=reached)
        return 0

    def _is_reached(self, address: DatabaseAddress, before: Counters) -> bool:
        def ask() -> bool | None:
            after = self.counters.read(address)
            return True if after is None or has_trace(before, after) else None

        return wait_until(ask, PATIENCE) is not None

    def _tell(self, words: Sequence[str], address: DatabaseAddress, *, reached: bool) -> None:
        variables = self._variables(address)
        self.report.fields["seed"] = {"database": address.shown, "reached": reached, "variables": variables}
        if not reached:
            self.report.warn(without_trace(words, address.shown, variables))
            self.lost()

    def _variables(self, address: DatabaseAddress) -> dict[str, str]:
        """Return what could lead the command to the database, without the password.

        Other variables of the project may be secrets.
        """
        config = self.config
        own = filled({"DATABASE_URL": "{url}", **leading(config.alembic_variables)}, address.shown_parts)
        libpq = {name: config.variables.get(name, value) for name, value in libpq_variables(address).items()}
        del libpq["PGPASSWORD"]
        return {"DATABASE_URL": own["DATABASE_URL"], **libpq, **own}
