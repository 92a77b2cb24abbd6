"""What the head file says, and what is wrong with it."""

from pathlib import Path

import pytest

from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.head_file import problem, text_of
from nox_alembic.edges.project import head_file, revisions

ROOT = Path(__file__).parents[4]
CONFLICT = "<<<<<<< HEAD\nb1\n=======\na1\n>>>>>>> origin/main\n"


def test_it_has_one_sorted_head_a_line() -> None:
    assert (text_of(["b2", "a1"]), text_of([])) == ("a1\nb2\n", "")


@pytest.mark.parametrize(
    ("text", "heads", "said"),
    [
        ("a1\n", ["a1"], ""),
        ("a1\r\nb2\r\n", ["b2", "a1"], ""),
        (None, ["a1"], ""),
        ("", [], ""),
        ("", ["a1"], "the head file says nothing, and the head is a1"),
        ("a1\n", ["b2"], "the head file says a1, and the head is b2"),
        ("a1\n", ["b2", "a1"], "the head file says a1, and the heads are a1 and b2"),
        (CONFLICT, ["a1", "b1"], "the head file has git's conflict markers: two branches have added a revision"),
    ],
)
def test_what_is_wrong_with_it_is_one_sentence(text: str | None, heads: list[str], said: str) -> None:
    assert problem(text, heads) == said


def test_this_repository_has_one_and_it_is_right() -> None:
    text = head_file.read(ROOT / "alembic").text
    assert text is not None
    assert problem(text, revisions.read_history(Configuration(file=ROOT / "alembic.ini", folder=ROOT)).heads) == ""
