"""Runs the service, on a database that fits and on no other.

On any other database it prints the command to run, and ends with 3.
"""

import os
import sys

import uvicorn

from ddsurveys.database import BrokenHistoryError, Revisions, look_at_revisions, make_probe
from ddsurveys.settings import CHECKOUT, Settings, SettingsError, read_settings

NOT_READY = 3
GRACE_SECONDS = 3  # an open request must not hold up the end for long


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        return _refuse(str(error))
    if problem := _problem(settings):
        return _refuse(problem)
    uvicorn.run(
        "ddsurveys.api:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        reload=settings.reload,
        timeout_graceful_shutdown=GRACE_SECONDS,
        reload_dirs=[str(CHECKOUT / "src")] if settings.reload else None,
    )
    return 0


def _problem(settings: Settings) -> str:
    """Return why the service cannot start, "" when it can.

    It does not try again: the caller knows when to start it.
    """
    engine = make_probe(settings.database_url)
    try:
        return _sentence(look_at_revisions(engine, settings.alembic_config))
    except BrokenHistoryError as error:
        return f"the revision files cannot be read ({error}): correct them"
    finally:
        engine.dispose()


def _sentence(seen: Revisions) -> str:
    if not seen.reachable:
        return "the database does not answer: start it with `nox -s dev`"
    if not seen.current:
        return "the database is not initialised: run `nox -s migrate`"
    if not seen.at_head:
        return (
            f"the database is at {', '.join(seen.current)} and the code needs {', '.join(seen.heads)}:"
            " run `nox -s migrate`"
        )
    return ""


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"ddsurveys: {sentence}\n")
    return NOT_READY


if __name__ == "__main__":
    sys.exit(main())
