"""What an autogenerate found is believed, but not that everything is to be dropped."""

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.core.revisions.changes import Change, require_models
from tests.unit.core.make import told

DROPPED = (Change("table removed", "table t1 removed, with its rows"), Change("index removed", "index i on t1 removed"))


def test_models_without_a_table_are_models_that_nobody_imported() -> None:
    with pytest.raises(FailedError) as error:
        require_models(0, DROPPED)
    assert told(error) == (
        "NA444",
        "the target_metadata of env.py has no table, and the migrations make 1: all would be dropped",
        "let env.py import the modules of the models; what is to go is dropped by `nox -s revision -- --empty`",
    )


def test_tables_that_are_dropped_and_models_that_are_still_to_come_are_believed() -> None:
    require_models(1, DROPPED)
    require_models(0, ())
    require_models(0, (Change("enum changed", "enum colour added"),))
