"""The record of each verb: its plan function, its facts, and what surrounds its steps.

It imports next to nothing, since `--help` and completion read it.
"""

from typing import Literal

from nox_alembic.core.frozen import frozen
from nox_alembic.core.verbs.options import Options

__all__ = ["VERBS", "Need", "Options", "Verb", "needs_of"]

# What is looked at before a plan is made, in this order. `run.facts` has a function for
# each.
Need = Literal[
    "engine",
    "files",
    "database",
    "undo log",
    "blank",
    "cluster",
    "wipe",
    "place",
    "data size",
    "room",
    "spares",
    "maker",
    "swap",
    "snapshots",
    "details",
]


@frozen(kw_only=True)
class Verb:
    """What is known of a verb apart from its plan."""

    name: str
    # The plan function, as `module.function` of this package, "" for a verb that only
    # shows.
    plan: str = ""
    # The facts that it decides on, besides what the engine sees.
    needs: tuple[Need, ...] = ()
    # The function that names the files whose content the verb needs, as
    # `module.function`, "" for none.
    reads: str = ""
    # It writes to a database, a volume or a container. It is refused if these belong to
    # another clone.
    writes: bool = True
    # `undo` takes back what it does to the database and to files of the project.
    undoable: bool = False
    # A spare is made for the next reset when it has ended.
    prepares_spare: bool = False
    # It leaves an `undo` that was killed half way to the next verb. Each other verb
    # that changes something finishes it first.
    leaves_undo: bool = False
    # While another verb works on the environment, it refuses or waits. `test` and verbs
    # that only show share nothing.
    lock: Literal["refuses", "waits", ""] = "refuses"
    # It needs a running database, or starts one itself.
    database: Literal["runs", "starts", ""] = ""
    # The verb to type when a migration of this one has failed, "" for itself.
    resumed_by: str = "migrate"
    aliases: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it changes a database, a container, or files of the project."""
        return self.writes or self.undoable

    @property
    def finishes_undo(self) -> bool:
        """Whether it finishes an `undo` that was killed before it begins itself."""
        return self.changes and not self.leaves_undo


# In the order in which `--help` lists them.
_RECORDS = (
    Verb(
        name="dev",
        plan="lifecycle.dev",
        needs=("database", "undo log", "blank"),
        undoable=True,
        prepares_spare=True,
        database="starts",
        resumed_by="dev",
        aliases=("up", "start"),
    ),
    Verb(name="down", plan="lifecycle.down", needs=("engine", "maker"), leaves_undo=True, aliases=("stop",)),
    Verb(
        name="reset",
        plan="reset.reset",
        needs=("database", "undo log", "cluster", "wipe", "place", "data size", "spares"),
        prepares_spare=True,
        database="starts",
        # Not itself, which would begin anew.
        resumed_by="dev",
    ),
    Verb(
        name="undo",
        plan="undo.undo",
        needs=("database", "undo log", "wipe", "place"),
        reads="undo.changed_files",
        database="starts",
    ),
    Verb(name="spare", plan="spares.spare", needs=("database", "spares", "swap"), leaves_undo=True),
    Verb(
        name="test",
        writes=False,
        plan="lifecycle.test",
        needs=("database",),
        lock="",
        database="starts",
        resumed_by="test",
    ),
    Verb(
        name="migrate",
        plan="migrate.migrate",
        needs=("database",),
        undoable=True,
        prepares_spare=True,
        lock="waits",
        database="runs",
        aliases=("upgrade",),
    ),
    Verb(
        name="revision",
        plan="migrate.revision",
        needs=("database",),
        undoable=True,  # with --apply
        database="runs",
        resumed_by="revision",
    ),
    Verb(
        name="downgrade",
        plan="migrate.downgrade",
        needs=("database",),
        reads="migrate.files_of_downgrade",
        undoable=True,
        database="runs",
    ),
    Verb(
        name="reapply",
        plan="migrate.reapply",
        needs=("database",),
        reads="migrate.files_of_reapply",
        undoable=True,
        database="runs",
    ),
    Verb(name="merge", writes=False, plan="rebase.merge", needs=("database",), undoable=True),
    Verb(name="rebase", plan="rebase.rebase", needs=("database", "undo log"), undoable=True, database="starts"),
    Verb(name="snapshot", writes=False),
    Verb(name="snapshot save", plan="snapshots.save", needs=("database", "snapshots"), database="runs"),
    Verb(name="snapshot list", writes=False),
    Verb(name="snapshot restore", plan="snapshots.restore", needs=("database", "room", "snapshots"), database="runs"),
    Verb(name="snapshot delete", writes=False, plan="snapshots.delete", needs=("database", "snapshots")),
    Verb(name="snapshot prune", writes=False, plan="snapshots.prune", needs=("database", "snapshots")),
    Verb(name="status", writes=False, needs=("database",), lock="", aliases=("current",)),
    Verb(name="history", writes=False, lock=""),
    Verb(name="check", plan="check.check", needs=("database", "details"), resumed_by="check"),
    Verb(name="repair", plan="repair.repair", needs=("database", "details"), database="runs"),
    Verb(name="logs", writes=False, lock=""),
    Verb(name="env", writes=False, lock=""),
    Verb(name="sql", writes=False, lock="", database="runs"),
    Verb(name="shell", writes=False, lock=""),
)

VERBS = {verb.name: verb for verb in _RECORDS}


def needs_of(verb: Verb, options: Options) -> tuple[Need, ...]:
    """Return what has to be known for a verb that was typed with these options."""
    if options.no_database:
        return tuple("files" if need == "database" else need for need in verb.needs)
    if options.fast:
        return ("database", "swap", "room")
    return tuple(need for need in verb.needs if not (options.cold and need == "spares"))
