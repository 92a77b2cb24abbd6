"""The history as a database sees it: what is applied, by whom, and its decorations."""

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
    """The history, and where a database is in it."""

    project: str = ""  # its name, for a title
    history: History = field(default_factory=History)
    current: tuple[str, ...] | None = None  # where the database is; None when it could not be asked
    authors: Authors | None = None  # None when git was not asked
    below: frozenset[str] = frozenset()  # what is known to be applied below a revision of another branch

    @cached_property
    def applied(self) -> frozenset[str]:
        """The revisions of this history that the database has."""
        return self.below | self.history.with_ancestors(self.current or ())

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the database is at and this branch has no file of."""
        return self.history.unknown(self.current or ())

    def state(self, key: str) -> State | None:
        """Return where a revision stands, None while no database answers."""
        if self.current is None:
            return None
        return "applied" if key in self.applied else "pending"

    def commit(self, key: str) -> Commit | None:
        """Return the commit that added the revision's file, None if it is not known."""
        return self.authors.commits.get(self.history.revisions[key].path) if self.authors else None

    def author(self, key: str) -> str:
        """Return who added the revision, as lists show it."""
        commit = self.commit(key)
        known = self.authors is not None and not self.authors.limit
        return commit.author if commit else NOT_COMMITTED if known else ""

    def day(self, key: str) -> str:
        """Return when the revision was added, YYYY-MM-DD."""
        commit = self.commit(key)
        return commit.day if commit else ""

    def decorations(self, key: str) -> tuple[str, ...]:
        """Return the decorations of a revision, as `git log --decorate` has them."""
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
