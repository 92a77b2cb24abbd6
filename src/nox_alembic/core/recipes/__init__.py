"""One pure function a verb: `(Config, Facts, Options) -> Plan`. The order of events lives here and nowhere else."""

from collections.abc import Callable

from nox_alembic.core.config import Config
from nox_alembic.core.facts import Facts
from nox_alembic.core.recipes import checking, joining, lifecycle, migrating, reapplying, repairing, snapshots, undo
from nox_alembic.core.recipes.options import Options
from nox_alembic.core.steps import Plan

Recipe = Callable[[Config, Facts, Options], Plan]
RECIPES: dict[str, Recipe] = {
    "dev": lifecycle.dev,
    "down": lifecycle.down,
    "reset": lifecycle.reset,
    "undo": undo.undo,
    "test": lifecycle.test,
    "migrate": migrating.migrate,
    "downgrade": migrating.downgrade,
    "reapply": reapplying.reapply,
    "revision": migrating.revision,
    "merge": joining.merge,
    "rebase": joining.rebase,
    "snapshot save": snapshots.save,
    "snapshot restore": snapshots.restore,
    "snapshot delete": snapshots.delete,
    "snapshot prune": snapshots.prune,
    "check": checking.check,
    "repair": repairing.repair,
}

__all__ = ["RECIPES", "Options", "Recipe"]
