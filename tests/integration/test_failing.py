"""Verbs that fail and are killed one after another: a small share of what `python -m tests.failing` does by hand."""

import random
from pathlib import Path

from tests import failing


def test_what_was_there_before_verbs_failed_is_reached_and_dev_works(tmp_path: Path) -> None:
    found = failing.Harness(failing.embedded(tmp_path), random.Random(7))  # noqa: S311 - to be repeated, not to be secret
    try:
        failing.walk(found, 12)
    finally:
        failing.end(found, "embedded")
    assert found.failures == [], found.summary()
    assert found.failed, "or nothing was tried"
