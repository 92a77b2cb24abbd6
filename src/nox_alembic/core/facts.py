"""What was seen of the world before a plan is made: frozen values without a decision in them."""

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import PurePath
from typing import Literal
from urllib.parse import quote

from nox_alembic.core.copies.snapshots import Shelf
from nox_alembic.core.copies.space import Room
from nox_alembic.core.copies.spare_databases import SwapFacts
from nox_alembic.core.copies.spares import Spares
from nox_alembic.core.copies.undo import UndoLog
from nox_alembic.core.details import Details
from nox_alembic.core.errors import RefusedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.revisions.head_file import HeadFile
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.revisions.team import Team

NOWHERE = PurePath()


@frozen(kw_only=True)
class DatabaseAddress:
    """Where a client logs in; the password stays out of `repr` and of `shown`.

    `application` is how a migration's session names itself, and `lock_timeout` the seconds for which it waits for a
    lock; with neither it is as the server has it.
    """

    host: str
    port: int
    user: str
    name: str
    password: str = field(repr=False)
    application: str = ""
    lock_timeout: int = 0

    @property
    def url(self) -> str:
        """The SQLAlchemy URL. The driver is named: since SQLAlchemy 2.1 `postgresql://` alone means psycopg 3."""
        return f"postgresql+psycopg2://{quote(self.user, safe='')}:{quote(self.password, safe='')}@{self._place}"

    @property
    def shown(self) -> str:
        """The URL without the password, for people and logs."""
        return f"postgresql://{quote(self.user, safe='')}@{self._place}"

    @property
    def _place(self) -> str:
        return f"{self.host}:{self.port}/{quote(self.name, safe='')}"


@frozen(kw_only=True)
class DataLocation:
    """Where the database keeps its files.

    `folder`: `path` on this machine, which a wipe may touch only strictly below `within`; `subpaths` are where
    below it the data may lie, since images from PostgreSQL 18 on mount the folder above it.
    `volume`: a named volume of the engine, `external` when the project does not make it. `container`: nothing is
    mounted, the data goes with the container.
    """

    kind: Literal["folder", "volume", "container"]
    path: PurePath = NOWHERE
    within: PurePath = NOWHERE
    subpaths: tuple[str, ...] = ()
    volume: str = ""
    external: bool = False

    @property
    def shown(self) -> str:
        """The location as messages name it."""
        return {"folder": str(self.path), "volume": f"volume {self.volume}", "container": "the container"}[self.kind]


@frozen(kw_only=True)
class TakenPort:
    """A port that a service wants and that another program holds; `variable` chooses it, if one does."""

    port: int
    service: str
    variable: str


@frozen(kw_only=True)
class BackendFacts:
    """`defined`: the project has one to start. `url`: where its health is asked for, None while no port is known."""

    defined: bool = False
    running: bool = False
    url: str | None = None


@frozen(kw_only=True)
class Foreign:
    """Another clone, in the folder `root`, that has containers under this project's name; `gone`: the folder is.

    `files` are the names of the Compose files that made them, where these lie in the very
    folder of this project.
    """

    root: str
    project: str
    gone: bool = False
    files: tuple[str, ...] = ()


@frozen(kw_only=True)
class EngineFacts:
    """What an engine sees of its environment.

    `address` is None while no port is known; `services` is all there is to start beside the database, `stopped` the
    part of it that is not running (and has not ended well, as a one-shot service does); `foreign` is another clone
    that runs under the same project name; `problem` says why the database cannot start on its data, and `unkept`
    why data that is wiped cannot be kept. `outdated`: the database's container was made from another image than the
    one that the project names now. `major` is the version of PostgreSQL that would start on its data, "" where only a
    running server tells.
    """

    name: Literal["compose", "embedded"]
    location: DataLocation
    data_present: bool = False
    database_running: bool = False
    anything_running: bool = False
    address: DatabaseAddress | None = None
    backend: BackendFacts = field(default_factory=BackendFacts)
    services: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    missing_images: tuple[str, ...] = ()
    taken_ports: tuple[TakenPort, ...] = ()
    foreign: Foreign | None = None
    problem: str = ""
    unkept: str = ""
    outdated: bool = False
    major: str = ""

    @property
    def started(self) -> tuple[str, ...]:
        """The services beside the database that are running, or have ended well."""
        return tuple(name for name in self.services if name not in self.stopped)


@frozen(kw_only=True)
class Facts:
    """Everything that a recipe decides on.

    `current` are the revisions in the database, None when it could not be asked;
    `healthy` is the backend's own word; `refusal` is why the data folder may not be
    wiped; `undo` is what earlier verbs have kept and is really there;
    `fingerprinted_at` are the revisions whose files were recorded last, None when that
    was not looked at; `orphans` is set when there are revisions in `current` of which
    there is no file here. `head_file` is None where Alembic's folder is in a package.
    `rebasing` names a rebase that has moved the database and was not finished. With
    several heads, `sources` are the revision files that not all of them have, by id,
    and `team` is what git says of them, None without git. `spares` are looked for by
    `reset` and `spare` only. `source_of` gives the text of a revision file by its path,
    "" where it cannot be read: of thousands few matter. `content_of` gives the bytes of
    a file of the project, None where there is none; `room` is what a copy of the
    database would need, and `data_size` how many bytes the data has in all, None where
    nobody can tell: these are asked only by what changes something. `details` are
    looked at only for the verbs that need them; and only those of snapshots look for
    `shelf` and `left`, which are databases that a killed restore has left, and with
    `undo` for `server_version`, "" when it could not be asked. `swap_facts` is what the
    running server says of a swap, None where that was not asked or it did not answer.
    """

    engine: EngineFacts
    history: History = field(default_factory=History)
    current: tuple[str, ...] | None = None
    healthy: bool = False
    seed_pending: bool = False
    refusal: RefusedError | None = None
    undo: UndoLog = field(default_factory=UndoLog)
    source_of: Callable[[str], str] = field(default=lambda _path: "", repr=False, compare=False)
    content_of: Callable[[str], bytes | None] = field(default=lambda _path: None, repr=False, compare=False)
    room: Callable[[], Room] = field(default=Room, repr=False, compare=False)
    data_size: Callable[[], int | None] = field(default=lambda: None, repr=False, compare=False)
    shelf: Shelf = field(default_factory=Shelf)
    server_version: str = ""
    left: tuple[str, ...] = ()
    fingerprinted_at: tuple[str, ...] | None = None
    orphans: Orphans | None = None
    head_file: HeadFile | None = None
    rebasing: str = ""
    spares: Spares = field(default_factory=Spares)
    sources: Mapping[str, bytes] = field(default_factory=dict)
    team: Team | None = None
    details: Details | None = None
    swap_facts: SwapFacts | None = None

    @property
    def applied(self) -> frozenset[str]:
        """The revisions of this branch that are applied; below one that is not here, those that are known to be."""
        below = (*self.orphans.parents, *self.orphans.fingerprinted) if self.orphans else ()
        return self.history.with_ancestors((*(self.current or ()), *below))
