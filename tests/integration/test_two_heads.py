"""What `merge` and `rebase` do where git is missing, detached, shallow or says too much; no database is needed."""

from pathlib import Path

import pytest

from tests.project import Ran, tree
from tests.team import Developer, clone, start

UNCLEAR = "nothing tells which of a1 (make a1) and b1 (make b1) is yours"
CHOOSE = "name the head that stays below: `nox -s rebase -- --onto a1`, or `--onto b1`"


@pytest.fixture
def bob(tmp_path: Path) -> Developer:
    """Bob has pulled a1 of Ada's beside his own b1, and has solved the conflict with nothing but git."""
    ada, bob = start(tmp_path, "ada", "bob")
    ada.adds("a1", "t1")
    ada.git("push", "-q")
    bob.adds("b1", "t1")
    bob.git("pull", "-q", "--no-rebase", code=1)
    bob.commit("merge")
    return bob


def refused(developer: Developer, *words: str, **variables: str) -> tuple[int, str, str, str]:
    """Run a verb that must fail and touch nothing, also not in git's folder."""
    before = tree(developer.project.root)
    ran = developer.project.run(*words, "--json", **variables)
    assert tree(developer.project.root) == before
    return (ran.code, *ran.error)


def told(ran: Ran) -> str:
    return str(ran.json["findings"][0])


def follows(developer: Developer) -> bool:
    return "down_revision = 'a1'" in (developer.project.root / "alembic/versions/b1.py").read_text()


def test_one_head_changes_nothing(tmp_path: Path) -> None:
    (ada,) = start(tmp_path, "ada")
    before = tree(ada.project.root)
    for verb in ("rebase", "merge"):
        ran = ada.project.good(verb, "--json").json
        assert (ran["notes"], ran["steps"]) == ([f"nothing to {verb}: the history has one head, t1 (make t1)"], [])
    assert tree(ada.project.root) == before


def test_without_git_the_base_must_be_named(bob: Developer) -> None:
    unclear = f"{UNCLEAR}: this is not in a git repository"
    assert refused(bob, "rebase", PATH="/nonexistent") == (2, "NA426", unclear, CHOOSE)
    (bob.project.root / ".git").rename(bob.project.home / "git")
    assert told(bob.project.run("status", "--json")) == "the history has 2 heads: a1 (make a1) and b1 (make b1)"
    assert refused(bob, "rebase") == (2, "NA426", unclear, CHOOSE)
    bob.project.good("rebase", "--onto", "a1")
    assert follows(bob)


def test_a_detached_head_is_compared_with_the_branch_that_is_shared(bob: Developer) -> None:
    bob.git("checkout", "-q", "--detach")
    assert told(bob.project.run("status", "--json")).endswith("and b1 (make b1) [added by bob on 2026-07-01]")
    bob.project.good("rebase")
    assert follows(bob)


def test_a_detached_head_without_any_branch_to_compare_with_is_refused(bob: Developer) -> None:
    bob.git("checkout", "-q", "--detach")
    bob.git("remote", "remove", "origin")
    bob.git("branch", "-q", "-D", "main")
    assert refused(bob, "rebase")[1:] == (
        "NA426",
        f"{UNCLEAR}: there is no upstream to compare this detached HEAD with",
        CHOOSE,
    )


def test_what_is_published_is_refused(bob: Developer) -> None:
    bob.git("push", "-q")
    assert refused(bob, "rebase") == (
        5,
        "NA425",
        "all of it is published on origin/main, so that others may have applied it: a1 (make a1), b1 (make b1)",
        "`nox -s merge` joins the heads and changes no revision",
    )
    assert refused(bob, "rebase", "--onto", "a1")[2] == (
        "published on origin/main, so that others may have applied them: b1 (make b1)"
    )


def test_a_shallow_clone_does_not_tell_who_and_can_still_be_rebased(bob: Developer, tmp_path: Path) -> None:
    cat = clone(tmp_path, "cat", "--depth", "1")
    path = cat.adds("b1", "t1", commit=False)
    assert told(cat.project.run("status", "--json")) == (
        "the history has 2 heads: a1 (make a1) [on origin/main] and b1 (make b1) [not committed on main]"
    )
    cat.project.good("rebase")
    assert "down_revision = 'a1'" in path.read_text()


def test_a_merge_that_alembic_cannot_write_changes_nothing(bob: Developer) -> None:
    bob.project.write("alembic/script.py.mako", "${nonsense}")
    # To find out, Alembic runs the revision files: what Python compiles of them is no change of ours.
    id_, message, hint = refused(bob, "merge", PYTHONDONTWRITEBYTECODE="1")[1:]
    assert (id_, hint) == ("NA434", "correct what it says, and `nox -s merge` again")
    assert message.startswith("Alembic cannot make the merge revision: Template rendering failed")


def test_a_merge_obeys_the_configuration_and_keeps_stdout_for_json(bob: Developer) -> None:
    bob.project.write(
        "alembic.ini",
        "[alembic]\nscript_location = %(here)s/alembic\nrecursive_version_locations = true\ntimezone = UTC\n"
        "file_template = %%(year)d/%%(rev)s_%%(slug)s\n[post_write_hooks]\nhooks = speak\nspeak.type = exec\n"
        "speak.executable = echo\nspeak.options = loud\n",
    )
    ran = bob.project.good("merge", "--json").json
    path, head = ran["written"]
    assert head == "alembic/head"
    assert path.startswith("alembic/versions/20")
    assert path.endswith("_merge_a1_and_b1.py")
    assert (bob.project.root / path).exists()
    assert "loud" not in str(ran)
