"""No recipe destroys anything over a connection before the server is proved to be ours."""

import contextlib

import pytest

from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.steps import ProveOwnership, ProvideImages
from nox_alembic.core.verbs import RECIPES, Options
from nox_alembic.core.verbs.ownership import proof
from tests.unit.core.make import config, engine, facts, up


def test_a_server_that_answers_has_to_be_proved_ours() -> None:
    assert proof(up()) == (ProveOwnership(),)


def test_where_nothing_answers_nothing_is_proved() -> None:
    """A stopped server, and one that refuses its logins: `reset` is the cure for both."""
    assert proof(facts()) == ()
    assert proof(facts(engine=engine(database_running=True, anything_running=True))) == ()


@pytest.mark.parametrize("verb", list(RECIPES))
def test_every_plan_that_destroys_begins_with_the_proof(verb: str) -> None:
    with contextlib.suppress(NoxAlembicError):  # a verb that wants more than a running database has its own tests
        plan = RECIPES[verb](config(), up(), Options())
        acts = [step for step in plan.steps if not isinstance(step, ProvideImages)]
        assert not plan.destroys or acts[0] == ProveOwnership()
