"""Gives Alembic, with its failures explained, to the acts that run it."""

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_alembic.core.frozen import frozen
from nox_alembic.core.placeholders import filled
from nox_alembic.core.revisions.graph import History
from nox_alembic.run.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nox_alembic.core.facts import DatabaseAddress
    from nox_alembic.edges.alembic.client import Alembic
    from nox_alembic.run.acts.supervision import Supervised


@frozen
class WiredAlembic:
    """Alembic of an environment; `past` is the history that the plan was made on."""

    at: Environment
    past: History

    def prove(self) -> None:
        """Raise FailedError unless env.py connects to the database that is meant.

        What an earlier verb has proved is not asked again.
        """
        from nox_alembic.run.acts.proof import ConnectionProof  # noqa: PLC0415 - where something is kept

        at = self.at
        ConnectionProof(
            configuration=at.require_configuration(),
            settings=(at.engine.name, at.config.alembic_in, dict(at.config.alembic_variables)),
            address=at.engine.address,
            migrations=self.here,
            state=at.state,
        ).make()

    def here(self) -> "Supervised":
        """Return Alembic where the configuration wants it to run."""
        return self._supervised(self.at.alembic())

    @contextlib.contextmanager
    def apart(self) -> "Iterator[Supervised]":
        """Yield Alembic in a process of its own, for a database beside the real one."""
        from nox_alembic.edges.alembic import workers  # noqa: PLC0415 - where Alembic is needed

        inside = self.at.config.alembic_in == "backend"
        here = contextlib.nullcontext(self.at.alembic()) if inside else workers.in_own_process()
        with here as alembic:
            yield self._supervised(alembic)

    def _is_real(self, address: "DatabaseAddress") -> bool:
        """Return whether the address is that of the environment's own database.

        A database of ours beside it, or in another server, is not.
        """
        own = self.at.engine.address()
        is_own = (address.host, address.port, address.name) == (own.host, own.port, own.name)
        return is_own and not self.at.beside and not self.at.place.throwaway

    def _supervised(self, alembic: "Alembic") -> "Supervised":
        from nox_alembic.edges.postgres import after_failure, blockers, inspection, server, version_table  # noqa: PLC0415 - as above
        from nox_alembic.run.acts.supervision import Supervised  # noqa: PLC0415 - where Alembic is needed

        at = self.at
        return Supervised(
            migrations=replace(
                alembic,
                variables=lambda address: filled(at.config.alembic_variables, address.parts),
                is_real=self._is_real,
                tell=at.report.note_once,
                keep_tables=version_table.keep,
            ),
            revisions=server.revisions,
            blockers=blockers,
            invalid_indexes=inspection.invalid_indexes,
            after_failure=after_failure.probe,
            config=at.config,
            history=self.past,
            report=at.report,
            engine=at.engine.name,
            own=at.engine.address,
            environment=at.typed,
        )
