"""What a merge makes of files, where git is too old to say it."""

import pytest

from nox_alembic.edges.git.merges import merged_by_file


@pytest.mark.parametrize(
    ("base", "our", "their", "merged", "conflicted"),
    [
        ({"a": "1"}, {"a": "1", "b": "2"}, {"a": "1", "c": "3"}, {"a": "1", "b": "2", "c": "3"}, ()),
        ({"a": "1"}, {"a": "2"}, {"a": "1"}, {"a": "2"}, ()),
        ({"a": "1"}, {"a": "1"}, {"a": "2"}, {"a": "2"}, ()),
        ({"a": "1"}, {"a": "2"}, {"a": "2"}, {"a": "2"}, ()),
        ({"a": "1"}, {"a": "2"}, {"a": "3"}, {"a": "2"}, ("a",)),
        ({"a": "1"}, {}, {"a": "1"}, {}, ()),
        ({"a": "1"}, {"a": "1"}, {}, {}, ()),
    ],
)
def test_each_file_comes_from_the_side_that_changed_it(
    base: dict[str, str], our: dict[str, str], their: dict[str, str], merged: dict[str, str], conflicted: tuple[str]
) -> None:
    assert merged_by_file(base, our, their) == (merged, conflicted)
