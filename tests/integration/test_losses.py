"""Verbs that change the database are killed at random instants, and no row is lost: `undo` brings it back."""

from pathlib import Path

from tests import losses


def test_no_verb_loses_a_row(tmp_path: Path) -> None:
    """One kill a verb; `python -m tests.losses` does 100."""
    found = losses.harness(tmp_path)
    try:
        found.prepare()
        losses.kill_at_random(found, len(losses.VERBS), seed=2)
        assert (found.failures, found.lost) == ([], 0)
    finally:
        found.project.run("down")
