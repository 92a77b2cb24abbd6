"""A size as people write it, and as they read it."""

import pytest

from nox_alembic.core.sizes import parse_size, shown_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("2 GB", 2_000_000_000), ("1.5gb", 1_500_000_000), ("300 MB", 300_000_000), ("7 B", 7), ("1 TB", 10**12)],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "2", "GB", "-1 GB", "2 GiB", "2 GB or so"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        parse_size(text)


def test_a_size_is_shown() -> None:
    assert [shown_size(size) for size in (7, 45_200_000, 2 * 10**12)] == ["7 B", "45.2 MB", "2.0 TB"]
