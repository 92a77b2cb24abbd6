"""The gate: every verb that writes is behind it, whatever its recipe says."""

import contextlib
import typing
from dataclasses import replace

import pytest

from nox_alembic.core.errors import NoxAlembicError, RefusedError
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import AwaitDatabase, Kill, ProveOwnership, ProvideImages, StartDatabase
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.revisions import DropShadow, MakeShadow
from nox_alembic.core.verbs import VERBS, Options, Verb
from nox_alembic.core.verbs.gate import _HARMLESS, guarded
from nox_alembic.core.verbs.planning import draft, plan_of
from tests.unit.core.make import ELSEWHERE, config, engine, facts, told, up

PLANNED = [verb for verb in VERBS.values() if verb.plan]
UP = (StartDatabase(), AwaitDatabase(60))


def names(verb: Verb) -> str:
    return verb.name


def test_a_server_that_answers_has_to_be_proved_ours_before_the_first_act() -> None:
    steps = (ProvideImages(("postgres:17",)), Kill(), Migrate("heads"))
    assert guarded(up(), Plan(steps)).steps == (steps[0], ProveOwnership(), *steps[1:])


def test_a_server_that_was_started_has_to_be_proved_ours_again() -> None:
    """Its port may be another one's now, and what is written over it would go there."""
    steps = (Kill(), *UP, Migrate("heads"))
    assert guarded(up(), Plan(steps)).steps == (ProveOwnership(), Kill(), *UP, ProveOwnership(), Migrate("heads"))
    assert guarded(facts(), Plan((*UP, Migrate("heads")))).steps == (*UP, ProveOwnership(), Migrate("heads"))


def test_where_nothing_answers_nothing_is_proved_before_the_wipe() -> None:
    """A stopped server, and one that refuses its logins: `reset` is the cure for both."""
    deaf = facts(engine=engine(database_running=True, anything_running=True))
    for seen in (facts(), deaf):
        assert guarded(seen, Plan((Kill(), *UP))).steps == (Kill(), *UP)


def test_a_plan_that_acts_on_nothing_is_not_slowed_down() -> None:
    nothing = Plan((), notes=("nothing to do",))
    assert guarded(up(), nothing) is nothing
    assert guarded(up(), Plan(UP)).steps == UP


def test_what_comes_lastly_is_not_proved_by_itself() -> None:
    plan = guarded(up(), Plan((MakeShadow(),), lastly=(DropShadow(),)))
    assert plan == Plan((ProveOwnership(), MakeShadow()), lastly=(DropShadow(),))


@pytest.mark.parametrize("verb", PLANNED, ids=names)
def test_every_plan_proves_before_it_acts(verb: Verb) -> None:
    with contextlib.suppress(NoxAlembicError):  # a verb that wants more than a running database has its own tests
        plan = plan_of(verb, config(), up(current=("b2",)), Options(message="m", revision="a1"))
        acts = [step for step in plan.steps if not isinstance(step, _HARMLESS) or isinstance(step, ProveOwnership)]
        assert not acts or acts[0] == ProveOwnership()


@pytest.mark.parametrize("verb", [verb for verb in PLANNED if verb.writes], ids=names)
def test_what_another_clone_has_started_is_not_acted_on(verb: Verb) -> None:
    theirs = up(current=("b2",), engine=replace(up().engine, foreign=ELSEWHERE))
    with pytest.raises(RefusedError) as error:
        draft(verb, config(), theirs, Options(message="m"))
    message = "the Compose project is in use by another clone, in /elsewhere"
    assert told(error) == ("NA112", message, 'run `nox -s down` there, or set "compose-project" here')


def test_verbs_whose_record_says_that_they_write_nothing_are_behind_the_gate_all_the_same() -> None:
    theirs = up(engine=replace(up().engine, foreign=ELSEWHERE))
    with pytest.raises(RefusedError):
        guarded(theirs, Plan((Migrate("heads"),)))


def test_a_step_is_harmless_only_where_it_is_listed() -> None:
    """Whoever adds one to this list says why it can hurt nobody's database."""
    acting = {kind.__name__ for kind in typing.get_args(Step) if kind not in _HARMLESS}
    assert acting == {
        "Kill", "DiscardData", "Seed", "AwaitReconnect", "StopBackend", "KillServices",
        "Migrate", "Downgrade", "DowngradeOrphans", "CopyRevisionFiles", "ApplyRevision", "Rehearse",
        "MakeShadow", "NoteRebase", "CompareModels", "Stamp", "AcceptFiles", "DropIndex",
        "SetDataAside", "UseSpare", "PutBack", "KeepDatabase", "KeepServer", "SwapDatabases", "SwapBack",
        "SaveSnapshot", "LoadSnapshot", "ClearLeftovers", "ConfirmSpare",
        "MakeNew", "MigrateNew", "SeedNew", "KeepSpare", "DropSpares",
    }  # fmt: skip
