"""Where a connection leads, without its password, and which arguments say so."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# What says where a driver connects, and as whom. What it says of SSL, options and time
# limits is not among it.
WHERE = frozenset({
    "host", "hostaddr", "port", "user", "password", "dbname", "database", "service", "servicefile", "dsn", "passfile",
    "unix_sock", "sock", "async_creator_fn",
})  # fmt: skip
_HERE = frozenset({"", "localhost", "::1"})


@dataclass(frozen=True)
class Place:
    """A database on a server, equal to another one where both names mean it.

    `host` may be the folder of a socket.
    """

    host: str
    port: str
    name: str

    @property
    def shown(self) -> str:
        """The place as messages name it."""
        return f"{self.host}:{self.port}/{self.name}"


def place(host: Any, port: Any, name: Any) -> Place:
    """Return the place, with what a driver takes where nothing is said.

    The variables are ours: the port in them is none of a host that is named.
    """
    named, environ = _plain(host), os.environ
    port = _plain(port) or ("5432" if named else environ.get("PGPORT", "5432"))
    host = named or environ.get("PGHOST", "")
    return Place("127.0.0.1" if host in _HERE else host, port, _plain(name) or os.environ.get("PGDATABASE", ""))


def place_of(arguments: Mapping[str, Any]) -> Place:
    """Return where the arguments of a driver lead; libpq's service is named as one."""
    service = arguments.get("service")
    # psycopg gives `hostaddr` to each `host` that it has resolved.
    host = arguments.get("host") or arguments.get("hostaddr") or arguments.get("unix_sock")
    name = arguments.get("dbname") or arguments.get("database") or arguments.get("user")
    return place(host or (f"service {service}" if service else ""), arguments.get("port"), name)


def shown_other(dialect: str, cargs: list[Any], cparams: Mapping[str, Any]) -> str:
    """Return what a driver of another dialect than PostgreSQL's connects to.

    SQLite's file is its first argument.
    """
    known = [cparams.get(name) for name in ("host", "port")]
    server = ":".join(str(word) for word in known if word)
    name = cparams.get("database") or cparams.get("db") or (cargs[0] if cargs and dialect == "sqlite" else "")
    what = "/".join(str(word) for word in (server, name) if word)
    return f"{dialect} {what}".strip()


def is_in_memory(dialect: str, cargs: list[Any]) -> bool:
    """Return whether it is a SQLite database that goes with the process."""
    return dialect == "sqlite" and bool(cargs) and (cargs[0] in ("", ":memory:") or "mode=memory" in str(cargs[0]))


def _plain(value: Any) -> str:
    """Return one word for what may be a list of hosts or ports."""
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
