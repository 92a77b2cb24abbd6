"""The gates: what must hold before anything changes, each with its refusal."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Unpack

from nox_alembic.core.errors import RefusedError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.wiper import host, path_rules
from nox_alembic.edges.wiper.host import FileKind, Folder
from nox_alembic.edges.wiper.values import Content, Gates, Link, Target, nobody

_DATABASE = {"PG_VERSION", "base", "global"}
# What initdb and a server make at the top of a data folder (PostgreSQL 13 to 18). All
# else is the user's own.
_REMAINS = _DATABASE | {
    "current_logfiles", "log", "pg_commit_ts", "pg_dynshmem", "pg_hba.conf", "pg_ident.conf", "pg_logical",
    "pg_multixact", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat", "pg_stat_tmp", "pg_subtrans",
    "pg_tblspc", "pg_twophase", "pg_wal", "pg_xact", "postgresql.auto.conf", "postgresql.conf", "postmaster.opts",
    "postmaster.pid",
}  # fmt: skip
# What shells leave in the home of the image's user, which is above the data from
# PostgreSQL 18 on.
_HISTORIES = {".bash_history", ".psql_history"}


@frozen
class Passed:
    """A target that passed all gates, with its parent held open.

    From here on its path is not walked again.
    """

    target: Target
    parent: Folder | None  # None when a folder above the target is missing, too
    status: os.stat_result | None = None  # what the gates saw of the folder; None when there is none

    @property
    def name(self) -> str:
        """The target's name in its parent."""
        return self.target.path.name

    def confirm(self, status: os.stat_result) -> None:
        """Raise RefusedError if another folder has taken the target's place."""
        if self.status is None or not os.path.samestat(self.status, status):
            reason = "another folder took its place while it was being looked at"
            raise _refused("NA313", self.target.given, str(self.target.path), reason, "run the same command again")


@contextmanager
def passed(given: str | os.PathLike[str], **gates: Unpack[Gates]) -> Iterator[Passed]:
    """Yield the target once it has passed all gates; raises RefusedError."""
    text = os.fspath(given)
    within = os.fspath(gates["within"])
    below = _below(path_rules.check(text), within, text)
    with ExitStack() as stack:
        parent = _open_parent(stack, within, below, text)
        if parent is None or _is_missing(parent, below[-1], text):
            path = Path(parent.path_of(below[-1])) if parent else Path(within, *below)
            yield Passed(Target(text, path, Content.MISSING), parent)
        else:
            status = parent.stat(below[-1])
            yield Passed(_target(text, parent, below[-1], status, gates), parent, status)


def _open_parent(stack: ExitStack, within: str, below: Sequence[str], given: str) -> Folder | None:
    """Return the target's parent, opened without following a link.

    None when a folder on the way is missing.
    """
    try:
        parent = stack.enter_context(Folder.at(within))
        for name in below[:-1]:
            if _is_missing(parent, name, given):
                return None
            parent = stack.enter_context(parent.enter(name))
    except FileNotFoundError:
        return None
    except (PermissionError, NotADirectoryError) as error:
        reason = f"a folder above it cannot be opened ({error.strerror})"
        raise _refused("NA307", given, str(Path(within, *below)), reason, f"look at {within}") from None
    return parent


def _target(given: str, parent: Folder, name: str, status: os.stat_result, gates: Gates) -> Target:
    path = Path(parent.path_of(name))
    for protected in (Path.home(), Path.cwd(), *gates.get("protect", ())):
        _refuse_above(given, path, status, protected)
    target = _probe_inside(given, parent, name, gates.get("data_subpaths", ()))
    _refuse_users(target, gates.get("in_use", nobody)(path))
    if not gates.get("own_server_runs", False):
        _refuse_servers(target, parent)
    _refuse_mounts(target, parent, name)
    return target


def _below(text: str, within: str, given: str) -> tuple[str, ...]:
    """Return the names that lead from `within` to the target.

    Folders are compared, not their spelling.
    """
    path = Path(text)
    if not path.is_absolute():
        return path.parts
    for above in path.parents:
        if _is_same_folder(above, within):
            return path.relative_to(above).parts
    reason = f"it is not below {within}, and nothing outside is ever wiped"
    raise _refused("NA302", given, text, reason, "correct the mount in the Compose file, or delete it by hand")


