"""What git tells of a merge that is not made: real repositories, no database."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from nox_alembic.core.errors import FindingError, NoxAlembicError, PreconditionError, UsageError
from nox_alembic.edges.git import merges
from nox_alembic.edges.probe import details
from tests.project import configured
from tests.unit.core.make import told


class Repository:
    """A repository of its own, with a folder `v` of files."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "v"
        self.folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.add("a.py", "a")

    def git(self, *words: str) -> None:
        names = {f"GIT_{who}_{what}": "Ann" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(["git", *words], cwd=self.root, env={**os.environ, **alone, **names}, check=True)

    def add(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, newline="")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", name)

    def probe(self, branch: str, *, recursive: bool = False) -> merges.Trees:
        return merges.probe([self.folder], branch, recursive=recursive)

    def refusal(self, branch: str) -> tuple[type[NoxAlembicError], tuple[str, str, str]]:
        with pytest.raises(NoxAlembicError) as error:
            self.probe(branch)
        return type(error.value), told(error)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path.resolve() / "r")


def test_a_merge_has_both_sides_and_what_is_not_committed(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "feature")
    repository.add("their.py", "t")
    repository.add("a.py", "theirs")
    (repository.folder / "deep").mkdir()
    repository.add("deep/d.py", "d")
    repository.git("switch", "-q", "main")
    repository.add("our.py", "o\r\n")
    (repository.folder / "new.py").write_text("n")
    trees = repository.probe("feature")
    assert (trees.ours, trees.theirs, trees.conflicted) == ("main", "feature", ())
    assert dict(trees.base) == {"v/a.py": b"a"}
    assert dict(trees.our) == {"v/a.py": b"a", "v/our.py": b"o\n", "v/new.py": b"n"}
    assert dict(trees.their) == {"v/a.py": b"theirs", "v/their.py": b"t"}
    assert dict(trees.merged) == {"v/a.py": b"theirs", "v/their.py": b"t", "v/our.py": b"o\n", "v/new.py": b"n"}
    assert (trees.our_authors, trees.their_authors["v/their.py"]) == ({"v/our.py": "Ann"}, "Ann")
    assert "v/deep/d.py" in repository.probe("feature", recursive=True).merged


def test_a_file_that_both_edited_is_in_conflict_and_ours_is_taken(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "feature")
    repository.add("a.py", "theirs")
    repository.git("switch", "-q", "main")
    repository.add("a.py", "ours")
    trees = repository.probe("feature")
    assert (trees.conflicted, dict(trees.merged)) == (("v/a.py",), {"v/a.py": b"ours"})


def test_a_branch_of_the_remote_needs_no_prefix(repository: Repository) -> None:
    repository.git("update-ref", "refs/remotes/origin/feature", "HEAD")
    assert dict(repository.probe("feature").their) == {"v/a.py": b"a"}


def test_a_branch_that_is_not_there_names_the_nearest(repository: Repository) -> None:
    repository.git("branch", "feature")
    assert repository.refusal("featrue") == (
        UsageError,
        (
            "NA446",
            f'there is no branch or commit "featrue" in {repository.root}',
            "the nearest are: feature",
        ),
    )
    # What looks like an option of git's is a name, too.
    assert repository.refusal("--all")[1][0] == "NA446"


def test_branches_without_a_common_commit_cannot_be_merged(repository: Repository) -> None:
    repository.git("switch", "-q", "--orphan", "other")
    repository.folder.mkdir(exist_ok=True)
    repository.add("b.py", "b")
    assert repository.refusal("main") == (
        PreconditionError,
        ("NA447", "HEAD and main have no common commit", "name a branch that began as this one"),
    )


def test_outside_of_a_repository_there_is_no_merge(tmp_path: Path) -> None:
    with pytest.raises(PreconditionError) as error:
        merges.probe([tmp_path], "main", recursive=False)
    message = f"{tmp_path} is in no git repository, or git is not installed"
    assert told(error) == ("NA445", message, "`check` without `--merge` needs none")
    assert merges.published([tmp_path], "") is None


def test_what_is_published_is_what_the_shared_branch_has(repository: Repository) -> None:
    assert merges.published([repository.folder], "") is None
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.add("b.py", "b")
    shared, files = merges.published([repository.folder], "") or ("", frozenset())
    assert (shared, sorted(path.name for path in files)) == ("origin/main", ["a.py"])
    named, all_files = merges.published([repository.folder], "main") or ("", frozenset())
    assert (named, sorted(path.name for path in all_files)) == ("main", ["a.py", "b.py"])
    with pytest.raises(UsageError) as error:
        merges.published([repository.folder], "nowhere")
    assert told(error)[0] == "NA446"


def test_a_shallow_clone_says_how_to_get_the_rest(repository: Repository, tmp_path: Path) -> None:
    repository.git("switch", "-q", "-c", "feature")
    repository.add("b.py", "b")
    repository.git("switch", "-q", "main")
    repository.add("c.py", "c")
    repository.git(
        "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{repository.root}", str(tmp_path / "c")
    )
    with pytest.raises(PreconditionError) as error:
        merges.probe([tmp_path / "c/v"], "feature", recursive=False)
    message = "HEAD and feature have no common commit in this shallow clone"
    assert told(error) == ("NA447", message, "`git fetch --unshallow` brings the whole history")


def test_a_file_that_git_does_not_have_is_named(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "feature")
    repository.add("b.py", "b")
    repository.git("switch", "-q", "main")
    blob = hashlib.sha1(b"blob 1\0b", usedforsecurity=False).hexdigest()
    (repository.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    message = "git does not have the content of v/b.py in this partial clone"
    assert repository.refusal("feature") == (PreconditionError, ("NA447", message, "`git fetch --refetch` brings it"))


def test_a_computed_id_on_the_other_branch_is_not_guessed(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "feature")
    repository.add("b.py", "revision = computed()\n")
    repository.git("switch", "-q", "main")
    (repository.root / "alembic.ini").write_text("[alembic]\nscript_location = .\nversion_locations = v\n")
    with pytest.raises(FindingError) as error:
        details.branches(configured(repository.root), "feature")
    message = "another branch can only be read, and not run: v/b.py: computed() is not a literal"
    assert told(error) == ("NA448", message, "write the value out, or switch to the branch")
