"""When a copy of the database is kept, and why not."""

import pytest

from nox_alembic.core.copies.space import Room, why_not_kept

GIGABYTE = 1_000_000_000


@pytest.mark.parametrize(
    ("room", "why"),
    [
        (Room(size=2 * GIGABYTE, free=4_050_000_000), ""),
        (Room(size=2 * GIGABYTE, free=None), ""),
        (Room(size=3_100_000_000), "the database has 3.1 GB, more than the undo-limit of 2.0 GB"),
        (Room(size=GIGABYTE, free=1_900_000_000), "a copy of its 1.0 GB may take 2.0 GB, and the disk has 1.9 GB left"),
        (Room(size=8_000_000, free=65_000_000), "a copy of its 8.0 MB may take 66.0 MB, and the disk has 65.0 MB left"),
        (Room(size=1, why_not='the user "dds" may not create databases'), 'the user "dds" may not create databases'),
    ],
)
def test_a_copy_is_kept_where_there_is_room_and_a_right_to_it(room: Room, why: str) -> None:
    assert why_not_kept(2 * GIGABYTE, room) == why
