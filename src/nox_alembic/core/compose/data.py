"""Where a Compose project keeps the database's files."""

from fnmatch import fnmatchcase
from glob import escape
from pathlib import PurePath, PurePosixPath

from nox_alembic.core.compose.model import POSTGRES_MOUNTS, ComposeModel, Mount
from nox_alembic.core.facts import DataLocation

# The names that a data folder may have below the mounted folder.
DATA_SUBPATHS = ("data", "*/docker", "*/data")


def data_location(model: ComposeModel, *, within: PurePath) -> DataLocation:
    """Return where the database's files are.

    The mounts of its service say it, and what its image says of its data: a mount above
    a volume of the image's own is empty.
    """
    mount = _data_mount(model)
    if mount is None or mount.kind == "tmpfs" or not mount.source:
        return DataLocation(kind="container")
    if mount.kind == "volume":
        name = model.volumes.get(mount.source, mount.source)
        return DataLocation(kind="volume", volume=name, external=mount.source in model.external)
    below = _subpaths(PurePosixPath(_data_folder(model)), PurePosixPath(mount.target))
    return DataLocation(kind="folder", path=PurePath(mount.source), within=within, subpaths=below)


def _subpaths(folder: PurePosixPath, target: PurePosixPath) -> tuple[str, ...]:
    """Return where the data may be below what is mounted at `target`.

    PGDATA says it, or what images usually have.
    """
    if folder == target:
        return ()
    own = folder.relative_to(target).as_posix() if folder.is_relative_to(target) else ""
    known = not own or any(fnmatchcase(own, usual) for usual in DATA_SUBPATHS)
    return DATA_SUBPATHS if known else (escape(own), *DATA_SUBPATHS)


def has_data_mount(model: ComposeModel) -> bool:
    """Return whether the project says where the database's files are."""
    return _data_mount(model) is not None


def data_target(model: ComposeModel) -> str:
    """Return where the database's container mounts its data."""
    mount = _data_mount(model)
    return mount.target if mount else _data_folder(model)


def _data_folder(model: ComposeModel) -> str:
    said = model.home.folder if model.home else ""
    return model.database.environment.get("PGDATA", said or POSTGRES_MOUNTS[0]).rstrip("/")


def _data_mount(model: ComposeModel) -> Mount | None:
    """Return the mount of PGDATA or the nearest above it, if the data lies in it."""
    folder = PurePosixPath(_data_folder(model))
    targets = {PurePosixPath(mount.target): mount for mount in model.database.mounts}
    own = set(map(PurePosixPath, model.home.volumes)) if model.home else set()
    # Without the image here, its data may lie elsewhere below a mount.
    others = () if model.home and model.home.folder else map(PurePosixPath, POSTGRES_MOUNTS)
    candidates = [place for one in (folder, *others) for place in (one, *one.parents)]
    nearest = next((place for place in candidates if place in targets or place in own), None)
    return targets.get(nearest) if nearest else None
