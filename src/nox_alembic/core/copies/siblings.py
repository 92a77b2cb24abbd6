"""Databases that a verb makes, or keeps, beside the real one in the same server: their names, and the marks in them.

A mark is the comment of the database. Only what has the exact name and the mark is ever dropped.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Literal

from nox_alembic.core.frozen import frozen

PREFIX = "nox-alembic "
# Longer names are cut by the server, in silence.
LONGEST = 63
NEW = "__new"
MAKING = "__making"
SPARE = "__spare"
BASE = "__base"
# Of one name, so that the next run replaces what a killed one has left.
SHADOW = "nox_alembic_shadow"
BEFORE = re.compile(r"__before_\d{8}t\d{9}z")


@frozen(kw_only=True)
class Mark:
    """What the comment of such a database says.

    `new`: it is being made to take the place of the database `of`; `making`: to become a spare one, while a verb may
    make a new one. `before`: it was `of` until `verb` took its place at `at` (ISO 8601, UTC, with milliseconds);
    `revisions` are those that it is at, `comment` is the one that it had.
    `spare`: it stands ready to be copied, made from what has the `digest`; `seeded` is whether the seed was part of it.
    """

    role: Literal["new", "making", "before", "spare"]
    of: str
    environment: str
    verb: str
    at: str
    revisions: tuple[str, ...] = ()
    comment: str | None = None
    digest: str = ""
    seeded: bool = False

    @property
    def text(self) -> str:
        """The comment."""
        return PREFIX + json.dumps(asdict(self), separators=(",", ":"))


@frozen
class Sibling:
    """A database of ours by its name and its mark."""

    name: str
    mark: Mark


def parse_mark(comment: str | None) -> Mark | None:
    """Return the mark in a comment, None for a comment of somebody else."""
    if comment is None or not comment.startswith(PREFIX):
        return None
    try:
        found = json.loads(comment.removeprefix(PREFIX))
        mark = Mark(**{**found, "revisions": tuple(map(str, found["revisions"]))})
    except (ValueError, TypeError, KeyError):
        return None
    return mark if mark.role in {"new", "making", "before", "spare"} else None


def new_name(database: str, *, apart: bool = False) -> str:
    """Return the name of what is being made; always the same one, so that the next run finds what a killed one left.

    `apart`: it is made beside a verb that may make one itself.
    """
    return _fitting(database, MAKING if apart else NEW)


def before_name(database: str, at: str) -> str:
    """Return the name under which the database is kept that was in place until `at`."""
    stamp = re.sub(r"[^0-9TZ]", "", at).lower()
    return _fitting(database, f"__before_{stamp}")


def spare_name(database: str, *, seeded: bool) -> str:
    """Return the name of what resets copy: one with the seed's rows, and one without them for a longer history."""
    return _fitting(database, SPARE if seeded else BASE)


def is_ours(database: str, name: str, mark: Mark | None) -> bool:
    """Return whether a database is one that a verb made or kept of `database`."""
    if mark is None or mark.of != database:
        return False
    if mark.role in {"new", "making"}:
        return name == new_name(database, apart=mark.role == "making")
    if mark.role == "spare":
        return name == spare_name(database, seeded=mark.seeded)
    suffix = BEFORE.search(name)
    return suffix is not None and name == _fitting(database, suffix[0])


def unfinished(found: Sequence[Sibling]) -> tuple[str, ...]:
    """Return what a run that was killed was about to make."""
    return tuple(one.name for one in found if one.mark.role == "new")


def leftovers(found: Sequence[Sibling], environment: str, kept: Collection[str]) -> tuple[str, ...]:
    """Return what may be dropped: what was never finished, and what is kept of this environment no more."""
    old = [one for one in found if one.mark.role == "before" and one.mark.environment == environment]
    return (*unfinished(found), *(one.name for one in old if one.name not in kept))


def _fitting(database: str, suffix: str) -> str:
    room = LONGEST - len(suffix)
    return database.encode("utf-8")[:room].decode("utf-8", "ignore") + suffix
