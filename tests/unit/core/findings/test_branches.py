"""What is said of a merge before it is made."""

from collections.abc import Mapping
from dataclasses import replace

from nox_alembic.core.findings.branches import Branches, Source, checks_of
from nox_alembic.core.findings.checks import Found
from nox_alembic.core.revisions.graph import Revision

UPGRADE = "def upgrade():\n    {}\n"


def source(key: str, down: str = "", upgrade: str = "pass", author: str = "") -> Source:
    revision = Revision(id=key, down=(down,) if down else (), path=f"versions/{key}.py")
    return Source(revision, UPGRADE.format(upgrade), author)


def files(*sources: Source) -> Mapping[str, Source]:
    return {found.revision.path: found for found in sources}


BASE = source("a1")
MINE = source("b2", "a1", 'op.drop_column("t", "c")', "Alice")
THEIRS = source("c3", "a1", 'op.alter_column("t", "c", nullable=True)', "Bob")


def branches(*, our_files: Mapping[str, Source], their_files: Mapping[str, Source]) -> Branches:
    return Branches(
        ours="main",
        theirs="feature",
        base_files=files(BASE),
        our_files=our_files,
        their_files=their_files,
        merged_files={**our_files, **their_files},
    )


def test_two_branches_that_change_the_same_have_two_heads_and_a_conflict() -> None:
    heads, both = checks_of(branches(our_files=files(BASE, MINE), their_files=files(BASE, THEIRS)))
    assert heads.found == (
        Found(
            "two heads",
            "merged with feature the history has 2 heads: b2 and c3",
            "after `git merge feature`: `nox -s rebase`, or `nox -s merge`",
        ),
    )
    assert both.sentence == "1 revision on main and 1 on feature since they parted"
    assert both.found == (
        Found(
            "both change",
            "b2 [by Alice on main] drops the column t.c (line 2), and c3 [by Bob on feature] changes it (line 2)",
            "agree on one of the two, then `git merge feature` and `nox -s rebase`",
            revision="b2",
            file="versions/b2.py",
        ),
    )


def test_what_both_have_is_no_conflict() -> None:
    heads, both = checks_of(branches(our_files=files(BASE, MINE), their_files=files(BASE, MINE)))
    assert (heads.state, heads.sentence, both.state) == ("ok", "one head, b2", "ok")
    assert both.sentence == "no revisions on main and none on feature since they parted"


def test_an_edited_revision_counts_as_changed() -> None:
    edited = source("a1", "", 'op.drop_table("t")')
    _, both = checks_of(branches(our_files=files(edited), their_files=files(BASE, THEIRS)))
    assert [found.sentence for found in both.found] == [
        "a1 [on main] drops the table t (line 2), and c3 [by Bob on feature] changes the column t.c (line 2)"
    ]


def test_two_files_of_one_revision_are_a_broken_history() -> None:
    other = Source(Revision(id="a1", path="versions/other.py"), "")
    (heads, _) = checks_of(branches(our_files=files(BASE), their_files=files(BASE, other)))
    (found,) = heads.found
    assert found.sentence.endswith("versions/a1.py and versions/other.py both have the revision id a1")
    assert heads.name == "merged history"


def test_a_file_in_which_git_finds_a_conflict_is_a_finding() -> None:
    merge = replace(branches(our_files=files(BASE), their_files=files(BASE)), conflicted=("versions/a1.py",))
    (heads, _) = checks_of(merge)
    assert [found.sentence for found in heads.found] == [
        "git finds a conflict in versions/a1.py: both branches have edited it"
    ]


def test_what_cannot_be_read_is_told() -> None:
    broken = Source(Revision(id="d4", down=("a1",)), "def upgrade(:\n")
    unknown = source("e5", "d4", "op.drop_table(name)")
    _, both = checks_of(branches(our_files=files(BASE), their_files={"d4": broken, "e5": unknown}))
    assert (both.state, both.notices) == (
        "ok",
        (
            "d4 [on feature]: line 1 could not be read: it is not valid Python",
            "e5 [on feature]: line 2 could not be read: op.drop_table(name)",
        ),
    )
