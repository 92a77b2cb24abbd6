"""The act of `check` and `repair`.

It compares, lints, and corrects the database's own record.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from nox_alembic.core.copies.siblings import name_of
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.findings.checks import Found, not_made, of_lint, of_models
from nox_alembic.core.findings.lint import findings, is_asked, one_by_one, whole, without_bookkeeping
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps.checks import AcceptFiles, CheckStep, CompareModels, DropIndex, LintSql, Stamp
from nox_alembic.report import Reporter
from nox_alembic.run.acts.fingerprints import Fingerprinting
from nox_alembic.run.ports import DONE, Inspection, Linter, Migrations, Repairs, Server

# Alembic's own words; it has no type for it.
NO_MODELS = "does not provide a MetaData object"


@frozen(kw_only=True)
class Checks:
    """The act of the steps that compare, lint, and correct the database's record.

    `timeout` is in seconds.
    """

    configuration: Configuration
    root: Path
    history: History
    address: Callable[[], DatabaseAddress]
    server: Server
    migrations: Callable[[], Migrations]
    inspection: Inspection
    repairs: Repairs
    linter: Linter
    fingerprinting: Fingerprinting
    timeout: float
    report: Reporter

    def do(self, step: CheckStep) -> str:
        """Do one step, and return how it ended."""
        match step:
            case CompareModels():
                return self._compare()
            case LintSql():
                return self._lint(step)
            case Stamp():
                self._stamp(step)
            case AcceptFiles():
                self._accept(step)
            case DropIndex():
                self._drop_index(step)
            case _:
                assert_never(step)
        return DONE

    def _compare(self) -> str:
        """Report how the models differ from a database with all migrations."""
        address = self.address()
        shadow = replace(address, name=name_of(address.name, "shadow"))
        try:
            check = of_models(self.migrations().compare(self.configuration, shadow))
        except FailedError as error:
            if NO_MODELS not in error.message:
                raise
            check = not_made("models", "env.py gives no target_metadata, so there are no models to compare")
        self.report.checked(check)
        return check.sentence

    def _lint(self, step: LintSql) -> str:
        """Report the linter's findings, and the revisions without SQL.

        A revision has no SQL if it needs a database to make it.
        """
        root, linter = self.root, self.linter
        version = self.server.version(self.address()) if step.server else ""
        own_rules = linter.has_own_rules(root)
        found: list[Found] = []
        without: list[str] = []
        for sql in self._sql(step.revisions, without):
            violations = linter.lint(without_bookkeeping(sql), root, version)
            asked = [violation for violation in violations if own_rules or is_asked(violation.rule)]
            found += findings(self.history, sql, asked)
        check = of_lint(len(step.revisions), found, without)
        self.report.checked(check)
        return check.sentence

    def _sql(self, revisions: Sequence[str], without: list[str]) -> Iterator[str]:
        """Yield the SQL of all revisions in one piece.

        If that does not work, yield the SQL of each revision that has some.
        """
        history, migrations, configuration = self.history, self.migrations(), self.configuration
        try:
            every = whole(history, revisions)
            yield from [migrations.upgrade_sql(configuration, span.start, span.target) for span in every]
        except FailedError:  # there is one that asks the database: each is tried alone
            for span in one_by_one(history, revisions):
                try:
                    yield migrations.upgrade_sql(configuration, span.start, span.target)
                except FailedError as error:
                    without.append(f"{history.describe(span.target)} has no SQL without a database: {error.message}")

    def _stamp(self, step: Stamp) -> None:
        """Stamp the database under the lock of migrations, and read it back."""
        address = self.address()
        with self.server.migration_lock(address, self.timeout, self.report.note):
            self.repairs.stamp(
                address, step.before, step.after, lambda: self.migrations().find_table(self.configuration, address)
            )
            found = self.server.revisions(address) or ()
            self.fingerprinting.settle(address, found)
        if set(found) != set(step.after):
            said, wanted = ", ".join(found) or "base", ", ".join(step.after) or "base"
            message = f"the database says {said} after it was marked as being at {wanted}"
            raise FailedError("NA450", message, hint="`nox -s status` shows where it is; repeat it")

    def _accept(self, step: AcceptFiles) -> None:
        """Keep the digests of the files as they are, and read them back."""
        address = self.address()
        before = self.fingerprinting.table.read(address)
        self.fingerprinting.accept(address, step.revisions)
        after = self.fingerprinting.table.read(address)
        if left := [key for key in step.revisions if after.get(key) == before.get(key)]:
            message = f"the record of {', '.join(left)} in the comment of Alembic's table did not change"
            raise FailedError(
                "NA454", message, hint="`nox -s check` shows what is edited; the comment may be somebody else's"
            )

    def _drop_index(self, step: DropIndex) -> None:
        """Drop the index, and check that it is gone."""
        address = self.address()
        self.repairs.drop_index(address, step.name)
        if step.name in {index.name for index in self.inspection.invalid_indexes(address)}:
            message = f"the index {step.name} is still there"
            raise FailedError("NA451", message, hint="let the transaction end that uses it, and `nox -s repair`")
