"""What several verbs refuse, each with its whole message."""

from dataclasses import replace

import pytest

from nox_alembic.core.errors import FindingError, PreconditionError, RefusedError
from nox_alembic.core.facts import TakenPort
from nox_alembic.core.verbs import Options, lifecycle, migrate, reset
from nox_alembic.core.verbs.guards import refuse_foreign_clone
from nox_alembic.core.verbs.planning import PlanFunction
from tests.unit.core.make import ELSEWHERE, TWO_HEADS, config, engine, facts, told, up


@pytest.mark.parametrize("verb", [reset.reset, migrate.downgrade, migrate.reapply])
def test_a_protected_environment_refuses_what_destroys(verb: PlanFunction) -> None:
    with pytest.raises(RefusedError) as error:
        verb(config(protected=True), up(), Options())
    assert told(error) == (
        "NA013",
        'the environment "dev" is protected: nothing may be taken away from it',
        'name another one with `--env`, or remove "protected"',
    )


def test_another_clone_under_the_same_project_name_is_left_alone() -> None:
    with pytest.raises(RefusedError) as error:
        refuse_foreign_clone(up(engine=replace(up().engine, foreign=ELSEWHERE)))
    assert told(error) == (
        "NA112",
        "the Compose project is in use by another clone, in /elsewhere",
        'run `nox -s down` there, or set "compose-project" here',
    )


def test_what_is_left_of_a_clone_that_is_gone_can_be_removed_from_here() -> None:
    with pytest.raises(RefusedError) as error:
        refuse_foreign_clone(up(engine=replace(up().engine, foreign=replace(ELSEWHERE, gone=True))))
    assert told(error) == (
        "NA112",
        "the Compose project is in use by another clone, in /elsewhere, which is gone",
        '`docker compose -p dds-dev down` removes what is left of it, or set "compose-project" here',
    )


@pytest.mark.parametrize("verb", [reset.reset, lifecycle.dev])
def test_a_taken_port_names_the_variable_before_anything_is_touched(verb: PlanFunction) -> None:
    taken = TakenPort(port=5432, service="db", variable="DDS_DB_PORT")
    with pytest.raises(PreconditionError) as error:
        verb(config(), facts(engine=engine(taken_ports=(taken,))), Options())
    assert told(error) == (
        "NA111",
        "the port 5432 that db wants is taken by another program",
        "choose another one with DDS_DB_PORT",
    )


@pytest.mark.parametrize("verb", [reset.reset, lifecycle.dev, migrate.migrate, lifecycle.test])
def test_two_heads_are_for_people_to_decide(verb: PlanFunction) -> None:
    with pytest.raises(FindingError) as error:
        verb(config(), up(history=TWO_HEADS, current=("a1",)), Options())
    assert told(error) == (
        "NA403",
        "the history has 2 heads: b2 (mine) and b9",
        "`nox -s rebase` puts your unpublished revisions on top of the others', `nox -s merge` joins the heads",
    )


@pytest.mark.parametrize("verb", [lifecycle.dev, migrate.migrate, migrate.downgrade, migrate.reapply])
def test_a_revision_that_is_not_on_this_branch_stops_what_would_build_on_it(verb: PlanFunction) -> None:
    with pytest.raises(FindingError) as error:
        verb(config(), up(current=("ffff",)), Options())
    assert told(error) == (
        "NA404",
        "the database is at ffff, and this branch has no such revision",
        "`nox -s migrate` looks for it on other branches, `nox -s reset` makes a fresh database",
    )
