"""Revisions that are not on this branch: which version serves, what is said of them, and where the way down ends."""

import hashlib

from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.orphans import FileVersion, Orphans, chosen, in_order, unclear
from tests.unit.core.make import TWO_HEADS, chain, orphan

HISTORY = chain("a1", "b2", "c3")
COPY = {"place": "the copy kept at its upgrade", "branch": "", "path": "/copies/ab.py", "author": ""}


def version(text: str, *down: str) -> tuple[Revision, FileVersion]:
    return Revision(id="x1", down=down), FileVersion(content=text.encode())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_newest_version_serves_when_nothing_is_known() -> None:
    found = chosen([version("new", "b2"), version("old", "b2")], "")
    assert found is not None
    assert found.file.content == b"new"


def test_the_version_that_was_applied_serves_whatever_its_line_ends() -> None:
    for applied in ("old\n", "old\r\n"):
        found = chosen([version("new\n", "c3"), version("old\n", "b2")], digest(applied))
        assert found is not None
        assert found.file.content == b"old\n"


def test_versions_on_different_revisions_do_not_serve() -> None:
    candidates = [version("new", "c3"), version("old", "b2"), version("first")]
    assert chosen(candidates, digest("another")) is None
    assert chosen([], "") is None
    assert unclear(candidates) == "the versions of x1 follow b2 or c3 or nothing, and nothing says which was applied"


def test_files_that_do_not_lead_to_this_branch_have_no_order() -> None:
    assert in_order(HISTORY, {"x1": orphan("x1", "nowhere")}) is None
    ordered = in_order(HISTORY, {"x1": orphan("x1", "b2"), "x2": orphan("x2", "x1")})
    assert ordered is not None
    assert [one.revision.id for one in ordered] == ["x2", "x1"]


def test_each_branch_of_them_is_taken_back_alone_and_the_database_is_left_where_they_began() -> None:
    both = Orphans(found=(orphan("y2", "y1"), orphan("y1", "a1"), orphan("x1", "b2")))
    assert both.targets == ("y1@a1", "x1@b2")
    assert both.left(HISTORY, ["y2", "x1"]) == ("b2",)
    assert both.left(HISTORY, ["y2", "x1", "c3"]) == ("c3",)


def test_a_merge_that_is_not_here_is_taken_back_to_its_heads() -> None:
    merge = Orphans(found=(orphan("m1", "b2", "b9"),))
    assert (merge.targets, merge.left(TWO_HEADS, ["m1"])) == (("m1@b2",), ("b2", "b9"))


def test_a_first_revision_of_another_branch_goes_back_to_base() -> None:
    first = Orphans(found=(orphan("x1"),))
    assert (first.targets, first.left(History(), ["x1"])) == (("x1@base",), ())


def test_a_summary_names_places_once_and_stays_short() -> None:
    found = (orphan("x2", "x1"), orphan("x1", "b2"), orphan("y1", "a1", **COPY))
    assert Orphans(found=found).summary == (
        'x2 (make x2), x1 (make x1) from the branch "feature", y1 (make y1) from the copy kept at its upgrade'
    )
    many = tuple(orphan(f"x{number}") for number in range(8))
    assert Orphans(found=many).summary.endswith('x4 (make x4) from the branch "feature" and 3 more')


def test_what_is_known_of_one_is_its_message_author_date_and_place() -> None:
    assert orphan("x1").known == 'make x1 (Ada, 2026-01-31, the branch "feature")'
    assert orphan("x1", **COPY).known == "make x1 (2026-01-31, the copy kept at its upgrade)"


def test_advice_says_what_to_type() -> None:
    assert Orphans(found=(orphan("x1", **COPY),)).advice == "`nox -s migrate` takes it back with its own script"
    for shallow, fetch in ((False, "--all"), (True, "--unshallow")):
        assert Orphans(missing=("x1",), git=True, shallow=shallow).advice == (
            "looked for in the copies kept at upgrades, and in git's branches, tags, stashes and reflog; "
            f"`git fetch {fetch}` may bring it, `nox -s reset` makes a fresh database"
        )
    assert Orphans(missing=("x1",)).advice == (
        "looked for in the copies kept at upgrades (there is no git repository); `nox -s reset` makes a fresh database"
    )


def test_after_a_failed_downgrade_the_script_to_correct_is_named() -> None:
    found = Orphans(found=(orphan("x1"), orphan("y1", **COPY), orphan("z1", branch="", place="the stash stash@{0}")))
    fresh = "`nox -s reset` makes a fresh database"
    assert found.repair("x1") == f"correct its downgrade after `git switch feature`, or {fresh}"
    assert found.repair("y1") == f"copy /copies/ab.py to the other revisions and correct its downgrade, or {fresh}"
    assert found.repair("z1") == (
        f"take its file from the stash stash@{{0}} to the other revisions and correct its downgrade, or {fresh}"
    )
    assert found.repair("") == fresh
