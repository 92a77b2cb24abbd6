"""What the steps of `check` and `repair` do with their edges, and what they refuse."""

from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.errors import FailedError
from nox_alembic.core.findings.checks import Check
from nox_alembic.core.findings.lint import Violation
from nox_alembic.core.revisions.changes import Change, Draft
from nox_alembic.core.steps.checks import AcceptFiles, CompareModels, DropIndex, LintSql, Stamp
from tests.unit.core.make import TWO_HEADS
from tests.unit.fakes import FakeMigrations
from tests.unit.run.bench import Bench


def test_models_that_are_ahead_are_told_by_the_report(bench: Bench) -> None:
    bench.world.draft = Draft(changes=(Change("table added", "table t added"),))
    bench.run(CompareModels())
    assert [(check.name, check.state) for check in bench.report.checks] == [("models", "found")]
    assert bench.report.steps[0].outcome == "1 change without a revision"


class Refusing(FakeMigrations):
    """Alembic with an env.py that has no models, or with a revision that asks the database."""

    message = ""

    def compare(self, *_: object) -> tuple[Change, ...]:
        raise FailedError("NA405", self.message, hint="none")

    def upgrade_sql(self, configuration: object, start: str, target: str) -> str:
        if target in {"heads", "b2"}:
            raise FailedError("NA405", f"{target} asks", hint="none")
        return f"-- Running upgrade {start} -> {target}\n\nDROP TABLE t;\n"


def test_a_project_without_models_is_not_made_and_no_failure(bench: Bench) -> None:
    refusing = Refusing(bench.world)
    refusing.message = "Alembic refuses: env.py does not provide a MetaData object or sequence of objects"
    bench.alembic = refusing
    bench.run(CompareModels())
    reason = "env.py gives no target_metadata, so there are no models to compare"
    assert bench.report.checks == [Check("models", "not made", reason)]
    refusing.message = "No module named 'models'"
    assert bench.refusal(CompareModels()).message == "No module named 'models'"


def test_lint_runs_once_for_revisions_that_follow_one_another(bench: Bench) -> None:
    assert bench.run(LintSql(("b2", "c3"))) == ["sql a1:heads", "lint /project 18.1"]
    assert bench.report.checks == [Check("lint", "ok", "no findings in the SQL of 2 unpublished revisions")]


def test_lint_without_a_server_pins_no_version(bench: Bench) -> None:
    assert bench.run(LintSql(("c3",), server=False))[-1] == "lint /project any version"


def test_revisions_that_ask_the_database_are_named_and_the_others_linted(bench: Bench) -> None:
    refusing = Refusing(bench.world)
    bench.linter.violations = (Violation(2, "ban-drop-table", "m", "c"), Violation(2, "prefer-robust-stmts", "m", "c"))
    bench.alembic, bench.history = refusing, TWO_HEADS
    bench.run(LintSql(("b2", "b9")))
    (check,) = bench.report.checks
    assert [(found.revision, found.rule, found.line) for found in check.found] == [("b9", "ban-drop-table", 3)]
    assert check.notices == ("b2 (mine) has no SQL without a database: b2 asks",)


def test_the_projects_own_rules_count_as_they_are(bench: Bench) -> None:
    refusing = Refusing(bench.world)
    bench.linter.violations, bench.linter.own_rules = (Violation(2, "prefer-robust-stmts", "m", "c"),), True
    bench.alembic, bench.history = refusing, TWO_HEADS
    bench.run(LintSql(("b9",)))
    assert bench.report.checks[0].state == "found"


def test_a_mark_is_made_under_the_lock_recorded_and_read_back(bench: Bench) -> None:
    bench.world.current = ("c3",)
    bench.fingerprints.recorded = {"a1": "00", "c3": "22"}
    assert bench.run(Stamp(("c3",), ("b2",))) == ["lock", "stamp c3 to b2", "unlock"]
    assert (bench.fingerprints.recorded, bench.fingerprints.at) == ({"a1": "00", "b2": "bytes of b2"}, ("b2",))
    bench.world.forgets = True
    error = bench.refusal(Stamp(("b2",), ()))
    assert (error.id, error.message, error.hint) == (
        "NA450",
        "the database says b2 after it was marked as being at base",
        "`nox -s status` shows where it is; repeat it",
    )


def test_edited_files_are_recorded_as_they_are_and_the_record_is_read_back(bench: Bench) -> None:
    bench.world.current = ("b2",)
    bench.fingerprints.recorded = {"a1": "00", "b2": "11"}
    bench.run(AcceptFiles(("b2",)))
    assert bench.fingerprints.recorded == {"a1": "00", "b2": "bytes of b2"}
    error = bench.refusal(AcceptFiles(("b2",)))
    assert (error.id, error.message, error.hint) == (
        "NA454",
        "the record of b2 in the comment of Alembic's table did not change",
        "`nox -s check` shows what is edited; the comment may be somebody else's",
    )


def test_an_index_that_does_not_go_is_an_error(bench: Bench) -> None:
    assert bench.run(DropIndex("ix")) == ["drop index ix"]
    bench.repairs.invalid = (InvalidIndex("ix", "t"),)
    error = bench.refusal(DropIndex("ix"))
    assert (error.id, error.message, error.hint) == (
        "NA451",
        "the index ix is still there",
        "let the transaction end that uses it, and `nox -s repair`",
    )
