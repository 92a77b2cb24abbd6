"""The plans for two heads, and each refusal of a rebase with its whole message."""

from dataclasses import replace
from typing import Any

import pytest

from nox_alembic.core.errors import FindingError, NoxAlembicError, PreconditionError, RefusedError
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.head_file import HeadFile
from nox_alembic.core.revisions.team import Team
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import AwaitDatabase, StartDatabase
from nox_alembic.core.steps.migration import ApplyRevision, Downgrade, Migrate
from nox_alembic.core.steps.revisions import NoteRebase, ReplaceFile, WriteMerge
from nox_alembic.core.verbs import Options, rebase
from tests.unit.core.make import ROOT, chain, config, engine, told, up
from tests.unit.core.make import facts as stopped

SOURCE = b'revision = "b1"\ndown_revision = "t1"\ndef upgrade():\n    op.x()\ndef downgrade():\n    op.y()\n'
MINE = SOURCE.replace(b'"t1"', b'"a1"')
HEAD = ROOT / "alembic/head"
MERGE = "`nox -s merge` joins the heads and changes no revision"
CHOOSE = "name the head that stays below: `nox -s rebase -- --onto a1`, or `--onto b2`"
TEAM = Team(branch="main", upstream="origin/main", target="origin/main", published={"a1": ("origin/main",)})


def revision(id_: str, *down: str, **fields: Any) -> Revision:
    return Revision(id=id_, down=down, path=str(ROOT / f"alembic/versions/{id_}.py"), **fields)


FORKED = History.of([revision("t1"), revision("a1", "t1"), revision("b1", "t1"), revision("b2", "b1")])
BACK = "`git checkout HEAD -- alembic/versions/b1.py` undoes the rebase"
TO_HEAD = ApplyRevision(BACK)
REWRITE = ReplaceFile(ROOT / "alembic/versions/b1.py", SOURCE, MINE, "put b1 on top of a1 in alembic/versions/b1.py")
WRITE_HEAD = ReplaceFile(HEAD, b"b2\n<<<", b"b2\n", "write b2 to alembic/head")


def files(**changed: bytes | None) -> dict[str, bytes | None]:
    """The files of the revisions that not all heads have."""
    sources = {"a1": SOURCE, "b1": SOURCE, "b2": SOURCE, **changed}
    return {str(ROOT / f"alembic/versions/{key}.py"): content for key, content in sources.items()}


def forked(**fields: Any) -> Facts:
    """The database has mine, b1 and b2; a1 came with a pull."""
    head = HeadFile(path=HEAD, content=b"b2\n<<<")
    return up(**{"history": FORKED, "current": ("b2",), "team": TEAM, "contents": files(), "head_file": head, **fields})


def refusal(facts: Facts, expected: type[NoxAlembicError] = RefusedError, **options: Any) -> tuple[str, str, str]:
    with pytest.raises(NoxAlembicError) as error:
        rebase.rebase(config(), facts, Options(**options))
    return told(error)


def test_a_rebase_moves_the_database_along() -> None:
    assert rebase.rebase(config(), forked(), Options()) == Plan(
        steps=(
            NoteRebase("b1 onto a1"),
            Downgrade("t1", ("b2", "b1")),
            REWRITE,
            WRITE_HEAD,
            TO_HEAD,
            NoteRebase(""),
        ),
        destroys="what these revisions added, with its data, before they are applied anew: b2, b1",
    )


def test_what_is_applied_of_the_others_stays_applied() -> None:
    steps = rebase.rebase(config(), forked(current=("a1", "b1")), Options()).steps
    assert steps[1] == Downgrade("b2@t1", ("b1",))


def test_a_database_without_my_revisions_is_left_alone() -> None:
    assert rebase.rebase(config(), forked(current=("a1",)), Options()) == Plan(
        steps=(REWRITE, WRITE_HEAD), notes=("the database does not have b1, and is left alone",)
    )


def test_no_database_leaves_it_alone_without_a_look_at_it() -> None:
    plan = rebase.rebase(config(protected=True), forked(current=("zz",)), Options(database=False))
    assert plan == Plan(steps=(REWRITE, WRITE_HEAD), notes=("the database is left alone",))


def test_without_any_data_there_is_nothing_to_move() -> None:
    facts = replace(stopped(), history=FORKED, team=TEAM, contents=files())
    assert rebase.rebase(config(), facts, Options()) == Plan(steps=(REWRITE,), notes=("there is no database yet",))


def test_a_stopped_database_is_started_to_see_what_it_has() -> None:
    facts = replace(forked(), current=None, engine=engine(data_present=True))
    assert rebase.rebase(config(), facts, Options()) == Plan(
        steps=(StartDatabase(), AwaitDatabase(60)),
        notes=("the database is stopped: it is started to see whether your revisions are applied in it",),
        again=True,
    )


