"""The step that runs other steps on a server of its own."""

from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.checks import CompareModels
from nox_alembic.core.steps.migration import Rehearse
from nox_alembic.core.steps.revisions import MakeShadow, WriteRevision


@frozen
class OnThrowaway:
    """Do steps on a server that is started empty for them and thrown away.

    Elsewhere they would reach beyond their database: the revisions that they run change
    what all databases of a server share.
    """

    steps: tuple[MakeShadow | CompareModels | WriteRevision | Rehearse, ...]

    @property
    def title(self) -> str:
        """The title in the plan."""
        return f"on a throw-away server: {', '.join(step.title for step in self.steps)}"
