"""What git keeps of revision files that are not on this branch."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nox_alembic.core.revisions.orphans import FileVersion
from nox_alembic.edges.git import Repository, answer, ask


def versions(repository: Repository, folders: Sequence[Path], *, elsewhere: bool) -> list[FileVersion]:
    """Return each version of the files in `folders` that git still has, newest first.

    Git looks at every branch, remote branch, tag, stash, worktree and the reflog.
    `elsewhere` leaves out the commits below HEAD, which takes a tenth of the time, and
    adds all folders named `versions`.
    """
    top = repository.root.resolve()
    inside = [folder.resolve() for folder in folders if folder.resolve().is_relative_to(top)]
    paths = [f":(top,literal){folder.relative_to(top).as_posix()}" for folder in inside]
    scope = ["--not", "HEAD"] if elsewhere else []
    found = _changes(
        # --full-history: without it a stash hides its untracked files.
        # -c: a merge shows only its own changes.
        ask(top, "log", "--all", "--reflog", *scope, "--full-history", "-c", "--raw", "--no-abbrev", "--no-renames",
             "--format=commit%x00%H%x00%an%x00%ad", "--date=short",
             "--", *paths, *([":(top,glob)**/versions/**"] if elsewhere or not paths else []))
    )  # fmt: skip
    known = contents(top, list(found))
    return [replace(found[blob], content=known[blob]) for blob in found if blob in known]


def placed(repository: Repository, version: FileVersion) -> FileVersion:
    """Return the version with the name of the place where git has its commit.

    The place is a branch, a tag, a stash, or a commit without a name.
    """
    refs = ask(repository.root, "for-each-ref", "--contains", version.commit, "--format=%(refname)",
                "refs/heads", "refs/remotes", "refs/tags").split()  # fmt: skip
    for prefix, kind in (("refs/heads/", "branch"), ("refs/remotes/", "branch"), ("refs/tags/", "tag")):
        for name in (ref.removeprefix(prefix) for ref in refs if ref.startswith(prefix) and not ref.endswith("/HEAD")):
            # `git switch` makes a local branch of a remote branch by its name without
            # the remote.
            local = {"refs/heads/": name, "refs/remotes/": name.partition("/")[2]}.get(prefix, "")
            return replace(version, place=f'the {kind} "{name}"', branch=local)
    for line in ask(repository.root, "stash", "list", "--format=%gd %H %P").splitlines():
        stash, *commits = line.split()
        if version.commit in commits:
            return replace(version, place=f"the stash {stash}")
    return replace(version, place=f"the commit {version.commit[:10]}, which is on no branch")


def _changes(log: str) -> dict[str, FileVersion]:
    """Return the versions by blob.

    They are in the order of the newest commit with that blob, and have the facts of the
    oldest.
    """
    found: dict[str, FileVersion] = {}
    commit = author = date = ""
    for line in log.split("\n"):  # not splitlines: a name may contain any character
        if line.startswith("commit\0"):
            _, commit, author, date = line.split("\0")
        elif line.startswith(":"):
            parents = len(line) - len(line.lstrip(":"))
            blob = line.partition("\t")[0].split()[2 * parents + 1]
            if blob.strip("0"):
                found[blob] = FileVersion(content=b"", commit=commit, author=author, date=date)
    return found


def contents(root: Path, blobs: Sequence[str]) -> dict[str, bytes]:
    """Return the content of each blob, without blobs that a partial clone lacks."""
    names = "".join(f"{blob}\n" for blob in blobs).encode()
    return dict(_objects(answer(root, "cat-file", "--batch", data=names))) if blobs else {}


def _objects(batch: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each object that `cat-file --batch` prints.

    An object that a partial clone lacks is a line of two words.
    """
    position = 0
    while position < len(batch):
        line, _, _ = batch[position:position + 200].partition(b"\n")  # fmt: skip
        words = line.decode("ascii", "replace").split()
        position += len(line) + 1
        if len(words) == 3:
            yield words[0], batch[position : position + int(words[2])]
            position += int(words[2]) + 1
