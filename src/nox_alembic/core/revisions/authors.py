"""Who added a revision file, and when, as far as git knows."""

from collections.abc import Mapping
from dataclasses import field

from nox_alembic.core.frozen import frozen


@frozen
class Commit:
    """The commit that added a file."""

    id: str
    author: str
    date: str  # of the author, as ISO 8601 with seconds and time zone

    @property
    def day(self) -> str:
        """The date as lists show it, YYYY-MM-DD."""
        return self.date[:10]


@frozen
class Authors:
    """The commits of committed files, by path."""

    commits: Mapping[str, Commit] = field(default_factory=dict)
    limit: str = ""  # why some are missing
