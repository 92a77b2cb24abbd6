"""The vocabulary of plans: each step is a frozen value with a title; what it does lives in `runner.py`."""

from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.checks import AcceptFiles, CompareModels, DropIndex, LintSql, Stamp
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    AwaitReconnect,
    Discard,
    Down,
    Kill,
    KillServices,
    MakeFolder,
    ProveOwnership,
    ProvideImages,
    RunTests,
    Seed,
    StartDatabase,
    StartServices,
    StopBackend,
)
from nox_alembic.core.steps.migration import (
    AwaitEdit,
    CopyRevisionFiles,
    Downgrade,
    DowngradeOrphans,
    Migrate,
    PrintUpgradeSql,
    Rehearse,
)
from nox_alembic.core.steps.revisions import (
    ApplyRevision,
    DropShadow,
    MakeShadow,
    NoteRebase,
    ReplaceFile,
    WriteMerge,
    WriteRevision,
)
from nox_alembic.core.steps.snapshots import (
    CheckSnapshot,
    ClearLeftovers,
    DeleteSnapshots,
    LoadSnapshot,
    SaveSnapshot,
    SnapshotStep,
)
from nox_alembic.core.steps.spare_databases import (
    DropSpares,
    KeepSpare,
    MakeNew,
    MigrateNew,
    SeedNew,
    SpareDatabaseStep,
)
from nox_alembic.core.steps.spares import (
    ClearSpares,
    ConfirmSpare,
    MakeSpare,
    MarkDatabase,
    SpareStep,
    UseSpare,
)
from nox_alembic.core.steps.undo import (
    CloseUndo,
    DiscardData,
    KeepDatabase,
    NoteUndone,
    OpenUndo,
    PutBack,
    SetDataAside,
    Settle,
    SwapBack,
    SwapDatabases,
    Sweep,
)

__all__ = [
    "AcceptFiles",
    "ApplyRevision",
    "AwaitBackend",
    "AwaitDatabase",
    "AwaitEdit",
    "AwaitReconnect",
    "CheckSnapshot",
    "ClearLeftovers",
    "ClearSpares",
    "CloseUndo",
    "CompareModels",
    "ConfirmSpare",
    "CopyRevisionFiles",
    "DeleteSnapshots",
    "Discard",
    "DiscardData",
    "Down",
    "Downgrade",
    "DowngradeOrphans",
    "DropIndex",
    "DropShadow",
    "DropSpares",
    "Foreground",
    "KeepDatabase",
    "KeepSpare",
    "Kill",
    "KillServices",
    "LintSql",
    "LoadSnapshot",
    "MakeFolder",
    "MakeNew",
    "MakeShadow",
    "MakeSpare",
    "MarkDatabase",
    "Migrate",
    "MigrateNew",
    "NoteRebase",
    "NoteUndone",
    "OpenUndo",
    "Plan",
    "PrintUpgradeSql",
    "ProveOwnership",
    "ProvideImages",
    "PutBack",
    "Rehearse",
    "ReplaceFile",
    "RunTests",
    "SaveSnapshot",
    "Seed",
    "SeedNew",
    "SetDataAside",
    "Settle",
    "SnapshotStep",
    "SpareDatabaseStep",
    "SpareStep",
    "Stamp",
    "StartDatabase",
    "StartServices",
    "Step",
    "StopBackend",
    "SwapBack",
    "SwapDatabases",
    "Sweep",
    "UseSpare",
    "WriteMerge",
    "WriteRevision",
]

# What is waited for; a sweep alone goes on beside the steps that follow it.
Foreground = (
    ProvideImages | ProveOwnership | Kill | Down | SetDataAside | PutBack | CloseUndo | DiscardData | MakeFolder
    | KeepDatabase | OpenUndo | SwapDatabases | SwapBack | NoteUndone
    | StartDatabase | AwaitDatabase | Migrate | PrintUpgradeSql | Downgrade | DowngradeOrphans | CopyRevisionFiles
    | MakeShadow | DropShadow | WriteRevision | ApplyRevision | NoteRebase | ReplaceFile | WriteMerge
    | Rehearse | AwaitEdit
    | CompareModels | LintSql | Stamp | AcceptFiles | DropIndex
    | SnapshotStep | SpareDatabaseStep | StopBackend | KillServices | SpareStep | Settle
    | Seed | StartServices | AwaitBackend | AwaitReconnect | RunTests | Discard
)  # fmt: skip
Step = Foreground | Sweep


@frozen
class Plan:
    """What a verb will do, in order. Without steps there is nothing to do, and `notes` say why.

    `destroys` says what is lost; a plan that has it needs consent. `lastly` runs whatever happened before. `again`:
    these steps only show what there is to do; afterwards the verb looks and plans once more.
    """

    steps: tuple[Step, ...] = ()
    destroys: str = ""
    lastly: tuple[Foreground, ...] = ()
    notes: tuple[str, ...] = ()
    again: bool = False
