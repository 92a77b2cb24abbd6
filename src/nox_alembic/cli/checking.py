"""The verb that finds what is wrong before it hurts, and the verb that repairs."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nox_alembic.cli.options import Shared, verb
from nox_alembic.cli.prompt import Person
from nox_alembic.cli.running import FINDING, perform, tell
from nox_alembic.core.errors import FailedError
from nox_alembic.core.verbs import VERBS, Options

if TYPE_CHECKING:
    from nox_alembic.core.facts import Facts
    from nox_alembic.core.steps import Plan
    from nox_alembic.run.environment import Environment


@verb("check")
@click.option("--merge", "branch", default="", metavar="BRANCH", help="Check only what a merge with it would make.")
@click.option("--base", default="", metavar="REF", help="The shared branch (default: the remote's default branch).")
@click.option("--no-database", is_flag=True, help="Check only the files; start no throw-away database.")
def check(shared: Shared, *, branch: str, base: str, no_database: bool) -> int:
    """Check the history, the models, the applied files, the indexes and the SQL.

    It is made for CI: there must be one head, models equal to the migrations, no edited
    file, no invalid index and nothing from the linter. It lists the findings, and ends
    with 3 if there are any.
    """
    options = Options(no_database=no_database, base=base)

    def work(environment: "Environment") -> int:
        try:
            if branch:
                _check_merge(environment, branch)
            else:
                _check(environment, options, shared=shared)
        finally:
            environment.report.print_checks(environment.root)
        return FINDING if any(check.found for check in environment.report.checks) else 0

    return tell("check", shared, work)


@verb("repair")
@click.option("--applied", multiple=True, metavar="REV", help="Mark it, and what it follows, as applied; nothing runs.")
@click.option("--reverted", multiple=True, metavar="REV", help="Mark it, and what follows it, as not applied.")
@click.option("--hashes", is_flag=True, help="Accept files that were edited after they were applied.")
def repair(shared: Shared, *, applied: tuple[str, ...], reverted: tuple[str, ...], hashes: bool) -> int:
    """Drop the invalid indexes that failed migrations left.

    With options, correct what counts as applied.
    """
    return perform("repair", shared, applied=applied, reverted=reverted, hashes=hashes)


def _check(environment: "Environment", options: Options, *, shared: Shared) -> None:
    """Make the checks, on the running database or else on a throw-away database."""
    from nox_alembic.core.findings import checks  # noqa: PLC0415 - `--help` imports nothing of this
    from nox_alembic.run.facts import plan_of  # noqa: PLC0415 - imported when it was opened

    try:
        facts, plan = plan_of(environment, VERBS["check"], options)
    except FailedError as error:
        if error.id != "NA407":
            raise
        environment.report.checked(checks.of_broken_history(error))
        return
    left_out = "left out by --no-database" if options.no_database else ""
    for seen in (*checks.looked(facts, left_out), *checks.not_in_the_plan(facts, left_out)):
        environment.report.checked(seen)
    _run(environment, facts, plan, shared=shared)


def _run(environment: "Environment", facts: "Facts", plan: "Plan", *, shared: Shared) -> None:
    from nox_alembic.core.verbs.planning import plan_of  # noqa: PLC0415 - imported when it was opened
    from nox_alembic.run import wiring  # noqa: PLC0415 - imported when it was opened
    from nox_alembic.run.facts import facts_of  # noqa: PLC0415 - imported when it was opened

    if shared.changes_nothing:
        environment.report.dry_run(plan)
    elif facts.current is not None:
        with environment.lock("check"):
            wiring.run(environment, plan, facts.history, Person(shared))
    elif plan.steps:
        thrown_away = environment.thrown_away()
        seen = replace(facts_of(thrown_away, VERBS["test"], Options()), details=facts.details)
        plan = plan_of(VERBS["check"], environment.config, seen, Options())
        wiring.run(thrown_away, plan, facts.history, Person(shared))


def _check_merge(environment: "Environment", branch: str) -> None:
    from nox_alembic.core.findings.branches import checks_of  # noqa: PLC0415 - `--help` imports nothing of this
    from nox_alembic.edges.probe import details  # noqa: PLC0415 - few verbs need details

    for seen in checks_of(details.branches(environment.require_configuration(), branch)):
        environment.report.checked(seen)
