"""One request in, events and one result out: the whole of what the worker does."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nox_alembic.edges.alembic.worker import drafts, runs
from nox_alembic.edges.alembic.worker.failures import facts_of
from nox_alembic.edges.alembic.worker.project import inside, read_config, session_variables

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

Request = dict[str, Any]  # see `perform`
Result = dict[str, Any]
OnRevision = Callable[[str], None]


def perform(request: Request, on_revision: OnRevision) -> Result:
    """Do what `request["do"]` names: upgrade, downgrade, sql, history, compare, draft or merge.

    `configuration` is Alembic's configuration file, `url` the database, `application` and `lock_timeout` (seconds) are
    for the session, whatever env.py does; the other keys are those of the functions in `runs` and `drafts`.
    `on_revision` is called before each revision runs. Returns {"ok": true, "value": ...} or
    {"ok": false, "failure": the facts of `failures`}.
    """
    configuration = Path(request["configuration"]).absolute()
    running: list[Script] = []
    commits: list[str] = []

    def begins(script: Script) -> None:
        running[:] = [script]
        commits.clear()
        on_revision(f"{script.revision} {script.doc or ''}".strip())

    session = session_variables(request.get("application", ""), request.get("lock_timeout", 0), os.environ)
    with inside(configuration.parent, {"DATABASE_URL": request["url"], **session}):
        try:
            value = _do(request, read_config(configuration, request["url"]), begins, lambda: commits.append(""))
        except KeyboardInterrupt:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the project's code that runs
            facts = facts_of(error, running[0] if running else None, configuration.parent)
            return {"ok": False, "failure": {**facts, "committed": bool(commits)}}
    return {"ok": True, "value": value}


def _do(request: Request, config: Config, begins: runs.OnRevision, commits: runs.OnCommit) -> Any:
    def move() -> None:
        runs.move(
            config,
            request["do"],
            request["target"],
            extra=request.get("extra", {}),
            only=request["only"],
            mark=request["mark"],
            begins=begins,
            commits=commits,
        )

    work: dict[str, Callable[[], Any]] = {
        "upgrade": move,
        "downgrade": move,
        "sql": lambda: runs.upgrade_sql(config, request["start"], request["target"]),
        "history": lambda: runs.history(config),
        "compare": lambda: drafts.compare(config),
        "draft": lambda: drafts.draft(config, request["message"], autogenerate=request["autogenerate"]),
        "merge": lambda: drafts.merge(config, request["id"], request["heads"], request["message"]),
    }
    return work[request["do"]]()


def main(requests: Iterable[Request]) -> None:
    """Serve requests, each with a line of JSON for each event on stdout, which nothing else can then write to."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1) as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

        def answer(event: dict[str, Any]) -> None:
            answers.write(json.dumps(event) + "\n")

        for request in requests:
            answer(perform(request, lambda text: answer({"revision": text})))


if __name__ == "__main__":
    main(map(json.loads, sys.stdin))
