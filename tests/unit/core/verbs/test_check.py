"""Which steps `check` takes on a running database, on a throw-away one, and without any."""

from typing import Any

from nox_alembic.core.details import Details
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.checks import CompareModels, LintSql
from nox_alembic.core.steps.lifecycle import AwaitDatabase, Discard, MakeFolder, StartDatabase
from nox_alembic.core.steps.revisions import DropShadow, MakeShadow
from nox_alembic.core.verbs import Options, check
from tests.unit.core.make import FOLDER, TWO_HEADS, config, facts, up

LINT: dict[str, Any] = {"details": Details(linter=True, shared="origin/main", unpublished=("c3",))}


def test_a_running_server_gives_a_shadow_database() -> None:
    assert check.check(config(), up(**LINT), Options()) == Plan(
        steps=(MakeShadow(), CompareModels(), LintSql(("c3",))), lastly=(DropShadow(),)
    )


def test_a_bare_checkout_gets_a_throw_away_server() -> None:
    assert check.check(config(), facts(**LINT), Options()) == Plan(
        steps=(
            MakeFolder(FOLDER),
            StartDatabase(),
            AwaitDatabase(60),
            MakeShadow(),
            CompareModels(),
            LintSql(("c3",)),
        ),
        lastly=(Discard(),),
    )


def test_two_heads_have_nothing_to_compare_with() -> None:
    assert check.check(config(), up(history=TWO_HEADS, **LINT), Options()) == Plan(steps=(LintSql(("c3",)),))


def test_without_a_database_only_the_sql_is_left() -> None:
    options = Options(no_database=True)
    assert check.check(config(), facts(**LINT), options) == Plan(steps=(LintSql(("c3",), server=False),))
    assert check.check(config(), facts(), options) == Plan()


def test_without_a_linter_or_anything_unpublished_nothing_is_linted() -> None:
    for details in (Details(linter=True), Details(unpublished=("c3",)), None):
        assert check.check(config(), up(details=details), Options()).steps == (MakeShadow(), CompareModels())