def _is_same_folder(one: Path, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:  # the folder may not be there yet
        return str(one) == other


def _is_missing(parent: Folder, name: str, given: str) -> bool:
    """Return whether the name is missing; raises RefusedError if it is not a folder."""
    kind = parent.kind(name)
    if kind is FileKind.LINK:
        path = parent.path_of(name)
        reason = f"{path} is a link to {parent.link_target(name)}, and what lies behind a link is never wiped"
        raise _refused("NA303", given, path, reason, f"replace the link {path} by a folder, or name the folder itself")
    if kind is FileKind.OTHER:
        path = parent.path_of(name)
        raise _refused("NA304", given, path, f"{path} is not a folder", "look what it is, and move it away")
    return kind is FileKind.MISSING


def _refuse_above(given: str, path: Path, status: os.stat_result, protected: Path) -> None:
    """Refuse a target that is, or contains, a protected path.

    Device and inode are compared on the way up.
    """
    real = Path(os.path.realpath(protected))
    for above in (real, *real.parents):
        with suppress(OSError):
            if os.path.samestat(above.stat(), status):
                reason = f"it is or contains {protected}"
                raise _refused("NA305", given, str(path), reason, "give the database a folder of its own")


def _probe_inside(given: str, parent: Folder, name: str, subpaths: Sequence[str]) -> Target:
    path = Path(parent.path_of(name))
    try:
        with parent.enter(name) as folder:
            names = set(folder.names())
            if not names:
                return Target(given, path, Content.EMPTY)
            data = tuple(_databases(folder, subpaths))
            if data and _nothing_else(folder, path, data):
                return Target(given, path, Content.DATABASE, data, tuple(_links(folder, path, data)))
            if names <= _REMAINS:
                return Target(given, path, Content.REMAINS, (path,), tuple(_links(folder, path, (path,))))
    except PermissionError:
        return _unreadable(given, parent, name)
    stranger = min(names - _REMAINS - {part for place in data for part in place.relative_to(path).parts[:1]} or names)
    reason = f"it is not a PostgreSQL data folder: it holds {stranger!r}"
    raise _refused("NA306", given, str(path), reason, "look what it is; if nobody needs it, delete it by hand")


def _unreadable(given: str, parent: Folder, name: str) -> Target:
    """Return the target of a folder that another user keeps to itself.

    The database's container does just that with its data.
    """
    path = parent.path_of(name)
    status = parent.stat(name)
    if host.is_ours(status):
        raise _refused("NA307", given, path, "it cannot be read, though it is yours", f"chmod u+rwx '{path}'")
    if not _is_kept_as_postgres_does(status):
        reason = "it cannot be read, and its mode is not that of a PostgreSQL data folder"
        raise _refused("NA307", given, path, reason, f"`ls -ld '{path}'` shows whose it is")
    return Target(given, Path(path), Content.UNREADABLE)


def _is_kept_as_postgres_does(status: os.stat_result) -> bool:
    """Return whether the mode is 0700 or 0750.

    With any other mode a server does not start.
    """
    return stat.S_IMODE(status.st_mode) in {0o700, 0o750}


def _nothing_else(folder: Folder, path: Path, data: Sequence[Path]) -> bool:
    """Return whether the levels above the data hold only what leads to data.

    What lies in the data is PostgreSQL's own.
    """
    if path in data:
        return True
    ways = {way for place in data for way in (place, *place.parents)}
    if any(path / name not in ways and name not in _HISTORIES for name in folder.names()):
        return False
    inner = {way for way in ways - set(data) if way.parent == path}
    for way in inner:
        with folder.enter(way.name) as below:
            if not _nothing_else(below, way, data):
                return False
    return True


def _databases(folder: Folder, subpaths: Sequence[str]) -> Iterator[Path]:
    """Yield the folders with a database: the target, and what matches a subpath."""
    if set(folder.names()) >= _DATABASE:
        yield Path(folder.path)
    for subpath in subpaths:
        yield from _matching(folder, subpath.split("/"))


def _matching(folder: Folder, patterns: Sequence[str]) -> Iterator[Path]:
    for name in sorted(folder.names()):
        if not fnmatchcase(name, patterns[0]) or folder.kind(name) is not FileKind.FOLDER:
            continue
        try:
            with folder.enter(name) as below:
                if patterns[1:]:
                    yield from _matching(below, patterns[1:])
                elif set(below.names()) >= _DATABASE:
                    yield Path(below.path)
        except PermissionError:
            status = folder.stat(name)
            if not patterns[1:] and not host.is_ours(status) and _is_kept_as_postgres_does(status):
                yield Path(folder.path_of(name))


def _links(folder: Folder, path: Path, data: Sequence[Path]) -> Iterator[Link]:
    """Yield the links to tablespaces.

    PostgreSQL keeps the links in pg_tblspc, and the data elsewhere.
    """
    for place in data:
        with ExitStack() as stack, suppress(OSError):
            below = folder
            for name in (*place.relative_to(path).parts, "pg_tblspc"):
                below = stack.enter_context(below.enter(name))
            for name in below.names():
                if below.kind(name) is FileKind.LINK:
                    yield Link(Path(below.path_of(name)), below.link_target(name))


def _refuse_users(target: Target, users: Sequence[str]) -> None:
    if users:
        reason = f"it is in use by {', '.join(users)}"
        raise _refused("NA308", target.given, str(target.path), reason, "stop it, and run the same command again")


def _refuse_servers(target: Target, parent: Folder) -> None:
    for data in target.data:
        with ExitStack() as stack, suppress(OSError, ValueError):
            below = parent
            for name in data.relative_to(parent.path).parts:
                below = stack.enter_context(below.enter(name))
            lines = below.read("postmaster.pid").splitlines()
            pid = int(lines[0])
            if host.server_runs(pid, below.stat(), lines[1] if len(lines) > 1 else ""):
                reason = f"a PostgreSQL server (process {pid}) runs on it"
                raise _refused("NA309", target.given, str(data), reason, "stop the server, and run it again")


def _refuse_mounts(target: Target, parent: Folder, name: str) -> None:
    for point, command in host.mounts_below(parent, name, str(target.path)):
        where = "it is" if point == str(target.path) else f"{point} in it is"
        raise _refused("NA310", target.given, str(target.path), f"{where} a mount point", command)


def _refused(id: str, given: str, resolved: str, reason: str, hint: str) -> RefusedError:  # noqa: A002 - the error's
    what = path_rules.shown(given) if given == resolved else f"{path_rules.shown(given)} ({resolved})"
    return RefusedError(id, f"refused to wipe {what}: {reason}", hint=hint)


def is_worth_keeping(folder: Folder, name: str) -> bool:
    """Return whether an undo entry may hold a whole database.

    An interrupted initdb leaves less.
    """
    try:
        with folder.enter(name) as trash:
            names = set(trash.names())
    except OSError:
        return True
    return names >= _DATABASE or not names <= _REMAINS
