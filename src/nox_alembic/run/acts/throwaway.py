"""Does steps on a server that is started for them and thrown away."""

from collections.abc import Callable

from nox_alembic.core.config import Config
from nox_alembic.core.facts import Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import Discard
from nox_alembic.core.steps.throwaway import OnThrowaway
from nox_alembic.core.verbs.lifecycle import throwaway_up
from nox_alembic.edges.engines import Engine
from nox_alembic.run.ports import DONE


@frozen(kw_only=True)
class Throwaway:
    """The act of steps on a server that is thrown away.

    `engine` is that of an environment without a past; `run` runs a plan in it.
    """

    config: Config
    engine: Engine
    run: Callable[[Plan], object]

    def do(self, step: OnThrowaway) -> str:
        """Do the steps and return how it went; nothing is left of the server."""
        up = throwaway_up(self.config, Facts(engine=self.engine.probe()))
        self.run(Plan(steps=(*up, *step.steps), lastly=(Discard(),)))
        return DONE
