"""Looks at the world and changes nothing; the answer is one frozen `Facts`."""

from collections.abc import Sequence
from pathlib import Path

from nox_alembic.core.errors import RefusedError
from nox_alembic.core.facts import EngineFacts, Facts
from nox_alembic.core.history import History
from nox_alembic.edges import backend, database, revisions, wiper
from nox_alembic.edges.engines import Engine


def look(engine: Engine, reason: str, configuration: Path | None, protect: Sequence[Path]) -> Facts:
    """Return what there is: the engine's view, the revision files, the database's revisions, the backend's health.

    `protect` are paths that a wipe must never reach.
    """
    seen = engine.look()
    current = database.revisions(seen.address) if seen.database_running and seen.address else None
    answers = seen.address is not None and current is not None
    return Facts(
        engine=seen,
        reason=reason,
        history=read_history(configuration),
        current=current,
        healthy=seen.backend.running and _is_healthy(engine, seen),
        seed_pending=answers and seen.address is not None and database.read_note(seen.address, "seed") == "pending",
        refusal=_refusal(engine, seen, protect),
    )


def read_history(configuration: Path | None) -> History:
    """Return the revision graph; computed ids make Alembic read it, which takes longer."""
    if configuration is None:
        return History()
    try:
        return revisions.read_history(configuration)
    except revisions.NotLiteralError:
        from nox_alembic.edges import migrations  # noqa: PLC0415 - Alembic takes 0.4 s to import

        return migrations.read_history(configuration)


def _is_healthy(engine: Engine, seen: EngineFacts) -> bool:
    return backend.is_healthy(seen.backend.url, engine.backend_health, lambda: engine.is_alive("backend"))


def _refusal(engine: Engine, seen: EngineFacts, protect: Sequence[Path]) -> RefusedError | None:
    """Return why the data folder may not be wiped, as far as it can be told while our own server runs."""
    if seen.location.kind != "folder":
        return None
    try:
        wiper.check(
            Path(seen.location.path),
            within=Path(seen.location.within),
            data_subpaths=seen.location.subpaths,
            protect=protect,
            in_use=lambda path: engine.users_of(path, foreign_only=True),
            own_server_runs=seen.database_running,
        )
    except RefusedError as error:
        return error
    return None
