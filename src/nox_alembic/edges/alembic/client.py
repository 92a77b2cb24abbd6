"""Alembic's work on a project, asked of the worker: in this process, one of its own, or in the backend's container."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.failure import Failure, MigrationError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.changes import Change, Draft, NewFile, require_models
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.edges.alembic import worker
from nox_alembic.edges.postgres.connection import environment_without_libpq, without_libpq
from nox_alembic.edges.system import process

OnRevision = Callable[[str], None]
# Takes a request of `worker.serve` to a worker and returns its answer.
Carry = Callable[[Mapping[str, Any], OnRevision], Mapping[str, Any]]
NOT_CONNECTED = "postgresql+psycopg2://"


@frozen
class Alembic:
    """Alembic in one place; `path_of` and `address_of` say where that place sees the project and the database.

    `strict`: nothing is moved where env.py connects to another database than the given one, nor with `mark` in one that
    has not that word in it: on another server there may be a database of the same name.
    """

    carry: Carry
    path_of: Callable[[Path], str]
    address_of: Callable[[DatabaseAddress], DatabaseAddress]
    strict: bool = False
    mark: str = ""

    def read_history(self, configuration: Path) -> History:
        """Return the revision graph by running the revision files, for those whose ids are computed."""
        answer = self._carried(configuration, NOT_CONNECTED, {"do": "history"})
        if not answer["ok"]:
            failure = answer["failure"]
            raise FailedError("NA407", failure["refused"] or failure["message"], hint="correct the revision files")
        return History.of(_revision(found) for found in answer["value"])

    def upgrade(self, configuration: Path, address: DatabaseAddress, target: str, on_revision: OnRevision) -> None:
        """Upgrade to `target` (an id or `heads`), with a call before each revision; raises MigrationError."""
        self._ask(configuration, self._url(address), self._move("upgrade", address, target), on_revision)

    def downgrade(
        self,
        configuration: Path,
        address: DatabaseAddress,
        target: str,
        on_revision: OnRevision,
        extra: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Downgrade to `target` (an id, `base` or `<branch>@<either>`), with a call before each revision.

        `extra` are revision files by name that are not the project's. Raises MigrationError.
        """
        # Latin-1 gives each byte a character, and the worker gives it back: a file's encoding is its own affair.
        files = {name: content.decode("latin-1") for name, content in extra.items()}
        request = {**self._move("downgrade", address, target), "extra": files}
        self._ask(configuration, self._url(address), request, on_revision)

    def upgrade_sql(self, configuration: Path, start: str, target: str) -> str:
        """Return the SQL of an upgrade; nothing is connected to. Raises MigrationError."""
        return str(self._ask(configuration, NOT_CONNECTED, {"do": "sql", "start": start, "target": target}))

    def compare(self, configuration: Path, address: DatabaseAddress) -> tuple[Change, ...]:
        """Return how the models differ from a database at head, enum labels included.

        Raises MigrationError, and FailedError (NA444).
        """
        return _changes(self._ask(configuration, self._url(address), {"do": "compare"}))

    def draft(self, configuration: Path, address: DatabaseAddress | None, message: str, *, autogenerate: bool) -> Draft:
        """Return a new revision that is not written yet, without a file when nothing differs.

        `address` is a database at head; None where nothing is to be compared. Raises MigrationError, and FailedError
        (NA444).
        """
        url = self._url(address) if address else NOT_CONNECTED
        request = {"do": "draft", "message": message, "autogenerate": autogenerate}
        found = self._ask(configuration, url, request)
        return Draft(
            changes=_changes(found),
            files=tuple(NewFile(**file) for file in found["files"]),
        )

    def merge(self, configuration: Path, id_: str, heads: Sequence[str], message: str) -> NewFile:
        """Return the revision `id_` that joins `heads`, which is not written yet; raises FailedError (NA434)."""
        request = {"do": "merge", "id": id_, "heads": list(heads), "message": message}
        answer = self._carried(configuration, NOT_CONNECTED, request)
        if not answer["ok"]:
            failure = answer["failure"]
            text = f"Alembic cannot make the merge revision: {failure['refused'] or failure['message']}"
            raise FailedError("NA434", text, hint="correct what it says, and `nox -s merge` again")
        return NewFile(**answer["value"])

    def _move(self, direction: str, address: DatabaseAddress, target: str) -> Mapping[str, Any]:
        return {
            "do": direction,
            "target": target,
            "only": address.name if self.strict else "",
            "mark": self.mark,
            "application": address.application,
            "lock_timeout": address.lock_timeout,
        }

    def _url(self, address: DatabaseAddress) -> str:
        return self.address_of(address).url

    def _ask(
        self, configuration: Path, url: str, request: Mapping[str, Any], on_revision: OnRevision = lambda _: None
    ) -> Any:
        answer = self._carried(configuration, url, request, on_revision)
        if not answer["ok"]:
            raise MigrationError(Failure.of(answer["failure"]))
        return answer["value"]

    def _carried(
        self, configuration: Path, url: str, request: Mapping[str, Any], on_revision: OnRevision = lambda _: None
    ) -> Mapping[str, Any]:
        whole = {**request, "configuration": self.path_of(configuration), "url": url}
        return self.carry(whole, on_revision)


