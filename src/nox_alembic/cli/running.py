"""A call of a verb: open the environment, look, plan, ask, run, and report the end."""

import contextlib
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from nox_alembic.cli.options import Shared
from nox_alembic.cli.prompt import Person, Seen, agree
from nox_alembic.core.errors import FailedError, NoxAlembicError
from nox_alembic.core.verbs import VERBS, Options, Verb

if TYPE_CHECKING:
    from nox_alembic.report import Reporter
    from nox_alembic.run.environment import Environment

INTERRUPTED = 130
FINDING = 3
# A move that was cut off is settled, an undo finished, and for each the database may
# have to be started to see.
PROBES = 6


def perform(name: str, shared: Shared, *, wait: bool = False, **typed: Any) -> int:
    """Look, plan, and print the plan or run it; return the exit code.

    The plan is made under the lock that the run holds. `wait` waits for the spare that
    is made afterwards.
    """
    verb, options = VERBS[name], Options(**typed)

    def work(environment: "Environment") -> int:
        alone = shared.changes_nothing or not verb.lock  # nothing is changed, or nothing that is shared
        with contextlib.nullcontext() if alone else environment.lock(name):
            _until_done(name, lambda: _plan_and_run(environment, verb, options, shared))
            if not alone and verb.changes and environment.report.steps:
                from nox_alembic.run.afterwards import sweep_leftovers  # noqa: PLC0415 - imported when it was opened

                sweep_leftovers(environment)
        if verb.prepares_spare and not alone and not options.sql and (environment.report.steps or wait):
            from nox_alembic.run.afterwards import prepare_spare  # noqa: PLC0415 - imported when it was opened

            prepare_spare(environment, wait=wait)
        return 0

    return tell(name, shared, work)


def _plan_and_run(environment: "Environment", verb: Verb, options: Options, shared: Shared) -> bool:
    """Print the plan or run it; return whether it only made the next look possible."""
    from nox_alembic.core.verbs.planning import draft  # noqa: PLC0415 - imported when it was opened
    from nox_alembic.run import facts, wiring  # noqa: PLC0415 - imported when it was opened

    seen, plan = facts.plan_of(environment, verb, options)
    for note in plan.notes:
        environment.report.note(note)

    def probe() -> "Seen":
        # A spare does not change what goes, and may have been finished since the probe.
        goes = draft(verb, environment.config, seen, replace(options, cold=True)) if verb.name == "reset" else plan
        return facts.inventory(environment, verb, seen, goes)

    if shared.changes_nothing:
        environment.report.dry_run(plan)
        if shared.plan:
            environment.report.inventory(plan, *(probe() if plan.destroys else (None, "")))
    elif plan.steps:
        agree(plan, shared, probe)
        return wiring.run(environment, plan, seen.history, Person(shared))
    return False


def _until_done(verb: str, act: Callable[[], bool]) -> None:
    """Look and act until there is nothing left that had to be done first."""
    for _ in range(PROBES):
        if not act():
            return
    raise RuntimeError(f"`{verb}` has found something else to do first for {PROBES} times")


def tell(verb: str, shared: Shared, work: Callable[["Environment"], int]) -> int:
    """Open the environment, do the work, and report the end; return the exit code."""
    from nox_alembic.run.opening import open_environment  # noqa: PLC0415 - the edges

    throwaway = verb == "test" and not shared.changes_nothing
    return report_on(
        verb,
        shared,
        lambda report: work(
            open_environment(
                shared.project,
                shared.env,
                report,
                engine=shared.engine,
                throwaway=throwaway,
                arguments=shared.alembic_x,
            )
        ),
    )


def report_on(verb: str, shared: Shared, work: Callable[["Reporter"], int]) -> int:
    """Do the work, and tell how it ended; returns the exit code."""
    from nox_alembic.report import Reporter  # noqa: PLC0415 - `--help` reports nothing
    from nox_alembic.screen import show_log, use_utf8  # noqa: PLC0415 - `--help` reports nothing

    use_utf8()
    show_log(verbose=shared.verbose)
    report = Reporter(verb, json=shared.json, typed=shared.env or "")
    try:
        code = work(report)
    except NoxAlembicError as error:
        report.finish(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        report.finish(FailedError("NA902", "interrupted", hint=f"`{_typed(verb)}` again finishes what was begun"))
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug of ours, reported like any other error
        from nox_alembic.edges.system import unexpected  # noqa: PLC0415 - psycopg2, which most verbs need, and `--help` does not

        report.finish(unexpected.explained(error) or _unexpected(error))
        return FailedError.exit_code
    report.finish()
    return code


def _typed(verb: str) -> str:
    """Return the words that were typed: Nox has two dashes before a second word."""
    return "nox -s " + " -- ".join(verb.split())


def _unexpected(error: Exception) -> NoxAlembicError:
    message = f"an unexpected error, which is a bug of nox-alembic: {type(error).__name__}: {error}"
    return FailedError("NA901", message, hint="please report it with the lines above", detail=traceback.format_exc())
