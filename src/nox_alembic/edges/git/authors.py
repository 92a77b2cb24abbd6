"""Who added each revision file, and when.

One `git log` answers for all files, and most of the answer is remembered.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.authors import Authors, Commit
from nox_alembic.edges.git import ALONE, SECONDS
from nox_alembic.edges.system import cache as cachefile
from nox_alembic.edges.system import process

KIND = "commits 1"
_SHALLOW = "the clone is shallow: older revisions have no author and date"


class _SilentError(Exception):
    """Git does not answer; the text is git's own reason."""


def authors(root: Path, files: Iterable[str], cache: Path | None = None) -> Authors:
    """Return who added each file: the newest commit up to HEAD that added its name.

    The answer has the other files of the same folders, too. In a shallow clone it
    leaves out the files of the oldest commits, which seem to have added everything.
    Without git, or outside of a repository, it holds only the reason. `cache` is a file
    that remembers the answer: for a later HEAD git is asked only for what is new.
    """
    try:
        repository = _repository(root)
        places = _places(repository.top, {os.path.dirname(file) for file in files})  # noqa: PTH120 - thousands of them, in text
        commits = _commits(repository, sorted(places), cache) if places else {}
    except (_SilentError, NoxAlembicError) as error:
        reason = error.message if isinstance(error, NoxAlembicError) else str(error)
        return Authors(limit=f"no authors and dates: {reason}")
    return Authors(dict(_by_path(commits, places)), _SHALLOW if repository.shallow else "")


@frozen
class _Repository:
    top: Path
    shallow: bool
    head: str


def _repository(folder: Path) -> _Repository:
    """Return the repository around the folder; raises _SilentError."""
    top, shallow, head = _ask(folder, "rev-parse", "--show-toplevel", "--is-shallow-repository", "HEAD").splitlines()
    return _Repository(Path(top).resolve(), shallow == "true", head)


def _places(top: Path, folders: Collection[str]) -> Mapping[str, str]:
    """Return the folders by git's names for them.

    Folders outside of the repository are left out.
    """
    resolved = {folder: Path(folder).resolve() for folder in folders}
    return {path.relative_to(top).as_posix(): folder for folder, path in resolved.items() if path.is_relative_to(top)}


def _by_path(commits: Mapping[str, Sequence[str]], places: Mapping[str, str]) -> Iterator[tuple[str, Commit]]:
    for name, (key, author, date) in commits.items():
        folder, _, file = name.rpartition("/")
        if (place := places.get(folder or ".")) is not None:
            yield os.path.join(place, file), Commit(key, author, date)  # noqa: PTH118 - thousands of texts


def _commits(repository: _Repository, folders: Sequence[str], cache: Path | None) -> Mapping[str, Sequence[str]]:
    """Return id, author and date by git's name of the file, mostly from the cache."""
    scope, head = {"top": str(repository.top), "folders": folders, "shallow": repository.shallow}, repository.head
    known = (cache and cachefile.load(cache, KIND)) or {}
    if known.get("scope") != scope or not _is_ancestor(repository, known["head"]):
        known = {"head": "", "commits": {}}
    if known["head"] == head:
        return dict(known["commits"])
    added = _log(repository, f"{known['head']}..{head}" if known["head"] else head, folders)
    commits = {**known["commits"], **added}
    if cache:
        cachefile.store(cache, KIND, {"scope": scope, "head": head, "commits": commits})
    return commits


def _is_ancestor(repository: _Repository, commit: str) -> bool:
    if commit == repository.head:
        return True
    try:
        _ask(repository.top, "merge-base", "--is-ancestor", commit, repository.head)
    except _SilentError:
        return False
    return True


def _log(repository: _Repository, revisions: str, folders: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return what one `git log` says of the commits.

    `-c` adds the files that a merge commit itself has added.
    """
    words = ("log", "-c", "--diff-filter=A", "--no-renames", "--name-only", "-z",
             "--format=%x01%H%x02%P%x02%aN%x02%aI%x02")  # fmt: skip
    found: dict[str, Sequence[str]] = {}
    for commit in _ask(repository.top, *words, revisions, "--", *folders).split("\x01")[1:]:
        key, parents, author, date, names = commit.split("\x02", 4)
        if parents or not repository.shallow:
            for name in names.strip("\0\n").split("\0"):
                found.setdefault(name, (key, author, date))
    return found


def _ask(folder: Path, *words: str) -> str:
    """Return what git prints.

    Raises _SilentError with git's own words, or PreconditionError without git.
    """
    command = ["git", "--no-optional-locks", "--literal-pathspecs", "-c", "log.showSignature=false", *words]
    done = process.run(command, cwd=folder, env={**os.environ, **ALONE}, timeout=SECONDS)
    if not done.ok:
        raise _SilentError((done.err.strip() or "git fails").partition("\n")[0].removeprefix("fatal: "))
    return done.out
