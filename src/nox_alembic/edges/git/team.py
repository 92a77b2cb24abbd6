"""Who added each revision file on which branch, and which files others have."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from nox_alembic.core.revisions.team import Origin, Team
from nox_alembic.edges.git import ask, entries, line, lines, repository

SHARED_BRANCHES = ("main", "master")


def probe(root: Path, files: Mapping[str, Path]) -> Team | None:
    """Return what git says of `files`, by revision id.

    None without git, or outside of a repository. Nothing is fetched: others have what
    the last fetch or pull has seen. In a shallow clone the authors are missing, since
    its oldest commit seems to have added all files.
    """
    found = repository(root)
    if found is None:
        return None
    folder = found.root.resolve()
    paths = _inside(folder, files)
    branch = line(folder, "symbolic-ref", "--short", "-q", "HEAD")
    upstream = line(folder, "rev-parse", "--abbrev-ref", "@{upstream}")
    target = shared_branch(folder, branch)
    trees = {name: _tree(folder, name, paths.values()) for name in (target, upstream, "HEAD") if name}
    places = {key: tuple(name for name, tree in trees.items() if path in tree) for key, path in paths.items()}
    authors = {} if found.shallow else _authors(folder, paths.values())
    dirty = _dirty(folder, paths.values())
    return Team(
        branch=branch,
        upstream=upstream,
        target=target,
        published={key: shared for key, names in places.items() if (shared := tuple(n for n in names if n != "HEAD"))},
        origins={key: _origin(places[key], branch, authors.get(path)) for key, path in paths.items()},
        dirty=frozenset(key for key, path in paths.items() if path in dirty),
    )


def _origin(places: Sequence[str], branch: str, added: tuple[str, str] | None) -> Origin:
    author, date = added or ("", "")
    shared = next((name for name in places if name != "HEAD"), branch)
    return Origin(author=author, date=date, branch=shared, committed=bool(places))


def _inside(top: Path, files: Mapping[str, Path]) -> dict[str, str]:
    """Return the paths as git writes them, without files outside of the repository."""
    resolved = {key: path.resolve() for key, path in files.items()}
    return {key: path.relative_to(top).as_posix() for key, path in resolved.items() if path.is_relative_to(top)}


def shared_branch(top: Path, branch: str) -> str:
    """Return the branch that everybody shares; "" when there is none.

    It is the remote's default branch, else main or master.
    """
    remote = line(top, "config", f"branch.{branch}.remote") if branch else ""
    remote = remote if remote not in {"", "."} else "origin"
    if default := line(top, "rev-parse", "--abbrev-ref", f"{remote}/HEAD"):
        return default
    wanted = [*(f"{remote}/{name}" for name in SHARED_BRANCHES), *(name for name in SHARED_BRANCHES if name != branch)]
    found = lines(top, "for-each-ref", "--format=%(refname:short)", f"refs/remotes/{remote}", "refs/heads")
    return next((name for name in wanted if name in found), "")


def _tree(top: Path, commit: str, paths: Collection[str]) -> frozenset[str]:
    return frozenset(entries(top, "ls-tree", "-r", "-z", "--name-only", commit, "--", *_folders(paths)))


def _dirty(top: Path, paths: Collection[str]) -> frozenset[str]:
    """Return the paths that differ from the last commit.

    With `--no-renames` each entry is one path.
    """
    words = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *_folders(paths))
    return frozenset(entry[3:] for entry in entries(top, *words))


def _authors(top: Path, paths: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return author and date of the oldest commit that added each path.

    The commits of all branches count.
    """
    words = ("log", "-z", "--all", "HEAD", "--diff-filter=A", "--no-renames", "--date=short", "--name-only",
             "--format=%x01%an%x02%ad%x02")  # fmt: skip
    text = ask(top, *words, "--", *_folders(paths))
    found: dict[str, tuple[str, str]] = {}
    for commit in text.split("\x01")[1:]:
        author, date, names = commit.split("\x02", 2)
        found.update(dict.fromkeys((name.strip("\n") for name in names.split("\0")), (author, date)))
    return found


def _folders(paths: Collection[str]) -> list[str]:
    """Return the folders of the paths, as words for git.

    The paths themselves could be too many for a command line.
    """
    return sorted({f":(top,literal){path.rpartition('/')[0]}" for path in paths})
