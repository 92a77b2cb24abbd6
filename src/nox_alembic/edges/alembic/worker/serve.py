"""One request in, events and one result out: the whole of what the worker does."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nox_alembic.edges.alembic.worker import drafts, runs
from nox_alembic.edges.alembic.worker.application import context_of
from nox_alembic.edges.alembic.worker.arguments import arguments
from nox_alembic.edges.alembic.worker.connections import Connections, Refused, watched
from nox_alembic.edges.alembic.worker.environment import CONNECTIONS, wants_arguments
from nox_alembic.edges.alembic.worker.failures import facts_of
from nox_alembic.edges.alembic.worker.project import absolute, inside, read_config
from nox_alembic.edges.alembic.worker.session import Session
from nox_alembic.edges.alembic.worker.tables import TABLES

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

Request = dict[str, Any]  # see `perform`
Result = dict[str, Any]
OnEvent = Callable[[dict[str, Any]], None]


def perform(request: Request, tell: OnEvent) -> Result:
    """Do what `request["do"]` names, and return what to answer.

    It names probe, table, upgrade, downgrade, sql, history, compare, draft or merge.
    `configuration` is that of `project.read_config`, with the `folder` where Alembic is
    run and the `arguments` of `-x`. `url` is the database, `variables` those of
    `inside`; `application` and `lock_timeout` (seconds) are for the session, whatever
    env.py does; `key` and `left_alone` are those of `Connections`, where env.py is run;
    the other keys are those of the functions in `runs` and `drafts`.

    `tell` is called with {"revision": ...} before each revision runs, and with
    {"connection": the facts} for what connects elsewhere.

    Returns {"ok": true, "value": ...}, {"ok": false, "refused": the facts of `Refused`}
    or {"ok": false, "failure": the facts of `failures`}, each with the `tables` in
    which Alembic keeps the revisions, as env.py was run.
    """
    found = absolute(request["configuration"])
    folder = Path(found["folder"])
    running: list[Script] = []
    commits: list[str] = []
    session = Session.of(request.get("application", ""), request.get("lock_timeout", 0), os.environ)
    connections = _connections(request, session, tell)

    def begins(script: Script) -> None:
        running[:] = [script]
        commits.clear()
        connections.revision = script.revision
        tell({"revision": f"{script.revision} {script.doc or ''}".strip()})

    def answer(**found: Any) -> Result:
        return {**found, "tables": config.attributes.get(TABLES, []) if config else []}

    config: Config | None = None
    variables = {**request.get("variables", {}), **session.variables(os.environ)}
    watch = watched(connections) if "key" in request else contextlib.nullcontext()
    with inside(folder, variables), watch:
        try:
            words = arguments(found, request)
            config, url = read_config(found, request["url"], os.environ, words)
            if not variables.get("DATABASE_URL"):  # of the project's own making
                os.environ["DATABASE_URL"] = url
            config.attributes[CONNECTIONS] = connections
            with context_of(is_of_flask=found["is_of_flask"] and "key" in request):
                value = _do(request, config, begins, lambda: commits.append(""))
        except KeyboardInterrupt:
            raise
        except Refused as refused:
            return answer(ok=False, refused=refused.facts)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the project's code that runs
            return answer(ok=False, failure={**_failure(error, running, config, folder), "committed": bool(commits)})
    return answer(ok=True, value=value)


def _connections(request: Request, session: Session, tell: OnEvent) -> Connections:
    return Connections(
        request["url"],
        request.get("key"),
        session,
        left_alone=request.get("left_alone", False),
        tell=lambda found: tell({"connection": found}),
    )


def _failure(error: BaseException, running: list[Script], config: Config | None, folder: Path) -> dict[str, Any]:
    facts = facts_of(error, running[0] if running else None, folder)
    return {**facts, "wants_arguments": not running and config is not None and wants_arguments(config)}


def _do(request: Request, config: Config, begins: runs.OnRevision, commits: runs.OnCommit) -> Any:
    def move() -> None:
        extra = request.get("extra", {})
        runs.move(config, request["do"], request["target"], extra=extra, begins=begins, commits=commits)

    work: dict[str, Callable[[], Any]] = {
        "probe": lambda: runs.probe(config),
        "upgrade": move,
        "downgrade": move,
        "table": lambda: runs.find_table(config),
        "sql": lambda: runs.upgrade_sql(config, request["start"], request["target"]),
        "history": lambda: runs.history(config),
        "compare": lambda: drafts.compare(config),
        "draft": lambda: drafts.draft(
            config, request["message"], request["head"], autogenerate=request["autogenerate"]
        ),
        "merge": lambda: drafts.merge(config, request["id"], request["heads"], request["message"]),
    }
    return work[request["do"]]()


def main(requests: Iterable[Request]) -> None:
    """Serve requests; each event is a line of JSON on stdout.

    Nothing else can then write to stdout.
    """
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1) as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

        def answer(event: dict[str, Any]) -> None:
            answers.write(json.dumps(event) + "\n")

        for request in requests:
            answer(perform(request, answer))


if __name__ == "__main__":
    main(map(json.loads, sys.stdin))
