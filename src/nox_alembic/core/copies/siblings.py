"""Sibling databases: their names, and the marks in them.

A verb makes or keeps them beside the real one in the same server. A mark is the comment
of the database. Only a database with the exact name and the mark is ever dropped. Some
databases of earlier versions of this tool have other names. A "nox_alembic_shadow" of
theirs has no mark, so it stays: it may be anybody's.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Literal

from nox_alembic.core.frozen import frozen

PREFIX = "nox-alembic "
# The server cuts longer names without a message.
LONGEST = 63
# A limit of connections that nobody types by accident. Unlike a comment, it is there
# from the first instant on.
MAKING = 1914

Role = Literal["new", "making", "undo", "spare", "rehearsal", "shadow", "dropping"]
ROLES: tuple[Role, ...] = ("new", "making", "undo", "spare", "rehearsal", "shadow", "dropping")
# A verb that comes to its end has left none of these, but for what the server goes on
# dropping.
PASSING: tuple[Role, ...] = ("new", "rehearsal", "shadow", "dropping")

# The word for it in a mark, which is older than the word here.
_UNDO = "before"
# What rehearsals of earlier versions made.
_EARLIER_NAME = re.compile(r"nox_alembic_rehearsal_[0-9a-f]{8}")
_EARLIER_COMMENT = "nox-alembic: for a moment, beside the database "
_EARLIER_LIMIT = 1913


@frozen(kw_only=True)
class Mark:
    """The content of the comment of a sibling database.

    `new`: it is being made to take the place of the database `of`. `making`: it is
    being made to become a spare, while a verb may make a new one. `undo`: it was `of`
    until `verb` took its place at `at` (ISO 8601, UTC, with milliseconds); `revisions`
    are those that it is at, `comment` is its earlier comment. `spare`: it stands ready
    to be copied, made from what has the `digest`; `seeded` is whether the seed was part
    of it. `rehearsal`: a copy of `of` on which `verb` is tried. `shadow`: what the
    migrations alone make. `dropping`: nobody needs it since `at`, and the server drops
    it while nobody waits.
    """

    role: Role
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
        role = _UNDO if self.role == "undo" else self.role
        return PREFIX + json.dumps({**asdict(self), "role": role}, separators=(",", ":"))

    @property
    def name(self) -> str:
        """The name of its database."""
        return name_of(self.of, self.role, at=self.at, seeded=self.seeded)


@frozen
class Sibling:
    """A database of ours by its name and its mark."""

    name: str
    mark: Mark


def parse_mark(comment: str | None) -> Mark | None:
    """Return the mark in a comment, None for any other comment."""
    if comment is None:
        return None
    if comment.startswith(_EARLIER_COMMENT):
        return _bare("rehearsal", comment.removeprefix(_EARLIER_COMMENT))
    if not comment.startswith(PREFIX):
        return None
    try:
        found = json.loads(comment.removeprefix(PREFIX))
        role = "undo" if found["role"] == _UNDO else found["role"]
        mark = Mark(**{**found, "role": role, "revisions": tuple(map(str, found["revisions"]))})
    except (ValueError, TypeError, KeyError):
        return None
    return mark if mark.role in ROLES else None


def name_of(database: str, role: Role, *, at: str = "", seeded: bool = False) -> str:
    """Return the name of a sibling, by what its mark says.

    A short-lived sibling always has the same name, so that the next run finds what a
    killed run has left. One that is being dropped has a name of its own: the next run
    may need the earlier one. There is a spare with the seed's rows, and a spare without
    them for a longer history.
    """
    if role in {"undo", "dropping"}:
        word = _UNDO if role == "undo" else role
        suffix = f"{word}_" + re.sub(r"[^0-9TZ]", "", at).lower()
    elif role == "spare":
        suffix = "spare" if seeded else "base"
    else:
        suffix = role
    room = LONGEST - len("__" + suffix)
    return database.encode("utf-8")[:room].decode("utf-8", "ignore") + "__" + suffix


def is_ours(database: str, name: str, mark: Mark | None) -> bool:
    """Return whether a database is one that a verb made or kept of `database`."""
    if mark is None or mark.of != database or name == database:
        return False
    return name == mark.name or (mark.role == "rehearsal" and _EARLIER_NAME.fullmatch(name) is not None)


def ours(database: str, found: Iterable[tuple[str, int, str | None]]) -> Iterator[Sibling]:
    """Yield the databases that verbs made or kept of `database`.

    `found` has a name, a limit of connections and a comment for each database.
    """
    for name, limit, comment in found:
        mark = _unmarked(database, name, limit) if comment is None else parse_mark(comment)
        if mark is not None and is_ours(database, name, mark):
            yield Sibling(name, mark)


def unfinished(found: Sequence[Sibling]) -> tuple[str, ...]:
    """Return what a run that was killed has left."""
    return tuple(one.name for one in found if one.mark.role in PASSING)


def leftovers(found: Sequence[Sibling], environment: str, kept: Collection[str]) -> tuple[str, ...]:
    """Return what may be dropped: unfinished siblings, and those no longer kept.

    The latter are those of this environment.
    """
    old = [one for one in found if one.mark.role == "undo" and one.mark.environment == environment]
    return (*unfinished(found), *(one.name for one in old if one.name not in kept))


def _unmarked(database: str, name: str, limit: int) -> Mark | None:
    """Return the mark that a killed run would have written next."""
    if limit == _EARLIER_LIMIT:
        return _bare("rehearsal", database)
    made = (*PASSING, "making") if limit == MAKING else ()
    return next((_bare(role, database) for role in made if name == name_of(database, role)), None)


def _bare(role: Role, database: str) -> Mark:
    return Mark(role=role, of=database, environment="", verb="", at="")
