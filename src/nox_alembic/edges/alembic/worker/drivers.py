"""The drivers of PostgreSQL as they are called by hand, beside SQLAlchemy.

They are the last place before the network.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.abc
import importlib.machinery
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nox_alembic.edges.alembic.worker.places import Place, place, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Guard = Callable[[Place], None]


def _psycopg2(module: Any) -> tuple[Any, str, Callable[..., Place]]:
    # The function that `connect` calls, also after `from psycopg2 import connect`.
    return module, "_connect", lambda dsn, *_, **__: place_of(module.extensions.parse_dsn(dsn))


def _psycopg(module: Any) -> tuple[Any, str, Callable[..., Place]]:
    # `psycopg.connect` is bound already; all connections, and the pool, come by here.
    owner = next(one for one in module.Connection.__mro__ if "_connect_gen" in vars(one))
    return owner, "_connect_gen", lambda _, text="", **__: place_of(module.conninfo.conninfo_to_dict(text))


def _asyncpg(module: Any) -> tuple[Any, str, Callable[..., Place]]:
    def where(*, addr: Any, params: Any, **_: Any) -> Place:
        host, port = (addr, None) if isinstance(addr, str) else addr
        return place(host, port, params.database)

    return module.connect_utils, "_connect_addr", where


def _pg8000(module: Any) -> tuple[Any, str, Callable[..., Place]]:
    owner = module.core.CoreConnection
    signature = inspect.signature(owner.__init__)

    def where(*given: Any, **named: Any) -> Place:
        return place_of(signature.bind(*given, **named).arguments)

    return owner, "__init__", where


# Each gives, of its imported package: what has the function that connects, its name,
# and where a call of it leads.
DRIVERS: dict[str, Callable[[Any], tuple[Any, str, Callable[..., Place]]]] = {
    "psycopg2": _psycopg2,
    "psycopg": _psycopg,
    "asyncpg": _asyncpg,
    "pg8000": _pg8000,
}


@contextlib.contextmanager
def guarded(guard: Guard) -> Iterator[None]:
    """Call `guard` with the place before a driver connects.

    What it raises comes out of the driver.
    """
    with contextlib.ExitStack() as doors:

        def close(name: str) -> None:
            # What is private there may be renamed some day: the proof is still made.
            with contextlib.suppress(AttributeError, LookupError, StopIteration):
                doors.enter_context(_guarded(*DRIVERS[name](sys.modules[name]), guard))

        for name in DRIVERS:
            if name in sys.modules:
                close(name)
        watch = _Imports(close)
        sys.meta_path.insert(0, watch)
        try:
            yield
        finally:
            sys.meta_path.remove(watch)


@contextlib.contextmanager
def _guarded(owner: Any, name: str, where: Callable[..., Place], guard: Guard) -> Iterator[None]:
    original = vars(owner)[name]
    is_of_class = isinstance(original, classmethod)
    function = original.__func__ if is_of_class else original

    @functools.wraps(function)
    def connect(*given: Any, **named: Any) -> Any:
        found = None
        with contextlib.suppress(Exception):  # what the driver does not understand either, or a way that is new to us
            found = where(*given, **named)
        if found:
            guard(found)
        return function(*given, **named)

    setattr(owner, name, classmethod(connect) if is_of_class else connect)
    try:
        yield
    finally:
        setattr(owner, name, original)


class _Imports(importlib.abc.MetaPathFinder):
    """Calls `imported` with the name of a driver when it has just been imported."""

    def __init__(self, imported: Callable[[str], None]) -> None:
        self.imported = imported

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return how the driver is loaded, None for all else."""
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if name in DRIVERS else None
        if spec is None or spec.loader is None:
            return None
        loader: Any = spec.loader

        def exec_module(module: Any) -> None:
            del loader.exec_module
            loader.exec_module(module)
            self.imported(name)

        loader.exec_module = exec_module  # of this one loader, once
        return spec
