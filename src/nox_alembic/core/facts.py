"""The facts that a plan is made from: frozen values without a decision in them."""

from collections.abc import Mapping
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
# In the place of a password, where people read it.
HIDDEN = "***"


@frozen(kw_only=True)
class DatabaseAddress:
    """Where a client logs in; the password stays out of `repr` and of `shown`.

    `application` is how a migration's session names itself, and `lock_timeout` the
    seconds for which it waits for a lock. Without them, the server's settings hold.
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
        """The SQLAlchemy URL, with the driver.

        Since SQLAlchemy 2.1 `postgresql://` alone means psycopg 3.
        """
        return f"postgresql+psycopg2://{quote(self.user, safe='')}:{quote(self.password, safe='')}@{self._place}"

    @property
    def shown(self) -> str:
        """The URL without the password, for people and logs."""
        return f"postgresql://{quote(self.user, safe='')}@{self._place}"

    @property
    def parts(self) -> Mapping[str, str | int]:
        """What stands for the placeholders of `alembic-variables`."""
        return {
            "host": self.host, "port": self.port, "user": self.user, "password": self.password, "database": self.name,
            "url": self.url,
        }  # fmt: skip

    @property
    def shown_parts(self) -> Mapping[str, str | int]:
        """The same as messages name it, without the password."""
        url = self.url.replace(f":{quote(self.password, safe='')}@", f":{HIDDEN}@")
        return {**self.parts, "password": HIDDEN, "url": url}

    @property
    def _place(self) -> str:
        return f"{self.host}:{self.port}/{quote(self.name, safe='')}"


@frozen(kw_only=True)
class DataLocation:
    """Where the database keeps its files.

    `folder`: `path` is on this machine, and a wipe may touch it only strictly below
    `within`. `subpaths` are where the data may lie below it, since images from
    PostgreSQL 18 on mount the folder above it.

    `volume`: a named volume of the engine, `external` when the project does not make
    it.

    `container`: nothing is mounted, and the data goes with the container.
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
    """A port that a service wants and that another program holds.

    `variable` chooses the port, if there is such a variable.
    """

    port: int
    service: str
    variable: str


@frozen(kw_only=True)
class BackendFacts:
    """The backend as the engine sees it.

    `defined`: the project has a backend to start. `url`: the address of its health
    check, None while no port is known.
    """

    defined: bool = False
    running: bool = False
    url: str | None = None


@frozen(kw_only=True)
class Foreign:
    """Another clone, in the folder `root`, with containers under this project's name.

    `gone`: that folder does not exist any more. `files` are the names of the Compose
    files that made them, if these lie in the very folder of this project.
    """

    root: str
    project: str
    gone: bool = False
    files: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The state as a sentence for people."""
        clone = f"another clone, in {self.root}{', which is gone' * self.gone}"
        whose = f"other Compose files of {self.root}: {', '.join(self.files)}" if self.files else clone
        return f"the Compose project is in use by {whose}"

    @property
    def cure(self) -> str:
        """The command or the change that ends it."""
        what = "it" if self.files else "what is left of it"
        removes = f"`docker compose -p {self.project} down` removes {what}"
        cure = removes if self.gone or self.files else "run `nox -s down` there"
        return f'{cure}, or set "compose-project" here'


@frozen(kw_only=True)
class EngineFacts:
    """What an engine sees of its environment."""

    name: Literal["compose", "embedded"]
    location: DataLocation
    data_present: bool = False
    database_running: bool = False
    anything_running: bool = False
    # None while no port is known.
    address: DatabaseAddress | None = None
    backend: BackendFacts = field(default_factory=BackendFacts)
    # All services beside the database.
    services: tuple[str, ...] = ()
    # The services that neither run nor have ended well, as a one-shot service does.
    stopped: tuple[str, ...] = ()
    missing_images: tuple[str, ...] = ()
    taken_ports: tuple[TakenPort, ...] = ()
    # Another clone that runs under the same project name.
    foreign: Foreign | None = None
    # Why the database cannot start on its data, "" when it can.
    problem: str = ""
    # What lies in a container, or in a volume without a name, and goes with it.
    homeless: tuple[str, ...] = ()
    # Why data that is wiped cannot be kept, "" when it can.
    unkept: str = ""
    # The database's container was made from another image than the project names now.
    outdated: bool = False
    # The version of PostgreSQL that would start on the data, "" if only a running
    # server can say.
    major: str = ""

    @property
    def started(self) -> tuple[str, ...]:
        """The services beside the database that are running, or have ended well."""
        return tuple(name for name in self.services if name not in self.stopped)


@frozen(kw_only=True)
class Facts:
    """Everything that a plan is made from; a verb's record says what is looked at."""

    engine: EngineFacts
    history: History = field(default_factory=History)
    # The revisions that the database is at, None when it could not be asked.
    current: tuple[str, ...] | None = None
    # The backend's own word.
    healthy: bool = False
    seed_pending: bool = False
    # Set when the database is at revisions without a file here.
    orphans: Orphans | None = None
    # The revisions at which fingerprints were written last, None when nobody looked.
    fingerprinted_at: tuple[str, ...] | None = None
    # None where Alembic's folder is in a package.
    head_file: HeadFile | None = None
    # A rebase that has moved the database and was not finished, by its name.
    rebasing: str = ""
    # With several heads: what git says of the revisions that not all heads have. None
    # without git.
    team: Team | None = None
    # The files that this verb has to read, by their paths; None is no file.
    contents: Mapping[str, bytes | None] = field(default_factory=dict)

    # The undo entries that are really there.
    undo: UndoLog = field(default_factory=UndoLog)
    # The server's version. Verbs of snapshots need it, and `undo` needs it for the data
    # of a whole server. "" when the server did not answer.
    server_version: str = ""
    # Why the data folder may not be wiped.
    refusal: RefusedError | None = None
    # Why the data folder cannot be renamed, nor another one be made beside it, "" when
    # both is possible.
    fixed: str = ""
    # The data of a reset that did not end was not initialised to its end, and no
    # database is in it.
    blank: bool = False
    # The system identifier of the server's data, "" when it does not answer.
    cluster: str = ""
    # How many bytes the data has in all, None where nobody can tell.
    data_size: int | None = None
    # What a copy of the database would need.
    room: Room = field(default_factory=Room)
    spares: Spares = field(default_factory=Spares)
    # The process that makes spares in the background, 0 for none.
    maker: int = 0
    # What the running server says of a swap, None when it does not answer.
    swap_facts: SwapFacts | None = None
    shelf: Shelf = field(default_factory=Shelf)
    # Databases that a killed restore has left.
    left: tuple[str, ...] = ()
    details: Details | None = None

    @property
    def applied(self) -> frozenset[str]:
        """The revisions of this branch that are applied.

        Below an orphan revision, those that are known to be applied count.
        """
        below = (*self.orphans.parents, *self.orphans.fingerprinted) if self.orphans else ()
        return self.history.with_ancestors((*(self.current or ()), *below))

    def source_of(self, key: str) -> bytes | None:
        """Return the file of a revision, None if it is not here or was not read."""
        return self.contents.get(self.history.revisions[key].path)
