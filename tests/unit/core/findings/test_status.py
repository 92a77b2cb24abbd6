"""What the facts mean: the rows of `status`, and what needs a hand."""

from dataclasses import replace

from nox_alembic.core.findings.status import Finding, Row, status_of
from nox_alembic.core.revisions.authors import Authors, Commit
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.orphans import Orphans
from tests.unit.core.make import ELSEWHERE, chain, engine, facts, orphan, up


def test_all_is_well_at_head() -> None:
    seen = status_of(up())
    assert seen.findings == ()
    assert seen.summary == "3 applied, 0 pending, 0 unknown"


def test_what_another_clone_has_started_is_a_finding_and_its_database_is_not_shown_as_ours() -> None:
    (finding,) = status_of(up(engine=replace(up().engine, foreign=ELSEWHERE))).findings
    sentence = "the Compose project is in use by another clone, in /elsewhere: what is shown here is its database"
    assert finding == Finding(sentence, 'run `nox -s down` there, or set "compose-project" here')


def test_each_revision_is_applied_pending_or_unknown() -> None:
    seen = status_of(up(current=("b2", "zz")))
    assert seen.rows == (
        Row("applied", "a1", "make a1"),
        Row("applied", "b2", "make b2"),
        Row("pending", "c3", "make c3"),
        Row("unknown", "zz", "no file on this branch"),
    )
    assert [finding.sentence for finding in seen.findings] == ["zz: not on this branch", "revisions are pending"]


def test_revisions_of_another_branch_are_shown_with_what_is_known_and_those_below_are_applied() -> None:
    found = Orphans(found=(orphan("x2", "x1"), orphan("x1", "b2")))
    seen = status_of(up(current=("x2",), orphans=found))
    assert seen.rows == (
        Row("applied", "a1", "make a1"),
        Row("applied", "b2", "make b2"),
        Row("pending", "c3", "make c3"),
        Row("unknown", "x1", 'make x1 (Ada, 2026-01-31, the branch "feature")'),
        Row("unknown", "x2", 'make x2 (Ada, 2026-01-31, the branch "feature")'),
    )
    assert seen.findings[0] == Finding("x2: not on this branch", found.advice)


def test_below_a_revision_that_is_nowhere_the_database_tells_what_is_applied() -> None:
    seen = status_of(up(current=("x2",), orphans=Orphans(missing=("x2",), fingerprinted=("a1", "b2", "x2"))))
    assert [(row.state, row.id) for row in seen.rows] == [
        ("applied", "a1"),
        ("applied", "b2"),
        ("pending", "c3"),
        ("unknown", "x2"),
    ]


def test_json_has_the_fields_of_the_contract_and_no_password() -> None:
    fields = status_of(up(current=("b2",))).as_json()
    assert fields["current"] == ["b2"]
    assert fields["heads"] == ["c3"]
    assert fields["pending"] == ["c3"]
    assert fields["unknown"] == []
    assert fields["database"] == {"url": "postgresql://dds@127.0.0.1:5432/ddsurveys", "reachable": True}
    assert fields["backend"] == {"running": True, "healthy": True, "url": "http://127.0.0.1:8000/health"}
    assert "s3cret" not in str(fields)


def test_a_database_that_does_not_answer_is_the_one_finding() -> None:
    seen = status_of(facts())
    assert seen.findings == (Finding("the database does not answer", "`nox -s dev` starts it"),)
    assert (seen.rows, seen.summary) == ((), "")


def test_two_heads_are_a_finding() -> None:
    forked = chain("a1", "b2")
    both = replace(forked, revisions={**forked.revisions, "c9": replace(forked.revisions["b2"], id="c9")})
    assert status_of(up(history=both, current=("b2",))).findings[0].sentence == (
        "the history has 2 heads: b2 (make b2) and c9 (make b2)"
    )


def test_an_unhealthy_backend_is_a_finding_where_there_is_one() -> None:
    assert [f.sentence for f in status_of(up(healthy=False)).findings] == ["the backend is not healthy"]
    without = replace(up().engine, backend=replace(up().engine.backend, defined=False))
    assert status_of(up(healthy=False, engine=without)).findings == ()


def test_data_of_another_version_is_a_finding() -> None:
    assert status_of(facts(engine=engine(problem="made by 15"))).findings[0].sentence == "made by 15"


def test_each_row_says_who_added_the_revision_and_when() -> None:
    history = History.of([Revision(id="a1", path="/p/a1.py"), Revision(id="b2", down=("a1",), path="/p/b2.py")])
    authors = Authors({"/p/a1.py": Commit("c0ffee", "Anna", "2026-01-31T10:00:00+01:00")})
    seen = status_of(up(history=history, current=("b2",)), authors)
    assert [(row.author, row.date) for row in seen.rows] == [
        ("Anna", "2026-01-31T10:00:00+01:00"),
        ("not committed", ""),
    ]
    assert seen.as_json()["revisions"] == [
        {"id": "a1", "state": "applied", "message": "", "author": "Anna", "date": "2026-01-31T10:00:00+01:00"},
        {"id": "b2", "state": "applied", "message": "", "author": None, "date": None},
    ]


def test_a_short_list_has_the_last_applied_and_all_that_is_to_do() -> None:
    ids = [f"r{number:02}" for number in range(40)]
    seen = status_of(up(history=chain(*ids), current=("r29", "zz")))
    left_out, rows = seen.in_short()
    assert left_out == 20
    assert [row.id for row in rows] == [*ids[20:], "zz"]
    assert status_of(up()).in_short() == (0, status_of(up()).rows)
