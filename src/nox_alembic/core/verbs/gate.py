"""The gate that every plan passes: it proves that a plan acts on its own environment.

A recipe cannot forget the gate. A new step is behind it until the list here names it as
harmless.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nox_alembic.core.facts import Facts
from nox_alembic.core.steps import Foreground, Plan, Step
from nox_alembic.core.steps.checks import LintSql
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    Discard,
    Down,
    MakeFolder,
    ProveOwnership,
    ProvideImages,
    RunTests,
    StartDatabase,
    StartServices,
    Stop,
)
from nox_alembic.core.steps.migration import AwaitEdit, PrintUpgradeSql
from nox_alembic.core.steps.revisions import DropShadow, ReplaceFile, WriteMerge, WriteRevision
from nox_alembic.core.steps.snapshots import CheckSnapshot, DeleteSnapshots
from nox_alembic.core.steps.spares import ClearSpares, EndMaking, MakeSpare
from nox_alembic.core.steps.throwaway import OnThrowaway
from nox_alembic.core.steps.undo import (
    BeginUndo,
    CloseUndo,
    ConfirmNew,
    KeepServer,
    LetGo,
    NoteMade,
    NoteUndone,
    OpenUndo,
    Settle,
    Sweep,
)
from nox_alembic.core.verbs import Verb
from nox_alembic.core.verbs.guards import refuse_foreign_clone

# These write files of the project or of ours. Or they ask, and move what the engine
# knows by its own labels.
_HARMLESS = (
    ProvideImages, ProveOwnership, MakeFolder, StartDatabase, AwaitDatabase, StartServices, AwaitBackend, Down, Stop,
    Discard, RunTests, PrintUpgradeSql, AwaitEdit, LintSql, WriteRevision, WriteMerge, ReplaceFile, DropShadow,
    CheckSnapshot, DeleteSnapshots, MakeSpare, ClearSpares, EndMaking, OpenUndo, BeginUndo, NoteUndone, ConfirmNew,
    NoteMade, LetGo, CloseUndo, Settle, Sweep, OnThrowaway,
)  # fmt: skip


def admit(verb: Verb, facts: Facts) -> None:
    """Refuse a verb that writes where the containers are another clone's (NA112)."""
    if verb.writes:
        refuse_foreign_clone(facts)


def guarded(facts: Facts, plan: Plan) -> Plan:
    """Return the plan with the proof before the first step that acts.

    The proof comes again after each start of the server. A server that answers nobody
    is not proved: nothing is destroyed over a connection then. What an engine ends and
    a wipe deletes passes other gates. So `reset` stays the cure for a server that
    refuses its logins.
    """
    if not any(_acts(step) for step in plan.steps):
        return plan
    refuse_foreign_clone(facts)
    answers = facts.engine.database_running and facts.current is not None
    return replace(plan, steps=tuple(_with_proofs(plan.steps, wanted=answers)))


def _with_proofs(steps: Iterable[Step], *, wanted: bool) -> Iterator[Step]:
    for step in steps:
        if wanted and _acts(step):
            yield ProveOwnership()
            wanted = False
        if isinstance(step, AwaitDatabase | KeepServer):
            wanted = True
        yield step


def _acts(step: Step | Foreground) -> bool:
    return not isinstance(step, _HARMLESS)
