"""`reset` on the embedded engine is ended at each point, by SIGKILL and by Ctrl-C; the next one must heal it."""

from collections.abc import Iterator

import pytest

from tests import crashes
from tests.crashes import Harness

RANDOM_RUNS = 4  # `python -m tests.crashes embedded` does 200


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    harness = crashes.embedded_harness(tmp_path_factory.mktemp("crashes"))
    harness.prepare()
    yield harness
    harness.project.run("down")


def test_each_point(harness: Harness) -> None:
    crashes.crash_at_each_point(harness)


def test_random_instants(harness: Harness) -> None:
    crashes.crash_at_random(harness, RANDOM_RUNS, seed=2)
    assert harness.failures == []
