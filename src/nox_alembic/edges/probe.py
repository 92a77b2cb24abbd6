"""Looks at the world and changes nothing; the answer is one frozen `Facts`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nox_alembic.core.errors import RefusedError
from nox_alembic.core.facts import DatabaseAddress, DataLocation, EngineFacts, Facts
from nox_alembic.core.history import History
from nox_alembic.core.lost import Lost
from nox_alembic.edges import applied, backend, database, lost, revisions, wiper
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.migrations import Alembic
from nox_alembic.edges.wiper.values import Gates


def look(
    engine: Engine,
    configuration: Path | None,
    protect: Sequence[Path],
    alembic: Callable[[], Alembic],
    *,
    copies: Path | None,
) -> Facts:
    """Return what there is: the engine's view, the revision files, the database's revisions, the backend's health.

    `protect` are paths that a wipe must never reach; `alembic` is asked only for what the files' text does not tell;
    `copies` is the folder of the revision files that we kept.
    """
    seen = engine.look()
    address = seen.address if seen.database_running else None
    current = database.revisions(address) if address else None
    history = read_history(configuration, alembic)
    seed, recorded_at = database.read_notes(address, "seed", applied.RECORDED_AT) if address and current else ("", "")
    return Facts(
        engine=seen,
        history=history,
        current=current,
        healthy=seen.backend.running and _is_healthy(engine, seen),
        seed_pending=seed == "pending",
        refusal=_refusal(engine, seen, protect),
        recorded_at=tuple(recorded_at.split(",")) if recorded_at else (),
        lost=_lost(configuration, history, address, current or (), copies),
    )


def gates_of(engine: Engine, location: DataLocation, protect: Sequence[Path], *, ahead_of: EngineFacts | None) -> Gates:
    """Return the wiper's rules for a data folder.

    `ahead_of` what was seen, before our own server and containers are ended; None at the moment of the act, when none
    of them may be left.
    """
    return {
        "within": Path(location.within),
        "data_subpaths": location.subpaths,
        "protect": protect,
        "in_use": lambda path: engine.users_of(path, foreign_only=ahead_of is not None),
        "own_server_runs": ahead_of is not None and ahead_of.database_running,
    }


def read_history(configuration: Path | None, alembic: Callable[[], Alembic]) -> History:
    """Return the revision graph; computed ids make Alembic read it, which takes longer."""
    if configuration is None:
        return History()
    try:
        return revisions.read_history(configuration)
    except revisions.NotLiteralError:
        return alembic().read_history(configuration)


def _lost(
    configuration: Path | None,
    history: History,
    address: DatabaseAddress | None,
    current: Sequence[str],
    copies: Path | None,
) -> Lost | None:
    """Look for the files of unknown revisions; takes no time where all of them are known."""
    if address is None or configuration is None or not history.unknown(current):
        return None
    recorded = applied.read(address)
    found = lost.look(configuration.parent, history, current, {**recorded, **applied.intended(address)}, copies)
    return replace(found, recorded=tuple(recorded))


def _is_healthy(engine: Engine, seen: EngineFacts) -> bool:
    return backend.is_healthy(seen.backend.url, engine.backend_health, lambda: engine.is_alive("backend"))


def _refusal(engine: Engine, seen: EngineFacts, protect: Sequence[Path]) -> RefusedError | None:
    """Return why the data folder may not be wiped, as far as it can be told while our own server runs."""
    if seen.location.kind != "folder":
        return None
    try:
        wiper.check(Path(seen.location.path), **gates_of(engine, seen.location, protect, ahead_of=seen))
    except RefusedError as error:
        return error
    return None
