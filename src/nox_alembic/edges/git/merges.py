"""Asks git what a merge would make of the revision files.

Nothing is checked out, fetched or merged.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path, PurePosixPath

from nox_alembic.core.errors import PreconditionError, UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.git import attempt, entries, line, lines, repository
from nox_alembic.edges.git.objects import contents
from nox_alembic.edges.git.team import shared_branch

Blobs = Mapping[str, str]  # git's path of a file to the name of its blob
Files = Mapping[str, bytes]  # path to content, with `\n` at the end of lines


@frozen(kw_only=True)
class Trees:
    """The revision files on both sides of a merge, where they parted, and merged."""

    ours: str  # the name of our branch
    theirs: str
    base: Files = field(default_factory=dict)
    our: Files = field(default_factory=dict)  # as they are on disk, committed or not
    their: Files = field(default_factory=dict)
    merged: Files = field(default_factory=dict)  # in a conflict, our side
    conflicted: tuple[str, ...] = ()  # the paths where git finds a conflict
    our_authors: Mapping[str, str] = field(default_factory=dict)  # who changed a file last, by path
    their_authors: Mapping[str, str] = field(default_factory=dict)


@frozen
class _Places:
    """The folders with revision files in a repository, as paths from its top."""

    top: Path
    folders: tuple[str, ...]
    recursive: bool

    def has(self, path: str) -> bool:
        """Return whether Alembic would read the file."""
        name = PurePosixPath(path)
        return name.suffix == ".py" and (self.recursive or name.parent.as_posix() in self.folders)


def probe(folders: Sequence[Path], branch: str, *, recursive: bool) -> Trees:
    """Return the trees of merging `branch` into HEAD and what is on disk.

    Raises PreconditionError without a repository (NA445) or a common commit (NA447),
    and UsageError (NA446) for a branch that does not exist.
    """
    places = _places(folders, recursive=recursive)
    theirs = _commit(places.top, branch)
    base = _base(places.top, branch, theirs)
    blobs = {name: _tree(places, commit) for name, commit in (("base", base), ("HEAD", "HEAD"), ("their", theirs))}
    merged, conflicted = _merged(places, theirs, blobs)
    known = _contents(places.top, {blob for tree in (*blobs.values(), merged) for blob in tree.values()})
    before, disk = _filled(blobs["HEAD"], known), _on_disk(places)
    resolved = {path: blobs["HEAD"].get(path, blob) if path in conflicted else blob for path, blob in merged.items()}
    return Trees(
        ours=line(places.top, "symbolic-ref", "--short", "-q", "HEAD") or "HEAD",
        theirs=branch,
        base=_filled(blobs["base"], known),
        our=disk,
        their=_filled(blobs["their"], known),
        merged=_with_changes(_filled(resolved, known), before, disk),
        conflicted=conflicted,
        our_authors=_authors(places, f"{base}..HEAD"),
        their_authors=_authors(places, f"{base}..{theirs}"),
    )


def published(folders: Sequence[Path], base: str) -> tuple[str, frozenset[Path]] | None:
    """Return the branch that everybody shares, and the revision files on it.

    None where git knows no such branch. The branch is `base`, else the branch that
    `team.shared_branch` finds. Raises UsageError (NA446) for a `base` that does not
    exist.
    """
    try:
        places = _places(folders, recursive=True)
    except PreconditionError:
        return None
    name = base or shared_branch(places.top, line(places.top, "symbolic-ref", "--short", "-q", "HEAD"))
    if not name:
        return None
    return name, frozenset(places.top / path for path in _tree(places, _commit(places.top, name)))


def _places(folders: Sequence[Path], *, recursive: bool) -> _Places:
    existing = next((folder for folder in folders if folder.is_dir()), Path.cwd())
    found = repository(existing)
    if found is None:
        message = f"{existing} is in no git repository, or git is not installed"
        raise PreconditionError("NA445", message, hint="`check` without `--merge` needs none")
    root = found.root.resolve()
    inside = [folder.resolve() for folder in folders if folder.resolve().is_relative_to(root)]
    return _Places(root, tuple(folder.relative_to(root).as_posix() for folder in inside), recursive)


def _commit(top: Path, branch: str) -> str:
    """Return the commit of a branch, here or else on `origin`."""
    for name in (branch, f"origin/{branch}"):
        if found := line(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"):
            return found
    names = lines(top, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes")
    close = difflib.get_close_matches(branch, names, n=3, cutoff=0.5) or names[:5]
    hint = f"the nearest are: {', '.join(close)}" if close else "`git fetch` brings the branches of others"
    raise UsageError("NA446", f'there is no branch or commit "{branch}" in {top}', hint=hint)


def _base(top: Path, branch: str, theirs: str) -> str:
    found = line(top, "merge-base", "HEAD", theirs)
    if found:
        return found
    if line(top, "rev-parse", "--is-shallow-repository") == "true":
        message = f"HEAD and {branch} have no common commit in this shallow clone"
        raise PreconditionError("NA447", message, hint="`git fetch --unshallow` brings the whole history")
    message = f"HEAD and {branch} have no common commit"
    raise PreconditionError("NA447", message, hint="name a branch that began as this one")


def _tree(places: _Places, commit: str) -> Blobs:
    found = {}
    for entry in entries(places.top, "ls-tree", "-r", "-z", commit, "--", *_specs(places)):
        facts, _, path = entry.partition("\t")
        if places.has(path):
            found[path] = facts.split()[2]
    return found


def _merged(places: _Places, theirs: str, blobs: Mapping[str, Blobs]) -> tuple[Blobs, tuple[str, ...]]:
    """Return the merged files and the conflicts of git's own merge.

    Git before 2.38 has no such merge; then it is done file by file.
    """
    words = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", "HEAD", theirs)
    done = attempt(places.top, *words)
    if done.code in {0, 1}:
        tree, *conflicted = done.out.split("\0")
        return _tree(places, tree.strip()), tuple(path for path in conflicted if places.has(path))
    return merged_by_file(blobs["base"], blobs["HEAD"], blobs["their"])


def merged_by_file(base: Blobs, our: Blobs, their: Blobs) -> tuple[Blobs, tuple[str, ...]]:
    """Return the merged files, each from the side that changed it, and the conflicts.

    A file that both sides changed is a conflict.
    """
    merged, conflicted = {}, []
    for path in sorted({*our, *their}):
        was, ours, theirs = base.get(path), our.get(path), their.get(path)
        if was != ours != theirs != was:
            conflicted.append(path)
        taken = theirs if ours == was else ours
        if taken is not None:
            merged[path] = taken
    return merged, tuple(conflicted)


def _with_changes(merged: Files, before: Files, disk: Files) -> Files:
    """Return the merge with the uncommitted changes on disk."""
    kept = {path: content for path, content in merged.items() if path in disk or path not in before}
    return {**kept, **{path: content for path, content in disk.items() if before.get(path) != content}}


def _on_disk(places: _Places) -> Files:
    found: dict[str, bytes] = {}
    for folder in places.folders:
        top = places.top / folder
        for path in sorted(top.rglob("*.py") if places.recursive else top.glob("*.py")):
            found[path.relative_to(places.top).as_posix()] = _same_ends(path.read_bytes())
    return found


def _contents(top: Path, blobs: Iterable[str]) -> Files:
    """Return the content of each blob, without blobs that a partial clone lacks."""
    return {name: _same_ends(content) for name, content in contents(top, sorted(blobs)).items()}


def _filled(blobs: Blobs, known: Files) -> Files:
    missing = [path for path, blob in blobs.items() if blob not in known]
    if missing:
        message = f"git does not have the content of {', '.join(missing)} in this partial clone"
        raise PreconditionError("NA447", message, hint="`git fetch --refetch` brings it")
    return {path: known[blob] for path, blob in blobs.items()}


def _authors(places: _Places, commits: str) -> Mapping[str, str]:
    """Return who changed each file last, by path."""
    words = ("log", "--no-merges", "--no-renames", "--name-only", "--format=%x01%an", commits, "--", *_specs(places))
    found: dict[str, str] = {}
    author = ""
    for text in lines(places.top, *words):
        if text.startswith("\x01"):
            author = text[1:]
        elif text:
            found.setdefault(text, author)
    return found


def _specs(places: _Places) -> Iterable[str]:
    return [f":(top,literal){'' if folder == '.' else folder}" for folder in places.folders]


def _same_ends(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")
