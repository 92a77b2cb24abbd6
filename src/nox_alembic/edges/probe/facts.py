"""Looks at the world, changes nothing, and returns one frozen `Facts`."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nox_alembic.core.copies.space import Room
from nox_alembic.core.effects.shared import shared_changes
from nox_alembic.core.errors import NoxAlembicError, RefusedError
from nox_alembic.core.facts import DatabaseAddress, DataLocation, EngineFacts, Facts
from nox_alembic.core.revisions.authors import Authors
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.head_file import HeadFile
from nox_alembic.core.revisions.parsing import NotLiteralError
from nox_alembic.edges.engines import Engine, health
from nox_alembic.edges.git import authors as git_authors
from nox_alembic.edges.postgres import fingerprints, server, version_table
from nox_alembic.edges.project import files, head_file, revisions
from nox_alembic.edges.system.files import measure

if TYPE_CHECKING:
    from nox_alembic.core.consent import Content, Inventory, Stored
    from nox_alembic.core.revisions.orphans import Orphans
    from nox_alembic.core.revisions.team import Team
    from nox_alembic.core.steps import Plan
    from nox_alembic.edges.alembic.client import Alembic
    from nox_alembic.edges.wiper.values import Gates


def probe(
    engine: Engine,
    configuration: Configuration | None,
    alembic: Callable[[], "Alembic"],
    *,
    copies: Path | None = None,
    cache: Path | None = None,
) -> Facts:
    """Return the facts: the engine, the revision files, the database, the backend.

    From the database come its revisions, from the backend its health. `alembic` is
    asked only for what the files' text does not show; `copies` is the folder of the
    revision copies; `cache` is the folder that remembers the files' text.
    """
    seen = engine.probe()
    address = seen.address if seen.database_running else None
    facts = probe_files(seen, configuration, alembic, cache)
    forked = _forked(facts.history)
    known = ("seed", "rebase", fingerprints.RECORDED_AT)
    nothing = (None, ("",) * len(known))
    current, (seed, rebasing, fingerprinted_at) = server.revisions_and_notes(address, *known) if address else nothing
    if address and configuration and _is_in_doubt(address, facts.history, current):
        current = _revisions_of_env_py(configuration, address, alembic)
    return replace(
        facts,
        current=current,
        healthy=seen.backend.running and _is_healthy(engine, seen),
        seed_pending=seed == "pending",
        fingerprinted_at=tuple(fingerprinted_at.split(",")) if fingerprinted_at else (),
        orphans=_orphans(configuration, facts.history, address, current or (), copies),
        rebasing=rebasing,
        team=_team(configuration, forked),
        contents={facts.history.revisions[key].path: files.read(path) for key, path in forked.items()},
    )


def _is_in_doubt(address: DatabaseAddress, history: History, current: Sequence[str] | None) -> bool:
    """Return whether the revisions may be those of another project in the database."""
    if current is None or (current and not history.unknown(current)):
        return False
    return not version_table.is_found(address)


def _revisions_of_env_py(
    configuration: Configuration, address: DatabaseAddress, alembic: Callable[[], "Alembic"]
) -> tuple[str, ...] | None:
    """Return the revisions in the table that env.py means.

    An env.py that fails is told by the verbs that run it for more.
    """
    from nox_alembic.core.failures.failure import MigrationError  # noqa: PLC0415 - that is seldom

    with contextlib.suppress(MigrationError, NoxAlembicError):
        replace(alembic(), keep_tables=version_table.keep).find_table(configuration, address)
    return server.revisions(address)


def probe_files(
    seen: EngineFacts, configuration: Configuration | None, alembic: Callable[[], "Alembic"], cache: Path | None
) -> Facts:
    """Return what the revision files say."""
    history = read_history(configuration, alembic, cache)
    return Facts(engine=seen, history=history, head_file=read_head_file(configuration))


def contents(root: Path, paths: Iterable[str]) -> Mapping[str, bytes | None]:
    """Return the content of files of the project.

    It is None for a file that is missing or cannot be read.
    """
    found: dict[str, bytes | None] = dict.fromkeys(paths)
    for path in found:
        with contextlib.suppress(OSError):
            found[path] = files.read(root / path)
    return found


def current(engine: Engine) -> tuple[str, ...] | None:
    """Return what the database is at, None when it does not answer."""
    seen = engine.probe()
    return server.revisions(seen.address) if seen.database_running and seen.address else None


def inventory(facts: Facts, plan: "Plan", older: Sequence[Path | str]) -> "Inventory":
    """Return what the plan takes away, as far as it can be known.

    `older` are folders and volumes that it sweeps.
    """
    from nox_alembic.core.consent import Inventory, Stored, deleted_snapshots, takes_files  # noqa: PLC0415 - with the steps of all plans
    from nox_alembic.edges.postgres import contents  # noqa: PLC0415 - for who asks what goes

    if names := deleted_snapshots(plan):
        return Inventory(databases=(), snapshots=names)
    whole = takes_files(plan)
    address = facts.engine.address if facts.current is not None else None
    databases = contents.probe(address, whole_server=whole) if address else None
    return Inventory(
        databases=databases,
        data=_stored(facts.engine.location, databases) if whole else None,
        older=tuple(
            Stored(place=str(one), size=measure(one)[0]) if isinstance(one, Path) else Stored(place=f"volume {one}")
            for one in older
        ),
    )


def room(seen: EngineFacts) -> Room:
    """Return what a copy of the database would need."""
    from nox_alembic.edges.postgres import space  # noqa: PLC0415 - for what changes the database

    return space.probe(seen.address, seen.location) if seen.address else Room()


def data_size(facts: Facts) -> int | None:
    """Return the size of all files.

    Where the files are closed to us, it is the size that the server reports for the
    database alone.
    """
    location = facts.engine.location
    size = measure(Path(location.path))[0] if location.kind == "folder" else None
    return room(facts.engine).size if size is None and facts.current is not None else size


def _stored(location: DataLocation, databases: "Sequence[Content] | None") -> "Stored":
    """Return the place and the size of the data.

    Where the databases show their content, the files' times do not matter.
    """
    from nox_alembic.core.consent import Stored  # noqa: PLC0415 - for who asks what goes

    size, trace = measure(Path(location.path), location.subpaths) if location.kind == "folder" else (None, "")
    if databases is not None:
        size, trace = size or sum(database.size for database in databases), ""
    return Stored(place=location.shown, size=size, trace=trace)


def gates_of(
    engine: Engine, location: DataLocation, protect: Sequence[Path], *, ahead_of: EngineFacts | None
) -> "Gates":
    """Return the wiper's rules for a data folder.

    `ahead_of` is what the engine showed, before our own server and containers are
    ended. It is None at the moment of the act, when none of them may be left.
    """
    return {
        "within": Path(location.within),
        "data_subpaths": location.subpaths,
        "protect": protect,
        "in_use": lambda path: engine.users_of(path, foreign_only=ahead_of is not None),
        "own_server_runs": ahead_of is not None and ahead_of.database_running,
    }


def read_history(
    configuration: Configuration | None, alembic: Callable[[], "Alembic"], cache: Path | None = None
) -> History:
    """Return the revision graph.

    Where ids are computed, Alembic reads it, which takes longer.
    """
    if configuration is None:
        return History()
    try:
        return revisions.read_history(configuration, cache and cache / "revisions.json")
    except NotLiteralError:
        known = alembic().read_history(configuration).revisions.values()
        return History.of(replace(one, shared=shared_changes(files.read(Path(one.path)) or b"")) for one in known)


def _orphans(
    configuration: Configuration | None,
    history: History,
    address: DatabaseAddress | None,
    current: Sequence[str],
    copies: Path | None,
) -> "Orphans | None":
    """Look for the files of orphan revisions; takes no time where there are none."""
    if address is None or configuration is None or not history.unknown(current):
        return None
    from nox_alembic.core.revisions.orphans import Orphans  # noqa: PLC0415 - all that is seldom
    from nox_alembic.edges.probe import orphans  # noqa: PLC0415 - all that is seldom

    if empty := revisions.empty_folders(configuration, history):
        return Orphans(missing=history.unknown(current), empty=empty)
    fingerprinted = fingerprints.read(address)
    found = orphans.probe(
        configuration.folder, history, current, {**fingerprinted, **fingerprints.intended(address)}, copies
    )
    return replace(found, fingerprinted=tuple(fingerprinted))


def _forked(history: History) -> dict[str, Path]:
    """Return the files of the revisions that not all heads have.

    With a single head there are none, and git is not asked.
    """
    if not history.is_forked:
        return {}
    from nox_alembic.core.revisions.heads import sides  # noqa: PLC0415 - two heads are seldom

    return {key: Path(history.revisions[key].path) for side in sides(history) for key in side.revisions}


def _team(configuration: Configuration | None, forked: Mapping[str, Path]) -> "Team | None":
    if configuration is None or not forked:
        return None
    from nox_alembic.edges.git import team  # noqa: PLC0415 - two heads are seldom

    return team.probe(configuration.folder, forked)


def read_head_file(configuration: Configuration | None) -> HeadFile | None:
    """Return the head file, with or without content.

    Returns None where Alembic's folder is in a package.
    """
    folder = revisions.script_folder(configuration) if configuration else None
    return head_file.read(folder) if folder else None


def authors(root: Path, history: History, cache: Path) -> Authors:
    """Return the authors of the revision files from git, mostly by way of `cache`.

    `cache` is a folder.
    """
    return git_authors.authors(root, [found.path for found in history.revisions.values()], cache / "commits.json")


def _is_healthy(engine: Engine, seen: EngineFacts) -> bool:
    return health.is_healthy(seen.backend.url, engine.backend_health, lambda: engine.is_alive("backend"))


def why_fixed(location: DataLocation) -> str:
    """Return why a data folder cannot be renamed, "" when it can or there is none."""
    if location.kind != "folder":
        return ""
    from nox_alembic.edges import wiper  # noqa: PLC0415 - takes long to import, and few verbs move data

    return wiper.why_fixed(Path(location.path))


def refusal(engine: Engine, seen: EngineFacts, protect: Sequence[Path]) -> RefusedError | None:
    """Return why the data may not be wiped, as far as it can be known now.

    Our own server still runs.
    """
    if engine.volumes:
        return engine.volumes.refusal()
    if seen.location.kind != "folder":
        return None
    from nox_alembic.edges import wiper  # noqa: PLC0415 - takes long to import, and most verbs wipe nothing

    try:
        wiper.check(Path(seen.location.path), **gates_of(engine, seen.location, protect, ahead_of=seen))
    except RefusedError as error:
        return error
    return None
