"""Snapshots: the sidecar, the name, the shelf, and which of them may be restored."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields

from nox_alembic.core.config import nearest
from nox_alembic.core.errors import FailedError, FindingError, PreconditionError, UsageError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History, named_without_file
from nox_alembic.core.sizes import shown_size

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
# Windows takes these for devices, whatever follows the first dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@frozen(kw_only=True)
class Snapshot:
    """The sidecar of a snapshot, as JSON beside its file.

    `at` is ISO 8601 in UTC; `user` is who owns what the dump makes; `seed` is the note
    about sample data; `commit` and `branch` are "" outside of git; `size` is that of
    the file, `dump_size` that of the dump in it, both in bytes. `roles` are those that
    its owners and grants name, beside the first superuser; earlier versions did not
    note them.
    """

    name: str
    at: str  # ISO 8601 in UTC
    environment: str
    engine: str
    database: str
    user: str  # the owner of what the dump makes
    server_version: str
    revisions: tuple[str, ...]
    seed: str  # the note about sample data
    commit: str  # "" outside of git, as `branch` is
    branch: str
    size: int  # of the file, in bytes
    dump_size: int  # of the dump in it, in bytes
    sha256: str
    roles: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The snapshot as messages name it."""
        return f'"{self.name}" of {self.at} ({shown_size(self.size)}, at {", ".join(self.revisions) or "no revision"})'

    def as_json(self) -> dict[str, object]:
        """Return the fields of the sidecar, which `snapshot list --json` prints."""
        return {**asdict(self), "revisions": list(self.revisions), "roles": list(self.roles)}


@frozen(kw_only=True)
class Uncomputable:
    """What a restore of the database could not compute, and what PostgreSQL says.

    `functions` are in its expression. `schema` is that of the first of them; all names
    are quoted as SQL needs it.
    """

    what: str
    why: str
    functions: tuple[str, ...]
    schema: str


@frozen
class Damaged:
    """A snapshot that cannot be used, and why, as far as its file need not be read."""

    name: str
    cause: str


@frozen
class Shelf:
    """The snapshots of an environment, the oldest first."""

    snapshots: tuple[Snapshot, ...] = ()
    damaged: tuple[Damaged, ...] = ()
    leftovers: tuple[str, ...] = ()  # what killed runs have left among them

    def named(self, name: str) -> Snapshot:
        """Return the snapshot of that name.

        Raises UsageError (NA602) or PreconditionError (NA603).
        """
        for found in self.damaged:
            if found.name == name:
                message = f'the snapshot "{name}" is damaged: {found.cause}'
                raise PreconditionError("NA603", message, hint=f"`nox -s snapshot -- delete {name}` removes it")
        for snapshot in self.snapshots:
            if snapshot.name == name:
                return snapshot
        raise self._unknown(name)

    def require(self, name: str) -> None:
        """Raise UsageError (NA602) if no snapshot has that name, whole or damaged."""
        if name not in self._names:
            raise self._unknown(name)

    def require_free(self, name: str) -> None:
        """Raise UsageError (NA604) if the name is taken, in upper or lower case.

        Some file systems see no difference.
        """
        for taken in self._names:
            if taken.lower() == name.lower():
                message = f'there is a snapshot "{taken}" already'
                hint = f"choose another name, or `nox -s snapshot -- delete {taken}` removes that one"
                raise UsageError("NA604", message, hint=hint)

    def beyond(self, keep: int) -> tuple[Snapshot, ...]:
        """Return all but the newest `keep`, the oldest first."""
        return self.snapshots[: max(0, len(self.snapshots) - keep)]

    @property
    def _names(self) -> Sequence[str]:
        return [*(snapshot.name for snapshot in self.snapshots), *(entry.name for entry in self.damaged)]

    def _unknown(self, name: str) -> UsageError:
        message = f'there is no snapshot "{name}" in this environment.{nearest(name, self._names)}'
        known = ", ".join(sorted(self._names))
        hint = f"the snapshots are: {known}" if known else f"`nox -s snapshot -- save {name}` makes one"
        return UsageError("NA602", message, hint=hint)


