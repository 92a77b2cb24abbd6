"""What only `check` and `repair` look at: frozen values without a decision in them."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from nox_alembic.core.frozen import frozen


@frozen
class InvalidIndex:
    """An index with `indisvalid` false."""

    name: str  # quoted as SQL needs it
    table: str  # quoted as SQL needs it
    # left: a CREATE INDEX CONCURRENTLY failed. building: it runs. constraint: a
    # constraint needs the index. partitioned: it waits for the indexes of the
    # partitions.
    state: Literal["left", "building", "constraint", "partitioned"] = "left"

    @property
    def shown(self) -> str:
        """The index as messages name it."""
        return f"{self.name} on {self.table}"


@frozen(kw_only=True)
class Details:
    """The revision files and the database in detail.

    Without a database only the files.
    """

    texts: Mapping[str, str] = field(default_factory=dict)  # of the files, by revision id
    digests: Mapping[str, str] = field(default_factory=dict)  # SHA-256 (hex) of the files, by revision id
    fingerprints: Mapping[str, str] = field(default_factory=dict)  # SHA-256 (hex) of each file at its upgrade
    invalid: tuple[InvalidIndex, ...] = ()
    objects: frozenset[str] = frozenset()  # tables and columns in the database, "t" and "t.c"
    shared: str = ""  # the branch that everybody has, "" where git knows no such branch
    unpublished: tuple[str, ...] = ()  # the revisions that are not on `shared`
    linter: bool = False  # squawk is installed
