"""Orphan revisions: their files, found elsewhere, and the way back.

The database is at them, and this branch has no file of them.
"""

import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History, Revision

SHOWN = 5  # names in one sentence


@frozen(kw_only=True)
class FileVersion:
    """What a file once was: in git, or in a revision copy."""

    content: bytes = field(repr=False)
    place: str = ""  # where it is, for people
    branch: str = ""  # set when a switch leads there
    commit: str = ""  # of git
    author: str = ""
    date: str = ""  # a day, YYYY-MM-DD
    path: str = ""  # of a revision copy

    def has(self, digest: str) -> bool:
        """Return whether these are the bytes with that SHA-256 (hex).

        Git may have changed the line ends, and only these.
        """
        crlf = self.content.replace(b"\n", b"\r\n")
        return digest in {hashlib.sha256(content).hexdigest() for content in (self.content, crlf)}


Candidates = Sequence[tuple[Revision, FileVersion]]


@frozen(kw_only=True)
class OrphanRevision:
    """An orphan revision, with the version of its file that serves."""

    revision: Revision
    file: FileVersion
    exact: bool = False  # it is known that this version was applied

    @property
    def shown(self) -> str:
        """The id with its message, as lists show it."""
        return f"{self.revision.id} ({self.revision.message})" if self.revision.message else self.revision.id

    @property
    def known(self) -> str:
        """What is known of it: message, author, date and place."""
        facts = ", ".join(part for part in (self.file.author, self.file.date, self.file.place) if part)
        return f"{self.revision.message} ({facts})".strip()


@frozen(kw_only=True)
class Orphans:
    """What a search for orphan revisions has found."""

    found: tuple[OrphanRevision, ...] = ()  # children before parents
    missing: tuple[str, ...] = ()  # ids without a file anywhere
    problems: tuple[str, ...] = ()  # sentences about files that do not serve
    git: bool = False  # there is a repository
    shallow: bool = False  # the repository lacks the older commits
    fingerprinted: tuple[str, ...] = ()  # all revisions that are applied by the database's own fingerprints

    @property
    def is_complete(self) -> bool:
        """Whether there is a file for each step down to this branch's history."""
        return not self.missing and not self.problems

    @property
    def ids(self) -> tuple[str, ...]:
        """The revisions with a file, children before parents."""
        return tuple(orphans.revision.id for orphans in self.found)

    @property
    def branch(self) -> str:
        """The branch of the newest file on a branch, "" when no file is on any."""
        return next((orphans.file.branch for orphans in self.found if orphans.file.branch), "")

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets of Alembic's downgrades, one after the other.

        `<branch>@<revision>` takes back that branch alone.
        """
        ids = set(self.ids)
        oldest = (orphans.revision for orphans in self.found if not ids.intersection(orphans.revision.parents))
        return tuple(f"{revision.id}@{revision.down[0] if revision.down else 'base'}" for revision in oldest)

    @property
    def summary(self) -> str:
        """What was found and where, as a list that stays readable."""
        groups = itertools.groupby(self.found[:SHOWN], key=lambda orphans: orphans.file.place)
        shown = ", ".join(f"{', '.join(orphans.shown for orphans in group)} from {place}" for place, group in groups)
        return shown + (f" and {len(self.found) - SHOWN} more" if len(self.found) > SHOWN else "")

    @property
    def files(self) -> Mapping[str, bytes]:
        """The content of each revision file, by a name that any system takes."""
        return {f"{re.sub('[^A-Za-z0-9_]', '_', orphan.revision.id)}.py": orphan.file.content for orphan in self.found}

    @property
    def advice(self) -> str:
        """What to do about the orphan revisions."""
        if self.is_complete:
            there = f", `git switch {self.branch}` goes to it" if self.branch else ""
            return f"`nox -s migrate` takes it back with its own script{there}"
        fetch = "`git fetch --unshallow`" if self.shallow else "`git fetch --all`"
        brings = f" {fetch} may bring it," if self.git else ""
        return f"looked for in {self.searched};{brings} `nox -s reset` makes a fresh database"

    def repair(self, revision_id: str) -> str:
        """Return what to do when the downgrade of an orphan revision has failed."""
        fresh = "`nox -s reset` makes a fresh database"
        file = next((orphans.file for orphans in self.found if orphans.revision.id == revision_id), None)
        if file is None:
            return fresh
        if file.branch:
            return f"correct its downgrade after `git switch {file.branch}`, or {fresh}"
        source = f"copy {file.path}" if file.path else f"take its file from {file.place}"
        return f"{source} to the other revisions and correct its downgrade, or {fresh}"

    @property
    def searched(self) -> str:
        """The places that were searched."""
        if not self.git:
            return "the copies kept at upgrades (there is no git repository)"
        return "the copies kept at upgrades, and in git's branches, tags, stashes and reflog"

    @property
    def parents(self) -> tuple[str, ...]:
        """The parents of the orphan revisions, some of them on this branch."""
        return tuple(parent for orphans in self.found for parent in orphans.revision.parents)

    def left(self, history: History, current: Iterable[str]) -> tuple[str, ...]:
        """Return where the database is once the orphan revisions are taken back."""
        applied = history.with_ancestors((*current, *self.parents))
        followed = {parent for key in applied for parent in history.revisions[key].parents}
        return tuple(sorted(applied - followed))


def chosen(candidates: Candidates, digest: str) -> OrphanRevision | None:
    """Return the orphan revision with the version to use.

    It is the version that was applied, by its SHA-256 (hex, "" when not known), else
    the newest. `candidates` are newest first. None without candidates, and also when
    they follow different revisions and nothing says which was applied: with the wrong
    version Alembic would write a revision into the database that it is not at.
    """
    applied = [candidate for candidate in candidates if digest and candidate[1].has(digest)]
    serving = applied or candidates
    if len({revision.parents for revision, _ in serving}) != 1:
        return None
    revision, file = serving[0]
    return OrphanRevision(revision=revision, file=file, exact=bool(applied))


def unclear(candidates: Candidates) -> str:
    """Return the sentence about versions when nothing decides between them."""
    parents = sorted({" and ".join(revision.parents) or "nothing" for revision, _ in candidates})
    versions = f"the versions of {candidates[0][0].id} follow {' or '.join(parents)}"
    return f"{versions}, and nothing says which was applied"


def in_order(history: History, found: Mapping[str, OrphanRevision]) -> tuple[OrphanRevision, ...] | None:
    """Return the orphan revisions, children before parents.

    None when they do not form a history with this branch's.
    """
    try:
        whole = History.of((*history.revisions.values(), *(orphans.revision for orphans in found.values())))
    except FailedError:
        return None
    return tuple(found[key] for key in reversed(whole.order) if key in found)
