"""Where the file of a revision that is not on this branch is found: real git repositories, no database."""

import shutil
from pathlib import Path

import pytest

from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.edges.home import revision_copies
from nox_alembic.edges.probe import orphans
from nox_alembic.edges.project import revisions
from tests.project import Project, configured, make_project
from tests.repository import commit, git, make_repository


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = make_project(tmp_path / "project", tmp_path / "home")
    make_repository(project)
    return project


def copies(project: Project) -> Path:
    return project.home / "copies"


def probe(project: Project, *current: str, **digests: str) -> Orphans:
    history = revisions.read_history(configured(project.root))
    return orphans.probe(project.root, history, current, digests, copies(project))


def places(project: Project, *current: str, **digests: str) -> dict[str, str]:
    found = probe(project, *current, **digests)
    assert found.is_complete, found
    return {one.revision.id: one.file.place for one in found.found}


def keep(project: Project, key: str) -> str:
    return revision_copies.keep(copies(project), project.root / f"alembic/versions/{key}.py")


def feature(project: Project, *ids: str) -> str:
    """Make a branch with a chain of revisions on t2, a commit each, and go back to main."""
    git(project, "switch", "-q", "-c", "feature")
    last = ""
    for down, key in zip(("t2", *ids), ids, strict=False):
        project.revision(key, down)
        last = commit(project, f"add {key}")
    git(project, "switch", "-q", "main")
    return last


def test_a_chain_is_found_on_another_branch_down_to_the_common_ancestor(project: Project) -> None:
    feature(project, "x1", "x2")
    found = probe(project, "x2")
    assert [(one.revision.id, one.revision.parents) for one in found.found] == [("x2", ("x1",)), ("x1", ("t2",))]
    assert found.found[0].file.content == git(project, "show", "feature:alembic/versions/x2.py").encode() + b"\n"
    assert (found.found[0].file.author, found.branch, found.targets) == ("Ada", "feature", ("x1@t2",))
    assert found.advice == "`nox -s migrate` takes it back with its own script, `git switch feature` goes to it"


def test_a_remote_branch_is_named_and_the_switch_to_it(project: Project, tmp_path: Path) -> None:
    feature(project, "x1")
    clone = Project(tmp_path / "clone", tmp_path / "home")
    git(project, "clone", "-q", str(project.root), str(clone.root))
    assert places(clone, "x1") == {"x1": 'the branch "origin/feature"'}
    assert probe(clone, "x1").branch == "feature"


def test_a_shallow_clone_has_what_it_has_and_says_how_to_get_more(project: Project, tmp_path: Path) -> None:
    feature(project, "x1", "x2")
    git(project, "branch", "older", "feature~1")
    git(project, "switch", "-q", "feature")
    (project.root / "alembic/versions/x1.py").unlink()
    commit(project, "squash x1")
    git(project, "switch", "-q", "main")
    clone = Project(tmp_path / "clone", tmp_path / "home")
    git(project, "clone", "-q", "--depth=1", "--no-single-branch", project.root.as_uri(), str(clone.root))
    git(clone, "branch", "-rD", "origin/older")
    assert probe(clone, "x2").missing == ("x1",)
    assert probe(clone, "x2").advice == (
        "looked for in the copies kept at upgrades, and in git's branches, tags, stashes and reflog; "
        "`git fetch --unshallow` may bring it, `nox -s reset` makes a fresh database"
    )


def test_a_tag_a_stash_and_a_commit_that_no_branch_has_any_more_are_places(project: Project) -> None:
    feature(project, "x1")
    git(project, "tag", "kept", "feature")
    git(project, "branch", "-q", "-D", "feature")
    assert places(project, "x1") == {"x1": 'the tag "kept"'}
    git(project, "tag", "-d", "kept")
    name = git(project, "rev-parse", "--short=10", "HEAD@{1}")
    assert places(project, "x1") == {"x1": f"the commit {name}, which is on no branch"}
    for key in ("untracked", "staged"):
        project.revision(key, "t2")
        if key == "staged":
            git(project, "add", "-A")
        git(project, "stash", "--include-untracked", "-q")
    assert places(project, "staged") == {"staged": "the stash stash@{0}"}
    assert places(project, "untracked") == {"untracked": "the stash stash@{1}"}


