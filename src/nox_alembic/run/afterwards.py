"""What follows a verb that has ended well: a sweep, and a spare for the next reset."""

import contextlib

from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.revisions.graph import History
from nox_alembic.run.environment import Environment
from nox_alembic.run.wiring import WiredActs


def sweep_leftovers(at: Environment) -> None:
    """Remove what killed verbs have left, and say so.

    The verb before it has ended well, so an error here is no failure.
    """
    with contextlib.suppress(NoxAlembicError):
        for one in WiredActs(at, History()).leftovers.sweep():
            at.report.note(f"removed what a run that did not end has left: {one.shown}")


def prepare_spare(at: Environment, *, wait: bool) -> None:
    """Make, in a process of its own, what the next reset can use.

    With `wait`, return when that has ended. The verb before it has ended well, so an
    error here is a warning and no failure.
    """
    spares = WiredActs(at, History()).spares
    if spares.refusal:
        return
    log = at.folders.log / at.config.environment / "spare.log"
    which = ("--project", str(at.root), "--env", at.config.environment, "--engine", at.engine.name)
    options = (*which, "--background")
    try:
        failure = spares.prepare(options, log, cwd=at.root, wait=wait)
    except (OSError, NoxAlembicError) as error:
        failure = str(error)
    if failure:
        at.report.warn(f"no spare was made for the next reset: {failure}; see {log}")