def state_of(snapshot: Snapshot, history: History) -> str:
    """Return where a snapshot is in the history of this branch."""
    if history.unknown(snapshot.revisions):
        return "not on this branch"
    pending = len(history.pending(snapshot.revisions, history.heads))
    return f"{pending} behind head" if pending else "at head"


def checked_name(name: str) -> str:
    """Return the name if it is good on every file system; raises UsageError (NA601)."""
    if not NAME.fullmatch(name) or _DEVICES.fullmatch(name):
        message = f"{name!r} cannot be the name of a snapshot: it becomes the name of a folder on any system"
        hint = 'letters, digits, ".", "_" and "-", at most 100, from a letter or digit on, such as "before-rooms"'
        raise UsageError("NA601", message, hint=hint)
    return name


def refuse_newer(snapshot: Snapshot, server_version: str) -> None:
    """Raise PreconditionError (NA605) if the snapshot is of a newer server.

    An older server cannot read it.
    """
    if major(snapshot.server_version) > major(server_version):
        message = (
            f'the snapshot "{snapshot.name}" is of PostgreSQL {snapshot.server_version}, and the server is '
            f"{server_version}: an older one cannot read it"
        )
        hint = f"start PostgreSQL {major(snapshot.server_version)}, then the same command again"
        raise PreconditionError("NA605", message, hint=hint)


def refuse_strangers(snapshot: Snapshot, unknown: Sequence[str]) -> None:
    """Raise FindingError (NA606) when its unknown revisions are to be migrated."""
    if unknown:
        message = f'the snapshot "{snapshot.name}" is at {named_without_file(unknown)}'
        where = f"`git switch {snapshot.branch}`" if snapshot.branch else "switch to its branch"
        raise FindingError("NA606", message, hint=f"{where}, or restore it without `--migrate`")


def refuse_uncomputable(found: Sequence[Uncomputable]) -> None:
    """Raise FailedError (NA618) when a dump of the database could not be restored."""
    if found:
        first, more = found[0], f", and {len(found) - 1} more" if len(found) > 1 else ""
        message = f"a dump of the database could not be restored, and there is no snapshot: {first.what}{more}"
        cure = f"ALTER FUNCTION {first.functions[0]} SET search_path = {first.schema}"
        hint = f"a restore runs without a search_path: `{cure}` in a revision, or name the schema in its body"
        raise FailedError("NA618", message, hint=hint, detail="\n".join(f"{one.what}: {one.why}" for one in found))


def refuse_missing_roles(snapshot: Snapshot, roles: Collection[str]) -> None:
    """Raise PreconditionError (NA619) when the server lacks a snapshot's roles."""
    if missing := [role for role in snapshot.roles if role not in roles]:
        message = f'the snapshot "{snapshot.name}" names roles that the server does not have: {", ".join(missing)}'
        from nox_alembic.core.failures.row_queries import identifier  # noqa: PLC0415 - for this error alone

        create = "; ".join(f"CREATE ROLE {identifier(role)}" for role in missing).replace('"', '\\"')
        hint = f'nothing was changed; `nox -s sql -- -c "{create}"` makes them, then the same command again'
        raise PreconditionError("NA619", message, hint=hint)


def major(version: str) -> int:
    """Return the major of a version such as "18.6", 0 when it is not known."""
    head = version.partition(".")[0]
    return int(head) if head.isdecimal() else 0


def parse_sidecar(found: object, *, name: str, environment: str) -> Snapshot:
    """Return the sidecar out of its JSON; raises ValueError with what is wrong."""
    if not isinstance(found, Mapping):
        raise ValueError("it is not an object")  # noqa: TRY004 - one type for all that is wrong with it
    found = {"roles": [], **found}
    values = {field.name: _value(found, field.name, field.type) for field in fields(Snapshot)}
    snapshot = Snapshot(**values)  # type: ignore[arg-type] # `_value` gives each field's type
    for key, actual, wanted in (("name", snapshot.name, name), ("environment", snapshot.environment, environment)):
        if actual != wanted:
            raise ValueError(f'its {key} is "{actual}", not "{wanted}"')
    return snapshot


def _value(found: Mapping[str, object], key: str, kind: object) -> object:
    value = found.get(key)
    if kind in {str, int} and type(value) is kind:
        return value
    if kind not in {str, int} and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError(f'"{key}" is {value!r}')
