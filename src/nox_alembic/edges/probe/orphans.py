"""Looks for the files of orphan revisions: in the revision copies, and in git."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions import parsing
from nox_alembic.core.revisions.fingerprints import Digests
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.orphans import (
    Candidates,
    FileVersion,
    OrphanRevision,
    Orphans,
    chosen,
    in_order,
    unclear,
)
from nox_alembic.edges import git
from nox_alembic.edges.git import objects
from nox_alembic.edges.home import revision_copies


def probe(project: Path, history: History, current: Sequence[str], digests: Digests, copies: Path | None) -> Orphans:
    """Return the files of the revisions in `current` that `history` does not have.

    It goes down to where `history` has them again. `project` is where git is asked;
    `digests` are the fingerprints of the applied files; `copies` is the folder of the
    revision copies.
    """
    search = _Search(project, history, digests, copies)
    found: dict[str, OrphanRevision] = {}
    missing, problems = [], []
    waiting = list(history.unknown(current))
    while waiting:
        key = waiting.pop()
        candidates = search.versions(key)
        one = chosen(candidates, digests.get(key, ""))
        if one is not None:
            found[key] = replace(one, file=search.placed(one.file, candidates))
            waiting.extend(parent for parent in history.unknown(one.revision.parents) if parent not in found)
        elif candidates:
            problems.append(unclear(candidates))
        else:
            missing.append(key)
    ordered = tuple(found.values()) if missing or problems else in_order(history, found)
    if ordered is None:
        problems.append(f"the files of {', '.join(found)} do not lead to a revision of this branch")
    return Orphans(
        found=ordered or (),
        missing=tuple(missing),
        problems=tuple(problems),
        git=search.repository is not None,
        shallow=search.repository is not None and search.repository.shallow,
    )


@frozen
class _Search:
    """The places to look at, each of them once at most.

    The slow places are looked at only when the fast ones do not have the file.
    """

    project: Path
    history: History
    digests: Digests
    copies: Path | None

    def versions(self, key: str) -> Candidates:
        """Return all versions of the revision's file.

        The revision copy comes first, then the others from the newest to the oldest.
        """
        copy = revision_copies.read(self.copies, self.digests.get(key, "")) if self.copies else None
        near = list(_declaring(key, [*([copy] if copy else []), *self._elsewhere]))
        return near or list(_declaring(key, self._below))

    def placed(self, file: FileVersion, candidates: Candidates) -> FileVersion:
        """Return the file with the name of its place.

        A revision copy also gets what git knows of the revision.
        """
        in_git = [version for _, version in candidates if not version.path]
        if not file.path or not in_git:
            return self._named(file)
        same = next((version for version in in_git if version.content == file.content), None)
        named = self._named(same or in_git[0])
        return replace(named, content=file.content, path=file.path, place=named.place if same else file.place)

    @cached_property
    def repository(self) -> git.Repository | None:
        """The repository of the project, asked for once."""
        return git.repository(self.project)

    @cached_property
    def _elsewhere(self) -> Sequence[FileVersion]:
        return self._ask_git(elsewhere=True)

    @cached_property
    def _below(self) -> Sequence[FileVersion]:
        """What this branch once had and no longer has."""
        place = "a former commit of this branch"
        return [replace(version, place=place) for version in self._ask_git(elsewhere=False)]

    def _ask_git(self, *, elsewhere: bool) -> Sequence[FileVersion]:
        folders = sorted({Path(revision.path).parent for revision in self.history.revisions.values()})
        return objects.versions(self.repository, folders, elsewhere=elsewhere) if self.repository else []

    def _named(self, file: FileVersion) -> FileVersion:
        return file if file.place or self.repository is None else objects.placed(self.repository, file)


def _declaring(key: str, versions: Sequence[FileVersion]) -> Iterator[tuple[Revision, FileVersion]]:
    """Yield the versions that are a file of that revision.

    A version that cannot be read without running it does not count.
    """
    for version in versions:
        if key.encode() in version.content:
            try:
                revision = parsing.parse(version.content, version.path or version.commit)
            except (FailedError, parsing.NotLiteralError):
                continue
            if revision is not None and revision.id == key:
                yield revision, version
