"""`reset` on Compose is ended at each point of the engine, by SIGKILL and by Ctrl-C; the next one must heal it."""

from collections.abc import Iterator

import pytest

from tests import crashes
from tests.crashes import Harness

RANDOM_RUNS = 2  # one of each signal; `python -m tests.crashes compose` does 200


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    harness = crashes.compose_harness(tmp_path_factory.mktemp("crashes"))
    harness.prepare()
    yield harness
    crashes.compose_down(harness)


def test_each_point_of_the_engine(harness: Harness) -> None:
    crashes.crash_at_each_point(harness, crashes.COMPOSE_POINTS)


def test_random_instants(harness: Harness) -> None:
    crashes.crash_at_random(harness, RANDOM_RUNS, seed=2)
    assert harness.failures == []
