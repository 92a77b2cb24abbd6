"""What `check` and `repair` look at more closely than the other verbs: frozen values without a decision in them."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from nox_alembic.core.frozen import frozen


@frozen
class InvalidIndex:
    """An index with `indisvalid` false; `name` and `table` are quoted as SQL needs it.

    `left`: of a CREATE INDEX CONCURRENTLY that failed. `building`: one that runs. `constraint`: a constraint needs it.
    `partitioned`: it waits for the indexes of the partitions.
    """

    name: str
    table: str
    state: Literal["left", "building", "constraint", "partitioned"] = "left"

    @property
    def shown(self) -> str:
        """The index as messages name it."""
        return f"{self.name} on {self.table}"


@frozen(kw_only=True)
class Details:
    """The revision files and the database, looked at closely.

    `texts` and `digests` are the files by revision id, as text and as SHA-256 (hex);
    `fingerprints` is the SHA-256 of each file at its upgrade. `objects` are the tables
    and their columns ("t" and "t.c") in the database. Without a database only the files
    are known. `shared` is the branch that everybody has, "" where git knows of none,
    and `unpublished` are the revisions that it does not have. `linter` is whether there
    is one.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    invalid: tuple[InvalidIndex, ...] = ()
    objects: frozenset[str] = frozenset()
    shared: str = ""
    unpublished: tuple[str, ...] = ()
    linter: bool = False
