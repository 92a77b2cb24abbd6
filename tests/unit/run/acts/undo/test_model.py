"""Verbs that fail and are killed in any order: what was there before the first of them stays for `undo`."""

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.run.acts.undo.model import Fate, Model

# A verb, the point at which it is killed or the command that fails in it, and whether somebody writes a row afterwards.
Run = tuple[str, int | str, bool]
WORDS = ["reset", "reset", "undo", "undo", "fast", "dev", "migrate", "downgrade"]
FATES = st.one_of(st.just(""), st.integers(1, 32), st.sampled_from(["seed", "revision", "backend"]))
RUNS = st.lists(st.tuples(st.sampled_from(WORDS), FATES, st.booleans()), min_size=1, max_size=10)


def is_worth_keeping(model: Model) -> bool:
    """Return whether what is in place was not left by a reset that failed before its end, or was killed."""
    taken = [one for one in model.log.kept(None).entries if one.open and one.kind == "folder"]
    return not taken or taken[-1].made or taken[-1].verb == "undo"


@settings(max_examples=60, deadline=None)
@given(limit=st.sampled_from([1, 2]), runs=RUNS)
@example(1, [("reset", "seed", False)] * 3)
@example(1, [("reset", "revision", False)] * 3 + [("undo", "", False)])
@example(1, [("reset", "backend", True)] * 3)
@example(1, [("fast", "backend", True)] * 3)
@example(1, [("reset", "", True), ("undo", "backend", True), ("reset", "seed", False), ("reset", "seed", False)])
@example(1, [("reset", "", True), ("undo", 9, False), ("reset", "", True)])
@example(
    1, [("fast", 13, False), ("dev", "", True), ("downgrade", "revision", False), ("downgrade", "revision", False)]
)
@example(
    1, [("reset", 12, True), ("fast", "", False), ("undo", "", False), ("reset", 20, False), ("reset", "seed", False)]
)
@example(1, [("downgrade", 4, False), ("reset", 25, False), ("reset", 15, False)])
def test_what_was_there_before_the_first_failure_is_reachable_until_a_verb_has_ended_well(
    limit: int, runs: list[Run]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Model(root=Path(folder), limit=limit)
        assert model.run("dev", Fate())
        precious, told = {model.work()}, []
        for word, fate, works in runs:
            before = model.rows() if is_worth_keeping(model) else set()
            ended = model.run(word, Fate(fate) if isinstance(fate, int) else Fate(fails=fate))
            told.append(f"{word} {fate} {ended}")
            assert ended or precious <= model.reachable(), told
            assert before <= model.reachable(), told
            if works:
                model.work()
            if ended:
                precious = model.rows()
