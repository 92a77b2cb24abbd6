"""Sends what env.py opens to the database that is meant, and proves that it got there.

What a run may connect to is one `Connections`; SQLAlchemy's events and the drivers ask
the one that is in force.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, exc
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import Pool

from nox_alembic.edges.alembic.worker import drivers
from nox_alembic.edges.alembic.worker.places import WHERE, Place, is_in_memory, place, place_of, shown_other

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nox_alembic.edges.alembic.worker.session import Session

POSTGRESQL = "postgresql"
# A lock of our own session with a key that nobody can know: it is seen in its own
# database of its own server alone. Only where it is seen, the session is told what it
# has to know.
PROOF = """
SELECT count(*), pg_catalog.current_database(), pg_catalog.host(pg_catalog.inet_server_addr()),
       pg_catalog.inet_server_port(), CASE WHEN count(*) > 0 THEN {session} END
FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = '{high}' AND objid = '{low}'
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
"""
# Where one looks whether a database is there, and makes it.
_MAINTENANCE = frozenset({"postgres", "template1", "template0"})
_OURS = "nox_alembic"  # what SQLAlchemy's `info` of a connection has of us


class Refused(Exception):  # noqa: N818 - the project's code did nothing wrong
    """What could reach another database than the one that is meant.

    `facts` are for `core.failures.connections`.
    """

    def __init__(self, kind: str, facts: dict[str, Any]) -> None:
        super().__init__(f"{kind}: {facts}")
        self.facts = {"kind": kind, **facts}


@dataclass(frozen=True)
class Opened:
    """A connection that was opened in one run of env.py.

    `named` is where it would have gone. It is None for what is left alone: another
    dialect's connection, or one that a revision has opened by a `creator`.
    """

    turn: object
    named: Place | None


class Connections:
    """The connections of one run.

    `key` is that of the lock, None where nothing may be connected to. `session` is told
    to each session that env.py opens. `left_alone`: revisions may connect elsewhere by
    themselves. `tell` is called with facts, once for each place.
    """

    def __init__(
        self, url: str, key: int | None, session: Session, *, left_alone: bool, tell: Callable[[dict[str, str]], None]
    ) -> None:
        self.url = make_url(url)
        self.meant = place(self.url.host, self.url.port, self.url.database)
        self.key = key
        self.session = session
        self.left_alone = left_alone
        self.tell = tell
        self.revision = ""
        self.is_probing = False
        self.has_come = False
        self._is_running = False
        self._has_run = False
        self._is_sending = False
        self._thread = threading.get_ident()
        self._refusal: Refused | None = None
        self._told: set[tuple[str, str]] = set()
        self._begin()

    def _begin(self) -> None:
        self._turn = object()
        self._named: set[Place] = set()
        self._configured: set[Place] = set()

    @contextlib.contextmanager
    def probing(self) -> Iterator[None]:
        """Let env.py run once without its migrations, and without writing.

        Afterwards it is known what env.py connects to, and `has_come` says whether it
        came to its migrations. Its own errors do not count, they come again. Raises
        Refused.
        """
        self.is_probing, self.has_come = True, False
        try:
            with contextlib.suppress(Exception, SystemExit):
                yield
        finally:
            self.is_probing = False
        self.check()
        self._begin()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let revisions run: what is opened now is theirs, not env.py's.

        Raises Refused.
        """
        elsewhere = {one for one in self._named if one.name not in _MAINTENANCE and one != self.meant}
        if len(elsewhere) > 1:
            self._require_one(elsewhere)
        self._is_running = self.has_come = True
        self._has_run = not self.is_probing
        try:
            yield
        finally:
            self._is_running = False

    def configured(self, context: Any) -> None:
        """Prove the connection that Alembic was given; raises Refused."""
        self.check()
        connection = context.connection
        if context.as_sql or connection is None:
            return
        if context.dialect.name != POSTGRESQL:
            self._refuse("dialect", place=context.dialect.name)
        opened = connection.info.get(_OURS)
        if opened is not None and opened.turn is self._turn and opened.named is not None:
            self._configured.add(opened.named)
        else:
            self._prove(connection.connection, is_idle=not connection.in_transaction())
            self._configured.add(self.meant)
        self._require_one(self._configured)

    def check(self) -> None:
        """Raise again what was refused: env.py may have caught it."""
        if self._refusal:
            raise self._refusal

    def connect(self, dialect: Any, record: Any, cargs: list[Any], cparams: dict[str, Any]) -> Any:
        """Return a connection to the database that is meant.

        None lets SQLAlchemy connect as it was going to.
        """
        if dialect.name != POSTGRESQL:
            record.info[_OURS] = Opened(self._turn, None)
            if not is_in_memory(dialect.name, cargs):
                self._leads_elsewhere("dialect", shown_other(dialect.name, cargs, cparams))
            return None
        named = place_of(cparams)
        if self._is_running and named not in self._configured:
            record.info[_OURS] = Opened(self._turn, None)
            if named != self.meant:
                self._leads_elsewhere("elsewhere", named.shown)
            return None
        record.info[_OURS] = Opened(self._turn, named)
        self._sends(named)
        positional, ours = dialect.create_connect_args(self.url.set(drivername=f"{POSTGRESQL}+{dialect.driver}"))
        kept = {key: value for key, value in cparams.items() if key not in WHERE}
        self._is_sending = True
        try:
            # Here and now: a hook of the project's own, such as one that asks a cloud
            # for a token, is not wanted.
            return dialect.connect(*positional, **{**kept, **ours})
        finally:
            self._is_sending = False

    def connected(self, connection: Any, record: Any) -> None:
        """Prove a new connection before anything is done on it.

        One that a revision has opened is only asked.
        """
        opened = record.info.get(_OURS)
        if opened is not None and opened.named is None:
            return
        try:
            if opened is None:  # of a `creator`, and SQLAlchemy does not know where that connects
                record.info[_OURS] = Opened(self._turn, None if self._is_running else self.meant)
                self._ask_creation(connection)
            else:
                self._prove(connection)
        except Refused:
            with contextlib.suppress(Exception):
                connection.close()
            raise

    def checked_out(self, record: Any) -> None:
        """Have a connection opened anew that an earlier run of env.py left pooled."""
        opened = record.info.get(_OURS)
        if opened is not None and opened.named is not None and opened.turn is not self._turn:
            raise exc.DisconnectionError

    def opened_by_hand(self, found: Place) -> None:
        """Refuse a driver that is about to connect and was not sent there, or tell."""
        if not self._is_sending and found != self.meant and threading.get_ident() == self._thread:
            self._leads_elsewhere("elsewhere", found.shown)

    def _sends(self, named: Place) -> None:
        self.check()
        if self.key is None:
            self._refuse("offline", place=named.shown)
        self._named.add(named)
        if named != self.meant and not self.is_probing and not self._told:
            self._told.add(("", named.shown))
            self.tell({"named": named.shown, "meant": self.meant.shown})

    def _leads_elsewhere(self, kind: str, shown: str) -> None:
        """Refuse what leads elsewhere; only tell it where a revision may lead there."""
        if not self._is_running:
            self._refuse("offline" if self.key is None else kind, place=shown)
        if not self.left_alone:
            self._refuse("revision", place=shown, revision=self.revision)
        if (self.revision, shown) not in self._told:
            self._told.add((self.revision, shown))
            self.tell({"named": shown, "revision": self.revision})

    def _require_one(self, places: set[Place]) -> None:
        if len(places) > 1:
            self._refuse("several", places=sorted(one.shown for one in places))

    def _prove(self, connection: Any, *, is_idle: bool = True) -> None:
        if self.key is None:
            self._refuse("offline", place="a database")
        is_proved, found = self._ask(connection, is_idle=is_idle)
        if not is_proved:
            self._refuse("elsewhere", place=found.shown)

    def _ask_creation(self, connection: Any) -> None:
        try:
            is_proved, found = self._ask(connection)
        except Exception:  # noqa: BLE001 - of a driver that is not PostgreSQL's
            self._leads_elsewhere("dialect", "what its `creator` opens")
        else:
            if not is_proved:
                self._leads_elsewhere("elsewhere", found.shown)

    def _ask(self, connection: Any, *, is_idle: bool = True) -> tuple[bool, Place]:
        """Return whether a driver's connection sees the lock, and where it leads."""
        key = self.key or 0
        cursor = connection.cursor()
        try:
            cursor.execute(PROOF.format(high=key >> 32, low=key & 0xFFFFFFFF, session=self.session.sql))
            row = cursor.fetchone()
            seen, name, host, port, _ = row.values() if isinstance(row, dict) else row
            if self.is_probing:
                cursor.execute("SET default_transaction_read_only = on")
        finally:
            cursor.close()
            if is_idle:
                connection.commit()  # of nothing but what a hook or a `creator` has set, which is to stay
        return bool(seen), place(host or "a socket", port, name)

    def _refuse(self, kind: str, **facts: Any) -> None:
        self._refusal = self._refusal or Refused(kind, {"meant": self.meant.shown, "has_run": self._has_run, **facts})
        raise self._refusal


_in_force: list[Connections] = []


@contextlib.contextmanager
def watched(connections: Connections) -> Iterator[None]:
    """Let the connections of this process be those of one run while the block runs."""
    _in_force.append(connections)
    try:
        with drivers.guarded(connections.opened_by_hand):
            yield
    finally:
        _in_force.pop()


# Before any code of the project is run, so that no hook of its own comes first.
@event.listens_for(Engine, "do_connect")
def _do_connect(dialect: Any, record: Any, cargs: list[Any], cparams: dict[str, Any]) -> Any:
    return _in_force[-1].connect(dialect, record, cargs, cparams) if _in_force else None


@event.listens_for(Pool, "connect")
def _connected(connection: Any, record: Any) -> None:
    if _in_force:
        _in_force[-1].connected(connection, record)


@event.listens_for(Pool, "checkout")
def _checked_out(_connection: Any, record: Any, _proxy: Any) -> None:
    if _in_force:
        _in_force[-1].checked_out(record)
