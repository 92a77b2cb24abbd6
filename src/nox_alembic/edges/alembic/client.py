"""Alembic's work on a project, done by the worker.

The worker runs in this process, in one of its own, or in the backend's container.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg2

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures import connections
from nox_alembic.core.failures.failure import Failure, MigrationError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.changes import Change, Draft, NewFile, require_models
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.edges.postgres.connection import DIVERTING, connected, libpq_variables

OnRevision = Callable[[str], None]
OnEvent = Callable[[Mapping[str, Any]], None]
# Takes a request of `worker.serve` to a worker and returns its answer. Events of the
# worker are passed on at once.
Carry = Callable[[Mapping[str, Any], OnEvent], Mapping[str, Any]]
NOT_CONNECTED = "postgresql+psycopg2://"


@frozen
class Alembic:
    """Alembic in one place.

    `path_of` and `address_of` say where that place sees the project and the database.
    Whatever env.py connects to, it is run on the given database and on no other one.
    `variables` are the project's own for a database. `is_real` says whether that is the
    environment's own: only there may a revision connect elsewhere. `tell` is called
    with what is to be said once about where they connect, and with its subject.
    `keep_tables` is called with the tables in which env.py keeps the revisions.
    """

    carry: Carry
    path_of: Callable[[Path], str]
    address_of: Callable[[DatabaseAddress], DatabaseAddress]
    variables: Callable[[DatabaseAddress], Mapping[str, str]] = lambda _: MappingProxyType({})
    is_real: Callable[[DatabaseAddress], bool] = lambda _: False
    tell: Callable[[str, str], None] = lambda *_: None
    keep_tables: Callable[[DatabaseAddress, Sequence[str]], None] = lambda *_: None

    def read_history(self, configuration: Configuration) -> History:
        """Return the revision graph by running the revision files.

        It is for revision files whose ids are computed.
        """
        answer = self._carried(configuration, None, {"do": "history"})
        if not answer["ok"]:
            failure = answer["failure"]
            raise FailedError("NA407", failure["refused"] or failure["message"], hint="correct the revision files")
        return History.of(_revision(found) for found in answer["value"])

    def probe(self, configuration: Configuration, address: DatabaseAddress) -> bool:
        """Run env.py without its migrations, and return whether it came to them.

        It is refused what an upgrade would be refused. Raises MigrationError, and
        RefusedError (NA470, NA471).
        """
        return bool(self._ask(configuration, address, {"do": "probe"}))

    def upgrade(
        self, configuration: Configuration, address: DatabaseAddress, target: str, on_revision: OnRevision
    ) -> None:
        """Upgrade to `target` (an id or `heads`), with a call before each revision.

        Raises MigrationError.
        """
        self._ask(configuration, address, self._move("upgrade", address, target), on_revision)

    def downgrade(
        self,
        configuration: Configuration,
        address: DatabaseAddress,
        target: str,
        on_revision: OnRevision,
        extra: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Downgrade to `target`, with a call before each revision.

        `target` is an id, `base` or `<branch>@<either>`. `extra` are revision files by
        name that are not the project's. Raises MigrationError.
        """
        # Latin-1 gives each byte a character, and the worker gives it back: a file's
        # encoding is its own affair.
        files = {name: content.decode("latin-1") for name, content in extra.items()}
        request = {**self._move("downgrade", address, target), "extra": files}
        self._ask(configuration, address, request, on_revision)

    def find_table(self, configuration: Configuration, address: DatabaseAddress) -> str:
        """Return the table of the revisions in env.py, which need not be there yet.

        Raises MigrationError.
        """
        return str(self._ask(configuration, address, {"do": "table"}))

    def upgrade_sql(self, configuration: Configuration, start: str, target: str) -> str:
        """Return the SQL of an upgrade; nothing is connected to.

        Raises MigrationError, and FailedError (NA473).
        """
        request = {"do": "sql", "start": start, "target": target, "key": None}
        return str(self._ask(configuration, None, request))

    def compare(self, configuration: Configuration, address: DatabaseAddress) -> tuple[Change, ...]:
        """Return how the models differ from a database at head, enum labels included.

        Raises MigrationError, and FailedError (NA444).
        """
        return _changes(self._ask(configuration, address, {"do": "compare"}))

    def draft(
        self,
        configuration: Configuration,
        address: DatabaseAddress | None,
        message: str,
        head: str = "",
        *,
        autogenerate: bool,
    ) -> Draft:
        """Return a new revision that is not written yet.

        It follows `head`, by default the only one. It has no file when nothing differs.
        `address` is a database at head; None where nothing is to be compared. Raises
        MigrationError, and FailedError (NA444).
        """
        request = {"do": "draft", "message": message, "head": head, "autogenerate": autogenerate}
        found = self._ask(configuration, address, request)
        return Draft(
            changes=_changes(found),
            files=tuple(NewFile(**file) for file in found["files"]),
        )

    def merge(self, configuration: Configuration, id_: str, heads: Sequence[str], message: str) -> NewFile:
        """Return the revision `id_` that joins `heads`, which is not written yet.

        Raises FailedError (NA434).
        """
        request = {"do": "merge", "id": id_, "heads": list(heads), "message": message}
        answer = self._carried(configuration, None, request)
        if not answer["ok"]:
            failure = answer["failure"]
            text = f"Alembic cannot make the merge revision: {failure['refused'] or failure['message']}"
            raise FailedError("NA434", text, hint="correct what it says, and `nox -s merge` again")
        return NewFile(**answer["value"])

    def _move(self, direction: str, address: DatabaseAddress, target: str) -> Mapping[str, Any]:
        session = {"application": address.application, "lock_timeout": address.lock_timeout}
        return {"do": direction, "target": target, **session}

    def _ask(
        self,
        configuration: Configuration,
        address: DatabaseAddress | None,
        request: Mapping[str, Any],
        on_revision: OnRevision = lambda _: None,
    ) -> Any:
        """Return the value of the answer.

        Raises MigrationError, and RefusedError (NA470 to NA472).
        """
        if address is None:
            answer = self._carried(configuration, None, request, on_revision)
        else:
            with _proof(address) as key:
                whole = {**request, "key": key, "left_alone": self.is_real(address)}
                answer = self._carried(configuration, self.address_of(address), whole, on_revision)
                self.keep_tables(address, answer.get("tables", ()))
        if answer["ok"]:
            return answer["value"]
        if refused := answer.get("refused"):
            raise connections.refusal(refused)
        raise MigrationError(Failure.of(answer["failure"]))

    def _carried(
        self,
        configuration: Configuration,
        there: DatabaseAddress | None,
        request: Mapping[str, Any],
        on_revision: OnRevision = lambda _: None,
    ) -> Mapping[str, Any]:
        def hear(event: Mapping[str, Any]) -> None:
            if "revision" in event:
                on_revision(event["revision"])
            else:
                self.tell(*connections.explained(event["connection"]))

        where = {
            "configuration": self._seen(configuration),
            "url": there.url if there else NOT_CONNECTED,
            "variables": self._variables(there),
        }
        return self.carry({**request, **where}, hear)

    def _seen(self, configuration: Configuration) -> Mapping[str, Any]:
        """Return the configuration as that place sees it; see `worker.project`."""
        return {
            "ini": configuration.ini and self.path_of(configuration.ini),
            "toml": configuration.toml and self.path_of(configuration.toml),
            "folder": self.path_of(configuration.folder),
            "section": configuration.section,
            "arguments": list(configuration.arguments),
            "is_of_flask": configuration.is_of_flask,
        }

    def _variables(self, there: DatabaseAddress | None) -> Mapping[str, str | None]:
        """Return the variables that the project is to find; None is for one to hide.

        What a container's own PGOPTIONS ask of a session stays: it leads nowhere.
        """
        nothing: dict[str, str | None] = dict.fromkeys(DIVERTING - {"PGOPTIONS"})
        return {**nothing, **libpq_variables(there), **self.variables(there)} if there else nothing


@contextlib.contextmanager
def _proof(address: DatabaseAddress) -> Iterator[int]:
    """Yield the key of a lock that only a session in this very database sees.

    A database of the same name elsewhere does not see it.
    """
    key = secrets.randbits(63)
    with contextlib.ExitStack() as session:
        try:
            cursor = session.enter_context(connected(address))
        except psycopg2.OperationalError as error:
            failure = Failure(error=type(error).__name__, message=str(error).strip().partition("\n")[0])
            raise MigrationError(failure) from error
        cursor.execute("SELECT pg_advisory_lock(%s)", (key,))
        yield key


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
