"""A bench for each test."""

import pytest

from tests.unit.run.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
