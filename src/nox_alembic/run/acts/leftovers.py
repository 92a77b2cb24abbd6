"""Looks for what killed verbs have left, and removes it."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from nox_alembic.core.copies import leftovers
from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges import wiper
from nox_alembic.edges.engines import Engine
from nox_alembic.run.acts.undo.log import LiveUndoLog


@frozen(kw_only=True)
class Leftovers:
    """Those of one environment, while no verb is at work on it but this one.

    `spares_are_made` says whether a process in the background needs what it has begun.
    """

    engine: Engine
    log: LiveUndoLog
    spares_are_made: Callable[[], bool]

    def probe(self) -> tuple[Leftover, ...]:
        """Return them; changes nothing, and asks no server that does not run."""
        address = self.log.address()
        kept = self.log.kept(address)
        names = {one.kept for one in kept.entries}
        found = self.log.dropping.marked(address) if address else ()
        in_server = leftovers.databases(found, self.log.environment, names, spares_are_made=self.spares_are_made())
        return (*in_server, *leftovers.set_aside(self.log.there(), kept), *self.engine.leftovers())

    def sweep(self) -> tuple[Leftover, ...]:
        """Remove what killed verbs have left, and return what is gone.

        The next verb tries the others again.
        """
        found = self.probe()
        for one in found:
            with contextlib.suppress(NoxAlembicError, OSError):
                self._remove(one)
        left = set(self.probe()) if found else set()
        return tuple(one for one in found if one not in left)

    def _remove(self, one: Leftover) -> None:
        if one.kind == "database":
            if address := self.log.address():
                self.log.dropping.drop_soon(address, [one.name])
        elif one.kind == "data" and self.engine.volumes:
            self.engine.volumes.remove(one.name)
        elif one.kind == "data":
            path = Path(self.engine.location.path)
            others = [name for name in self.log.there() if name != one.name]
            wiper.sweep(path.parent, path.name, keep_names=others, remover=self.engine.remover())
        else:
            self.engine.remove_leftover(one)