def test_a_rebase_that_was_ended_after_the_downgrade_still_upgrades() -> None:
    plan = rebase.rebase(config(), forked(current=("t1",), rebasing="b1 onto a1"), Options())
    assert plan == Plan(steps=(REWRITE, WRITE_HEAD, TO_HEAD, NoteRebase("")))


def test_the_note_of_another_rebase_moves_nothing() -> None:
    assert rebase.rebase(config(), forked(current=("t1",), rebasing="x onto y"), Options()).steps == (
        REWRITE,
        WRITE_HEAD,
    )


def test_a_rebase_that_was_ended_after_the_rewrite_is_finished() -> None:
    done = History.of([revision("t1"), revision("a1", "t1"), revision("b1", "a1"), revision("b2", "b1")])
    facts = forked(history=done, current=("t1",), rebasing="b1 onto a1", team=None, contents={})
    assert rebase.rebase(config(), facts, Options()).steps == (
        WRITE_HEAD,
        Migrate("heads", ("a1", "b1", "b2")),
        NoteRebase(""),
    )


def test_one_head_has_nothing_to_rebase() -> None:
    assert rebase.rebase(config(), up(), Options()) == Plan(
        notes=("nothing to rebase: the history has one head, c3 (make c3)",)
    )
    assert rebase.rebase(config(), up(history=History(), current=()), Options()).notes == (
        "nothing to rebase: there are no revisions",
    )


def test_a_head_file_that_is_missing_is_made_by_a_change_and_not_without_one() -> None:
    missing = HeadFile(path=HEAD)
    assert rebase.rebase(config(), up(head_file=missing), Options()).steps == ()
    steps = rebase.rebase(config(), forked(head_file=missing, current=("t1",)), Options()).steps
    assert steps[1] == ReplaceFile(HEAD, None, b"b2\n", "write b2 to alembic/head")


def test_a_file_that_git_does_not_have_is_undone_by_hand() -> None:
    facts = forked(team=replace(TEAM, dirty=frozenset({"b1"})))
    (migrate,) = [step for step in rebase.rebase(config(), facts, Options()).steps if isinstance(step, ApplyRevision)]
    assert migrate.way_back == "`down_revision = 't1'` in alembic/versions/b1.py undoes the rebase"


def test_two_first_revisions_are_rebased_from_base() -> None:
    both = History.of([revision("a1"), revision("b1")])
    rootless = files(b1=SOURCE.replace(b'"t1"', b"None"))
    steps = rebase.rebase(config(), forked(history=both, current=("b1",), contents=rootless), Options()).steps
    assert steps[1] == Downgrade("base", ("b1",))
    assert isinstance(steps[2], ReplaceFile)
    assert steps[2].after == MINE


def test_published_revisions_are_refused() -> None:
    team = replace(TEAM, published={"a1": ("origin/main",), "b1": ("origin/main",)})
    message = "published on origin/main, so that others may have applied them: b1"
    assert refusal(forked(team=team)) == ("NA425", message, MERGE)
    assert refusal(forked(team=team), onto="a1") == ("NA425", message, MERGE)


def test_when_all_is_published_the_pushed_copy_of_the_own_branch_may_be_named() -> None:
    published = {"a1": ("origin/main",), "b1": ("origin/work",), "b2": ("origin/work",)}
    team = Team(branch="work", upstream="origin/work", target="origin/main", published=published)
    assert refusal(forked(team=team)) == (
        "NA425",
        "all of it is published on origin/main or origin/work, so that others may have applied it: a1, b1, b2",
        f"{MERGE}; if nobody else has applied b2, `nox -s rebase -- --onto a1` moves it",
    )
    assert rebase.rebase(config(), forked(team=team), Options(onto="a1")).steps[2:4] == (REWRITE, WRITE_HEAD)


def test_all_published_on_one_branch_can_only_be_joined() -> None:
    team = replace(TEAM, published=dict.fromkeys(("a1", "b1", "b2"), ("origin/main",)))
    message = "all of it is published on origin/main, so that others may have applied it: a1, b1, b2"
    assert refusal(forked(team=team)) == ("NA425", message, MERGE)


@pytest.mark.parametrize(
    ("team", "why"),
    [
        (None, "this is not in a git repository"),
        (Team(branch="main"), "there is no upstream to compare the branch main with"),
        (Team(), "there is no upstream to compare this detached HEAD with"),
        (replace(TEAM, published={}), "both have revisions that are not on origin/main"),
    ],
)
def test_who_cannot_be_told_apart_must_be_named(team: Team | None, why: str) -> None:
    assert refusal(forked(team=team)) == ("NA426", f"nothing tells which of a1 and b2 is yours: {why}", CHOOSE)
    assert rebase.rebase(config(), forked(team=team), Options(onto="a1")).steps[1:3] == (
        Downgrade("t1", ("b2", "b1")),
        REWRITE,
    )


def test_the_named_base_must_be_a_head() -> None:
    assert refusal(forked(), onto="b1") == (
        "NA427",
        "the revision b1 is no head, so that two heads would be left",
        CHOOSE,
    )


