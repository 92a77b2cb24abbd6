"""One call of a verb: open the environment, look, plan, ask, run, and tell how it ended."""

import contextlib
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from nox_alembic.cli.consent import Seen, agree
from nox_alembic.cli.options import Shared
from nox_alembic.cli.prompt import Person
from nox_alembic.core.errors import FailedError, NoxAlembicError

if TYPE_CHECKING:
    from nox_alembic.core.facts import Facts
    from nox_alembic.core.verbs import Options
    from nox_alembic.report import Reporter
    from nox_alembic.run.environment import Environment

INTERRUPTED = 130
FINDING = 3
# With these it is not asked whether the data folder may be wiped.
_LEAVE_THE_DATA_FOLDER = {"migrate", "revision", "downgrade", "reapply", "repair"}
CLOSELY = {"repair"}
# After these a spare is made for the next reset, in the background.
_PREPARES = {"dev", "migrate", "reset"}


def perform(verb: str, shared: Shared, *, wait: bool = False, **options: Any) -> int:
    """Look, plan, and either print the plan or run it; the plan is made under the lock that the run holds.

    `wait`: for the spare that is prepared afterwards.
    """

    def act(environment: "Environment") -> bool:
        from nox_alembic.core.verbs import RECIPES, Options  # noqa: PLC0415 - imported when it was opened

        typed = Options(**options)
        facts = _look(environment, verb, typed)
        plan = RECIPES[verb](environment.config, facts, typed)
        for note in plan.notes:
            environment.report.note(note)

        def look() -> "Seen":
            # What goes is the same with a spare, which the background may have finished since somebody looked at it.
            goes = RECIPES[verb](environment.config, facts, replace(typed, cold=True)) if verb == "reset" else plan
            return environment.inventory(verb, facts, goes)

        if shared.only_looks:
            environment.report.dry_run(plan)
            if shared.plan:
                environment.report.goes(plan, *(look() if plan.destroys else (None, "")))
        elif plan.steps:
            agree(plan, shared, look)
            environment.run(plan, facts.history, Person(shared))
        return plan.again and not shared.only_looks

    def perform(environment: "Environment") -> int:
        alone = shared.only_looks or verb == "test"  # the one changes nothing, the other nothing that is shared
        with contextlib.nullcontext() if alone else environment.lock(verb):
            if act(environment):
                act(environment)
        if verb in _PREPARES and not alone and not options.get("sql") and (environment.report.steps or wait):
            environment.prepare_spare(wait=wait)
        return 0

    return tell(verb, shared, perform)


def _look(environment: "Environment", verb: str, options: "Options") -> "Facts":
    """Return what the verb decides on: to look at more takes longer."""
    if options.fast:
        return environment.look_for_swap()
    if verb.startswith("snapshot "):
        return environment.snapshots.look(environment.look(whole=False))
    facts = environment.look(whole=verb not in _LEAVE_THE_DATA_FOLDER)
    if verb in CLOSELY:
        return environment.look_closely(facts)
    return environment.look_at_spares(facts) if verb == "reset" and not options.cold else facts


def tell(verb: str, shared: Shared, work: Callable[["Environment"], int]) -> int:
    """Open the environment, do the work, and tell how it ended; returns the exit code."""
    from nox_alembic.run.opening import open_environment  # noqa: PLC0415 - the edges

    throwaway = verb == "test" and not shared.only_looks
    return report_on(
        verb,
        shared,
        lambda report: work(
            open_environment(shared.project, shared.env, report, engine=shared.engine, throwaway=throwaway)
        ),
    )


def report_on(verb: str, shared: Shared, work: Callable[["Reporter"], int]) -> int:
    """Do the work, and tell how it ended; returns the exit code."""
    from nox_alembic.report import Reporter, use_utf8  # noqa: PLC0415 - `--help` reports nothing

    use_utf8()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("nox_alembic").setLevel(logging.DEBUG if shared.verbose else logging.WARNING)
    report = Reporter(verb, json=shared.json)
    try:
        code = work(report)
    except NoxAlembicError as error:
        report.finish(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        report.finish(FailedError("NA902", "interrupted", hint=f"`{_typed(verb)}` again finishes what was begun"))
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug of ours, told like any other error
        from nox_alembic.edges.system import unexpected  # noqa: PLC0415 - psycopg2, which most verbs need, and `--help` does not

        report.finish(unexpected.told(error) or _unexpected(error))
        return FailedError.exit_code
    report.finish()
    return code


def _typed(verb: str) -> str:
    """Return what was typed: Nox takes the second word of a verb after its dashes."""
    return "nox -s " + " -- ".join(verb.split())


def _unexpected(error: Exception) -> NoxAlembicError:
    message = f"an unexpected error, which is a bug of nox-alembic: {type(error).__name__}: {error}"
    return FailedError("NA901", message, hint="please report it with the lines above", detail=traceback.format_exc())
