"""The steps of plans: frozen values with a title, in families with an act each."""

from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.checks import CheckStep
from nox_alembic.core.steps.lifecycle import LifecycleStep
from nox_alembic.core.steps.migration import MigrationStep, RehearsalStep
from nox_alembic.core.steps.revisions import RevisionStep
from nox_alembic.core.steps.snapshots import SnapshotStep
from nox_alembic.core.steps.spare_databases import SpareDatabaseStep
from nox_alembic.core.steps.spares import SpareStep
from nox_alembic.core.steps.throwaway import OnThrowaway
from nox_alembic.core.steps.undo import Sweep, UndoDatabaseStep, UndoDataStep

# These steps are waited for. A sweep alone runs beside the steps that follow it.
Foreground = (
    LifecycleStep | MigrationStep | RehearsalStep | RevisionStep | CheckStep | UndoDataStep | UndoDatabaseStep
    | SnapshotStep | SpareStep | SpareDatabaseStep | OnThrowaway
)  # fmt: skip
Step = Foreground | Sweep


@frozen
class Plan:
    """What a verb will do, in order.

    Without steps there is nothing to do, and `notes` say why. `destroys` says what is
    lost; a plan that has it needs consent. `lastly` runs in any case. `again`: these
    steps only show what there is to do; afterwards the verb looks and plans once more.
    """

    steps: tuple[Step, ...] = ()
    destroys: str = ""
    lastly: tuple[Foreground, ...] = ()
    notes: tuple[str, ...] = ()
    again: bool = False
