"""Where the worker runs: in this process, in one of its own, or in the backend."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.alembic import worker
from nox_alembic.edges.alembic.client import Alembic, OnEvent
from nox_alembic.edges.postgres.connection import environment_without_libpq, without_libpq
from nox_alembic.edges.system import process


def in_process() -> Alembic:
    """Return Alembic as it is installed here."""
    return Alembic(carry=_perform, path_of=str, address_of=lambda address: address)


@contextlib.contextmanager
def in_own_process() -> Iterator[Alembic]:
    """Yield Alembic as it is installed here, in a process of its own for a database.

    It is for databases beside the real one: a project whose settings are read at import
    keeps the first URL that they saw.
    """
    with process.started(
        [sys.executable, "-m", f"{worker.__name__}.serve"], env=environment_without_libpq(os.environ)
    ) as (requests, answers, ended):

        def carry(request: Mapping[str, Any], hear: OnEvent) -> Mapping[str, Any]:
            with contextlib.suppress(BrokenPipeError):
                requests.write(json.dumps(request) + "\n")
                requests.flush()
            for line in answers:
                event = json.loads(line)
                if "ok" in event:
                    return dict(event)
                hear(event)
            raise _silent(ended())

        yield Alembic(carry=carry, path_of=str, address_of=lambda address: address)


def in_backend(
    python: Sequence[str],
    environ: Mapping[str, str],
    *,
    path_of: Callable[[Path], str],
    address_of: Callable[[DatabaseAddress], DatabaseAddress],
) -> Alembic:
    """Return Alembic as it is installed in the backend's container.

    `python` runs there what it reads from stdin.
    """

    def carry(request: Mapping[str, Any], hear: OnEvent) -> Mapping[str, Any]:
        return _converse(python, environ, request, hear)

    return Alembic(carry=carry, path_of=path_of, address_of=address_of)


def _perform(request: Mapping[str, Any], hear: OnEvent) -> Mapping[str, Any]:
    from nox_alembic.edges.alembic.worker.serve import perform  # noqa: PLC0415 - Alembic takes 0.4 s to import

    with without_libpq():
        return perform(dict(request), hear)


def _converse(
    python: Sequence[str], environ: Mapping[str, str], request: Mapping[str, Any], hear: OnEvent
) -> Mapping[str, Any]:
    """Pipe the worker's own text and the request into a Python there.

    So no argument shows the password.
    """
    answers: list[Mapping[str, Any]] = []

    def hear_line(line: str) -> None:
        event = json.loads(line)
        if "ok" in event:
            answers.append(event)
        else:
            hear(event)

    boot = _texts()["nox_alembic.edges.alembic.worker.boot"]
    text = f"{boot}\nimport json\nrun(*json.loads({json.dumps(json.dumps([_texts(), request]))}))\n"
    code = process.converse(python, text, hear_line, env=environ)
    if code or not answers:
        raise _silent(code)
    return answers[0]


def _silent(code: int) -> FailedError:
    message = f"the Python that runs Alembic ended with {code} before it answered"
    hint = "see its words above: Alembic, SQLAlchemy and psycopg2 must be installed where `alembic-in` says"
    return FailedError("NA410", message, hint=hint)


def _texts() -> Mapping[str, str]:
    """Return the text of each module of the worker by name.

    The packages above it are empty there.
    """
    name = worker.__name__
    paths = sorted(Path(worker.__path__[0]).glob("*.py"))
    modules = {f"{name}.{path.stem}": path.read_text(encoding="utf-8") for path in paths if path.stem != "__init__"}
    above = [name.rsplit(".", count)[0] for count in range(name.count(".") + 1)]
    return {**dict.fromkeys(above, ""), **modules}