def test_a_file_that_this_branch_has_deleted_is_found_below_it(project: Project) -> None:
    (project.root / "alembic/versions/t2.py").unlink()
    commit(project, "take t2 back")
    assert places(project, "t2") == {"t2": "a former commit of this branch"}
    assert probe(project, "t2").branch == ""


def test_a_file_in_a_folder_that_has_moved_is_found(project: Project) -> None:
    git(project, "switch", "-q", "-c", "feature")
    git(project, "mv", "alembic", "migrations")
    project.revision("x1", "t2")
    git(project, "add", "-A")
    shutil.move(project.root / "alembic/versions/x1.py", project.root / "migrations/versions/x1.py")
    commit(project, "move and add")
    git(project, "switch", "-q", "main")
    assert places(project, "x1") == {"x1": 'the branch "feature"'}


def test_the_version_that_was_applied_is_chosen_and_else_the_newest(project: Project) -> None:
    git(project, "switch", "-q", "-c", "feature")
    project.revision("x1", "t2")
    applied = keep(project, "x1")
    commit(project, "add x1")
    project.revision("x1", "t2", upgrade="pass")
    commit(project, "edit x1")
    git(project, "switch", "-q", "main")
    shutil.rmtree(copies(project))
    newest, exact = probe(project, "x1").found[0], probe(project, "x1", x1=applied).found[0]
    assert b"create_table" not in newest.file.content
    assert b"create_table" in exact.file.content


def test_versions_that_follow_different_revisions_do_not_serve_unless_it_is_known_which(project: Project) -> None:
    git(project, "switch", "-q", "-c", "feature")
    project.revision("x1", "t1")
    applied = keep(project, "x1")
    commit(project, "add x1")
    project.revision("x1", "t2")
    project.revision("x2", "x1")
    commit(project, "put x1 on t2, and x2 on x1")
    git(project, "switch", "-q", "main")
    found = probe(project, "x2")
    assert found.problems == ("the versions of x1 follow t1 or t2, and nothing says which was applied",)
    assert probe(project, "x1", x1=applied).targets == ("x1@t1",)


def test_a_copy_of_ours_serves_without_git_and_git_tells_who_wrote_the_same(project: Project) -> None:
    git(project, "switch", "-q", "-c", "feature")
    project.revision("x1", "t2")
    committed = keep(project, "x1")
    commit(project, "add x1")
    project.revision("x1", "t2", upgrade="pass")
    edited = keep(project, "x1")
    git(project, "restore", ".")
    git(project, "switch", "-q", "main")
    assert places(project, "x1", x1=committed) == {"x1": 'the branch "feature"'}
    own = probe(project, "x1", x1=edited)
    assert (own.found[0].file.place, own.branch, own.found[0].file.author) == (
        "the copy kept at its upgrade",
        "feature",
        "Ada",
    )
    shutil.rmtree(project.root / ".git")
    assert places(project, "x1", x1=committed) == {"x1": "the copy kept at its upgrade"}
    (copies(project) / f"{committed}.py").write_text("tampered")
    assert probe(project, "x1", x1=committed).advice == (
        "looked for in the copies kept at upgrades (there is no git repository); `nox -s reset` makes a fresh database"
    )


def test_what_is_nowhere_is_missing(project: Project) -> None:
    feature(project, "x1")
    assert probe(project, "zz").missing == ("zz",)
    project.write("alembic/versions/other.py", "zz = this is no Python\n")
    commit(project, "break")
    (project.root / "alembic/versions/other.py").unlink()
    assert probe(project, "zz").missing == ("zz",)