def in_process() -> Alembic:
    """Return Alembic as it is installed here."""
    return Alembic(carry=_perform, path_of=str, address_of=lambda address: address)


@contextlib.contextmanager
def in_own_process() -> Iterator[Alembic]:
    """Yield Alembic as it is installed here, in a process of its own for one database.

    For databases beside the real one: a project whose settings are read at import keeps the first URL that they saw.
    """
    with process.started(
        [sys.executable, "-m", f"{worker.__name__}.serve"], env=environment_without_libpq(os.environ)
    ) as (requests, answers, ended):

        def carry(request: Mapping[str, Any], on_revision: OnRevision) -> Mapping[str, Any]:
            with contextlib.suppress(BrokenPipeError):
                requests.write(json.dumps(request) + "\n")
                requests.flush()
            for line in answers:
                event = json.loads(line)
                if "revision" not in event:
                    return dict(event)
                on_revision(event["revision"])
            raise _silent(ended())

        yield Alembic(carry=carry, path_of=str, address_of=lambda address: address)


def in_backend(
    python: Sequence[str],
    environ: Mapping[str, str],
    *,
    path_of: Callable[[Path], str],
    address_of: Callable[[DatabaseAddress], DatabaseAddress],
) -> Alembic:
    """Return Alembic as it is installed in the backend's container, where `python` runs what it reads from stdin."""

    def carry(request: Mapping[str, Any], on_revision: OnRevision) -> Mapping[str, Any]:
        return _converse(python, environ, request, on_revision)

    return Alembic(carry=carry, path_of=path_of, address_of=address_of)


def _perform(request: Mapping[str, Any], on_revision: OnRevision) -> Mapping[str, Any]:
    from nox_alembic.edges.alembic.worker.serve import perform  # noqa: PLC0415 - Alembic takes 0.4 s to import

    with without_libpq():
        return perform(dict(request), on_revision)


def _converse(
    python: Sequence[str], environ: Mapping[str, str], request: Mapping[str, Any], on_revision: OnRevision
) -> Mapping[str, Any]:
    """Pipe the worker's own text into a Python there, and the request with it: no argument shows the password."""
    answers: list[Mapping[str, Any]] = []

    def hear(line: str) -> None:
        event = json.loads(line)
        if "revision" in event:
            on_revision(event["revision"])
        else:
            answers.append(event)

    boot = _texts()["nox_alembic.edges.alembic.worker.boot"]
    text = f"{boot}\nimport json\nrun(*json.loads({json.dumps(json.dumps([_texts(), request]))}))\n"
    code = process.converse(python, text, hear, env=environ)
    if code or not answers:
        raise _silent(code)
    return answers[0]


def _silent(code: int) -> FailedError:
    message = f"the Python that runs Alembic ended with {code} before it answered"
    hint = "see its words above: Alembic, SQLAlchemy and psycopg2 must be installed where `alembic-in` says"
    return FailedError("NA410", message, hint=hint)


def _texts() -> Mapping[str, str]:
    """Return the text of each module of the worker by name; the packages above it are empty there."""
    name = worker.__name__
    paths = sorted(Path(worker.__path__[0]).glob("*.py"))
    modules = {f"{name}.{path.stem}": path.read_text(encoding="utf-8") for path in paths if path.stem != "__init__"}
    above = [name.rsplit(".", count)[0] for count in range(name.count(".") + 1)]
    return {**dict.fromkeys(above, ""), **modules}


def _changes(found: Mapping[str, Any]) -> tuple[Change, ...]:
    changes = tuple(Change(**change) for change in found["changes"])
    require_models(found["models"], changes)
    return changes


def _revision(found: Mapping[str, Any]) -> Revision:
    return Revision(
        id=found["id"],
        down=tuple(found["down"]),
        depends_on=tuple(found["depends_on"]),
        labels=tuple(found["labels"]),
        message=found["message"],
        path=found["path"],
    )
