"""Whether there is room to keep a copy of the database before a verb changes it."""

from nox_alembic.core.frozen import frozen
from nox_alembic.core.sizes import shown_size

# In bytes. A new database has a size from the start, and a server's log grows by files
# of 16 MB. A server that cannot make the next of them ends itself, and does not start
# again before there is room.
LEAST = 50_000_000


@frozen(kw_only=True)
class Room:
    """The size of a database and the space around it, in bytes."""

    size: int = 0
    has_tables: bool = False  # the user has something in it
    free: int | None = None  # what the disk has left; None where that cannot be seen
    why_not: str = ""  # why its user may not copy it, "" when it may


def needed(size: int) -> int:
    """Return the free space that `size` bytes of rows need.

    The server writes them once more into its log.
    """
    return 2 * size + LEAST


def beyond(size: int, limit: int) -> str:
    """Return the rest of the sentence about a state that is too large to be kept."""
    return f"and no `undo` brings it back: {shown_size(size)} are more than the undo-limit of {shown_size(limit)}"


def why_server_not_kept(limit: int, size: int | None, free: int | None) -> str:
    """Return why no copy of the whole server's data is kept, "" when one is.

    `size` is None where it is not known.
    """
    if size is None:
        return ""
    if size > limit:
        return f"the server's data has {shown_size(size)}, more than the undo-limit of {shown_size(limit)}"
    if free is not None and free < size + LEAST:
        return f"a copy of the server's data takes {shown_size(size)}, and the disk has {shown_size(free)} left"
    return ""


def why_not_kept(limit: int, room: Room) -> str:
    """Return why no copy of the database is kept, "" when a copy is kept.

    `limit` is the configured `undo-limit`.
    """
    if room.why_not:
        return room.why_not
    size = shown_size(room.size)
    if room.size > limit:
        return f"the database has {size}, more than the undo-limit of {shown_size(limit)}"
    if room.free is not None and room.free < needed(room.size):
        takes = shown_size(needed(room.size))
        return f"a copy of its {size} may take {takes}, and the disk has {shown_size(room.free)} left"
    return ""
