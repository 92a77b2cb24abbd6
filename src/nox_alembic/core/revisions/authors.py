"""Who added a revision file and when, as far as git tells."""

from collections.abc import Mapping
from dataclasses import field

from nox_alembic.core.frozen import frozen


@frozen
class Commit:
    """The commit that added a file; `date` is the author's, as ISO 8601 with seconds and time zone."""

    id: str
    author: str
    date: str

    @property
    def day(self) -> str:
        """The date as lists show it: YYYY-MM-DD."""
        return self.date[:10]


@frozen
class Authors:
    """The commits by path of the file, without those that are not committed; `limit` says why some are missing."""

    commits: Mapping[str, Commit] = field(default_factory=dict)
    limit: str = ""