def test_three_heads_are_refused() -> None:
    three = History.of([*FORKED.revisions.values(), revision("c1", "t1")])
    assert refusal(forked(history=three, team=None)) == (
        "NA428",
        "the history has 3 heads: a1 and b2 and c1; a rebase knows two, yours and the others'",
        "`nox -s merge` joins all of them",
    )


def test_a_merge_among_mine_is_refused() -> None:
    tangled = History.of([*FORKED.revisions.values(), revision("b3", "b1"), revision("m1", "b2", "b3")])
    assert refusal(forked(history=tangled)) == ("NA429", "your branch of the history has a merge itself: m1", MERGE)


@pytest.mark.parametrize(
    ("from_", "to"), [("b2", "a1"), ("a1", "b1"), ("x1", "b1")]
)  # fmt: skip
def test_a_dependency_across_is_refused(from_: str, to: str) -> None:
    fields = {from_: {"depends_on": (to,)}}
    history = History.of(
        [
            revision("t1"),
            revision("x1", "t1", **fields.get("x1", {})),
            revision("a1", "x1", **fields.get("a1", {})),
            revision("b1", "t1"),
            revision("b2", "b1", **fields.get("b2", {})),
        ]
    )
    team = replace(TEAM, published=dict.fromkeys(("x1", "a1"), ("origin/main",)))
    assert refusal(forked(history=history, team=team)) == (
        "NA430",
        f"{from_} depends on {to}, which is on the other side",
        MERGE,
    )


def test_an_applied_revision_without_a_way_down_is_refused() -> None:
    no_way = SOURCE.replace(b"op.y()", b"pass")
    why = "has a downgrade() that does nothing, and an upgrade() that does something"
    sources = files(b2=no_way)
    assert refusal(forked(contents=sources)) == (
        "NA431",
        f"b2 is applied, and there is no way back: alembic/versions/b2.py {why}",
        "write it, or leave the database alone with `nox -s rebase -- --no-database` and `nox -s reset` it",
    )
    assert rebase.rebase(config(), forked(contents=sources, current=("b1",)), Options()).steps[2] == REWRITE


def test_a_file_that_computes_what_it_follows_is_refused() -> None:
    computed = files(b1=b"down_revision = BELOW\n")
    assert refusal(forked(contents=computed)) == (
        "NA432",
        "alembic/versions/b1.py cannot be changed: down_revision is BELOW, which is not the literal of one revision",
        'set `down_revision = "a1"` in it by hand',
    )


def test_a_file_that_is_in_a_container_only_is_refused() -> None:
    assert refusal(forked(contents={}))[1] == (
        "alembic/versions/b1.py cannot be changed: there is no such file on this machine"
    )


def test_a_protected_database_is_not_moved() -> None:
    with pytest.raises(RefusedError) as error:
        rebase.rebase(config(protected=True), forked(), Options())
    assert error.value.id == "NA013"
    assert rebase.rebase(config(protected=True), forked(current=("t1",)), Options()).steps == (REWRITE, WRITE_HEAD)


def test_a_database_at_a_foreign_revision_is_refused() -> None:
    with pytest.raises(FindingError):
        rebase.rebase(config(), forked(current=("zz",)), Options())


def test_a_merge_is_written_and_not_applied() -> None:
    plan = rebase.merge(config(), forked(), Options(new_id="m1"))
    head = ReplaceFile(HEAD, b"b2\n<<<", b"m1\n", "write m1 to alembic/head")
    assert plan == Plan(
        steps=(WriteMerge("m1", ("a1", "b2"), "merge a1 and b2"), head),
        notes=("nothing is applied: `nox -s migrate` does that later",),
    )


def test_a_merge_is_applied_where_that_is_asked_for() -> None:
    steps = rebase.merge(config(), forked(), Options(new_id="m1", message="join", apply=True)).steps
    assert steps[-1] == ApplyRevision("delete the new revision file to go back")


def test_applying_a_merge_needs_a_database_before_anything_is_written() -> None:
    with pytest.raises(PreconditionError) as error:
        rebase.merge(config(), replace(forked(), current=None), Options(new_id="m1", apply=True))
    assert error.value.id == "NA202"


def test_one_head_has_nothing_to_merge() -> None:
    assert rebase.merge(config(), up(), Options(new_id="m1")) == Plan(
        notes=("nothing to merge: the history has one head, c3 (make c3)",)
    )


def test_a_merge_that_was_ended_before_the_head_file_is_finished() -> None:
    facts = up(head_file=HeadFile(path=HEAD, content=b"b2\n"), current=("b2",), history=chain("a1", "b2", "c3"))
    head = ReplaceFile(HEAD, b"b2\n", b"c3\n", "write c3 to alembic/head")
    assert rebase.merge(config(), facts, Options(new_id="m1")).steps == (head,)
    assert rebase.merge(config(), facts, Options(new_id="m1", apply=True)).steps == (
        head,
        Migrate("heads", ("c3",)),
    )
