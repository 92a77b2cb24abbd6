"""The history seen from a database: what of it is applied, who added it, and how each revision is decorated."""

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal

from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.authors import Authors, Commit
from nox_alembic.core.revisions.graph import History

State = Literal["applied", "pending"]
NOT_COMMITTED = "not committed"


@frozen(kw_only=True)
class Timeline:
    """`current` is what the database is at, None when it could not be asked; `authors` is None when git was not.

    `project` is the name that a title gives it; `below` is what is known to be applied below a revision of another
    branch.
    """

    project: str = ""
    history: History = field(default_factory=History)
    current: tuple[str, ...] | None = None
    authors: Authors | None = None
    below: frozenset[str] = frozenset()

    @cached_property
    def applied(self) -> frozenset[str]:
        """What the database has of this history."""
        return self.below | self.history.with_ancestors(self.current or ())

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the database is at and this branch has no file of."""
        return self.history.unknown(self.current or ())

    def state(self, key: str) -> State | None:
        """Return where a revision stands, None while no database tells."""
        if self.current is None:
            return None
        return "applied" if key in self.applied else "pending"

    def commit(self, key: str) -> Commit | None:
        """Return the commit that added the revision's file, None where git does not tell."""
        return self.authors.commits.get(self.history.revisions[key].path) if self.authors else None

    def author(self, key: str) -> str:
        """Return who added it, as lists show it."""
        commit = self.commit(key)
        known = self.authors is not None and not self.authors.limit
        return commit.author if commit else NOT_COMMITTED if known else ""

    def day(self, key: str) -> str:
        """Return when it was added, YYYY-MM-DD."""
        commit = self.commit(key)
        return commit.day if commit else ""

    def decorations(self, key: str) -> tuple[str, ...]:
        """Return what there is to say of a revision beside its message, as `git log --decorate` does."""
        revision = self.history.revisions[key]
        return (
            *(("head",) if key in self.history.heads else ()),
            *(("database",) if key in (self.current or ()) else ()),
            *(f"label {label}" for label in revision.labels),
            *(f"depends on {other}" for other in revision.depends_on),
        )

    def as_json(self) -> Mapping[str, object]:
        """Return the fields that `history --json` adds, the newest revision first."""
        return {
            "heads": list(self.history.heads),
            "current": None if self.current is None else list(self.current),
            "unknown": list(self.unknown),
            "nodes": [self._node(key) for key in reversed(self.history.order)],
            "edges": [
                {"child": key, "parent": parent, "kind": kind}
                for key in reversed(self.history.order)
                for kind, parents in (("down", self.history.revisions[key].down),
                                      ("depends_on", self.history.revisions[key].depends_on))
                for parent in parents
            ],
        }  # fmt: skip

    def _node(self, key: str) -> Mapping[str, object]:
        revision, commit = self.history.revisions[key], self.commit(key)
        return {
            "id": key,
            "down": list(revision.down),
            "depends_on": list(revision.depends_on),
            "labels": list(revision.labels),
            "message": revision.message,
            "path": revision.path,
            "author": commit.author if commit else None,
            "date": commit.date if commit else None,
            "state": self.state(key),
        }
