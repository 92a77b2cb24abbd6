"""One pure function a verb: `(Config, Facts, Options) -> Plan`. The order of events lives here and nowhere else."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import cast

from nox_alembic.core.config import Config
from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Plan
from nox_alembic.core.verbs.options import Options
from nox_alembic.core.verbs.undoable import undoable

Recipe = Callable[[Config, Facts, Options], Plan]
# By verb, the module here and its function.
_PLACES = {
    "dev": "lifecycle.dev",
    "down": "lifecycle.down",
    "reset": "reset.reset",
    "undo": "undo.undo",
    "test": "lifecycle.test",
    "migrate": "migrate.migrate",
    "downgrade": "migrate.downgrade",
    "reapply": "migrate.reapply",
    "revision": "migrate.revision",
    "merge": "rebase.merge",
    "rebase": "rebase.rebase",
    "snapshot save": "snapshots.save",
    "snapshot restore": "snapshots.restore",
    "snapshot delete": "snapshots.delete",
    "snapshot prune": "snapshots.prune",
    "check": "check.check",
    "repair": "repair.repair",
    "spare": "spares.spare",
}
# What these do to the database, and to files, `undo` takes back.
_UNDOABLE = {"dev", "migrate", "downgrade", "reapply", "merge", "rebase"}


class _Recipes(Mapping[str, Recipe]):
    """The recipes by verb; one verb needs one of them, and only its module is imported."""

    def __getitem__(self, verb: str) -> Recipe:
        module, _, function = _PLACES[verb].partition(".")
        recipe = cast("Recipe", getattr(import_module(f"{__name__}.{module}"), function))
        return partial(_undoable, verb, recipe) if verb in _UNDOABLE else recipe

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def _undoable(verb: str, recipe: Recipe, config: Config, facts: Facts, options: Options) -> Plan:
    return undoable(config, facts, verb, recipe(config, facts, options))


RECIPES = _Recipes()

__all__ = ["RECIPES", "Options", "Recipe"]
