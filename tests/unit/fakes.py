"""Named doubles of the edges: they record what they are asked for, and answer what a test sets."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from nox_alembic.core.catalogue import Catalogue
from nox_alembic.core.copies.leftovers import Leftover
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress, DataLocation, EngineFacts, Foreign
from nox_alembic.core.revisions.changes import Change, Draft, NewFile
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.steps import Foreground
from nox_alembic.core.traces import Counters
from nox_alembic.edges.engines import Inside, Remover, Service
from nox_alembic.edges.system.invocation import Invocation
from tests.unit.core.make import ADDRESS, FOLDER, engine


@dataclass
class World:
    """What happened, in order, and what the database of the fakes is at."""

    events: list[str] = field(default_factory=list)
    current: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    fails: str = ""
    command_code: int = 0
    commands_lead_elsewhere: bool = False
    forgets: bool = False
    draft: Draft = field(default_factory=Draft)
    written: dict[str, str] = field(default_factory=dict)
    catalogues: list[Catalogue] = field(default_factory=list)
    edited: bool = True
    blank: bool = False
    left: list[Leftover] = field(default_factory=list)
    cluster: str = "7100"
    # Ids of the errors with which the database is waited for, one a time.
    unready: list[str] = field(default_factory=list)
    at_work: tuple[str, ...] = ()

    def happened(self, event: str) -> None:
        self.events.append(event)
        if event == self.fails:
            raise FailedError("NA000", f"{event} failed", hint="none")


@dataclass
class FakeEngine:
    """An engine whose every act is an event."""

    world: World
    name: Literal["compose", "embedded"] = "compose"

    @property
    def location(self) -> DataLocation:
        return FOLDER

    def probe(self) -> EngineFacts:
        return engine()

    def foreign(self) -> Foreign | None:
        return self.probe().foreign

    def provide_images(self, images: Sequence[str]) -> None:
        self.world.happened(f"images {','.join(images)}")

    def start_database(self) -> None:
        self.world.happened("start database")

    def address(self) -> DatabaseAddress:
        return ADDRESS

    def prove_ownership(self) -> None:
        self.world.happened("prove")

    def is_alive(self, service: Service) -> bool:
        return True

    def start_services(self, services: Sequence[str]) -> None:
        self.world.happened(f"start {','.join(services)}")

    def stop_backend(self) -> None:
        self.world.happened("stop backend")

    def kill_services(self) -> None:
        self.world.happened("kill services")

    def backend_url(self) -> str | None:
        return "http://127.0.0.1:8000/health"

    def backend_health(self) -> bool | None:
        return None

    def kill(self) -> None:
        self.world.happened("kill")

    def make_missing_database(self) -> bool:
        self.world.happened("make the missing database")
        return self.name == "embedded"

    def is_blank(self) -> bool:
        return self.world.blank

    def stop_database(self) -> None:
        self.world.happened("stop database")

    def stop(self) -> None:
        self.world.happened("stop")

    def down(self) -> None:
        self.world.happened("down")

    @property
    def volumes(self) -> None:
        return None

    def make_database(self) -> None:
        self.world.happened("make database")

    def discard_data(self) -> None:
        self.world.happened("discard data")

    def leftovers(self) -> Sequence[Leftover]:
        return tuple(self.world.left)

    def remove_leftover(self, leftover: Leftover) -> None:
        self.world.happened(f"remove {leftover.name}")
        self.world.left.remove(leftover)

    def discard(self) -> None:
        self.world.happened("discard")

    def log_tail(self, service: Service, lines: int = 20) -> str:
        return f"log of {service}"

    def stream_logs(self, service: Service | None, *, follow: bool, lines: int | None) -> None:
        self.world.happened(f"logs {service} {follow} {lines}")

    def users_of(self, path: Path, *, foreign_only: bool) -> Sequence[str]:
        return ()

    def client(self, program: str, *, terminal: bool = False) -> Invocation:
        return Invocation((program,), {})

    def inside_backend(self) -> Inside | None:
        return None

    def variables(self) -> Mapping[str, str]:
        return {"COMPOSE_PROJECT_NAME": "dds-dev"}

    def shell(self, command: Sequence[str], *, terminal: bool) -> Invocation:
        return Invocation(tuple(command) or ("sh",), {})

    def remover(self) -> Remover | None:
        return None


@dataclass
class FakeServer:
    """A server that is ready at once."""

    world: World

    def await_ready(
        self,
        address: Callable[[], DatabaseAddress],
        is_alive: Callable[[], bool],
        log_tail: Callable[[], str],
        seconds: float,
    ) -> None:
        assert (address(), is_alive(), log_tail()) == (ADDRESS, True, "log of database")
        self.world.happened(f"await database {seconds}")
        if self.world.unready:
            raise FailedError(self.world.unready.pop(0), "there is no such database", hint="none", detail="log")

    def revisions(self, address: DatabaseAddress) -> tuple[str, ...] | None:
        return self.world.current

    def cluster_of(self, address: DatabaseAddress) -> str:
        return self.world.cluster

    def version(self, address: DatabaseAddress) -> str:
        return "18.1"

    def at_work(self, address: DatabaseAddress) -> Sequence[str]:
        return self.world.at_work

    def write_note(self, address: DatabaseAddress, name: str, value: str) -> None:
        self.world.notes[name] = value

    def read_note(self, address: DatabaseAddress, name: str) -> str:
        return self.world.notes.get(name, "")

    @contextlib.contextmanager
    def migration_lock(
        self, address: DatabaseAddress, seconds: float, on_wait: Callable[[str], None]
    ) -> Iterator[None]:
        self.world.happened("lock")
        yield
        self.world.happened("unlock")


@dataclass
class FakeMigrations:
    """Alembic that applies, or with `forgets` only says so; `beside` names the database, too."""

    world: World
    beside: bool = False

    def probe(self, configuration: Configuration, address: DatabaseAddress) -> bool:
        self.world.happened(f"probe env.py on {address.name}")
        return True

    def upgrade(
        self, configuration: Configuration, address: DatabaseAddress, target: str, on_revision: Callable[[str], None]
    ) -> None:
        on_revision("c3 make c3")
        self.world.happened(f"upgrade {address.name} to {target}" if self.beside else f"upgrade {target}")
        if not self.world.forgets:
            self.world.current = ("c3",) if target == "heads" else (target,)

    def downgrade(
        self,
        configuration: Configuration,
        address: DatabaseAddress,
        target: str,
        on_revision: Callable[[str], None],
        extra: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        on_revision(f"{target.partition('@')[0]} make it")
        words = " ".join(["downgrade", target, *map(str, extra)])
        self.world.happened(f"downgrade {address.name} to {target}" if self.beside else words)
        if not self.world.forgets:
            place = target.rpartition("@")[2]
            self.world.current = () if place == "base" else (place,)

    def find_table(self, configuration: Configuration, address: DatabaseAddress) -> str:
        return "public.alembic_version"

    def upgrade_sql(self, configuration: Configuration, start: str, target: str) -> str:
        self.world.happened(f"sql {start}:{target}")
        return "SELECT 1;\n"

    def compare(self, configuration: Configuration, address: DatabaseAddress) -> tuple[Change, ...]:
        return self.world.draft.changes

    def draft(
        self,
        configuration: Configuration,
        address: DatabaseAddress | None,
        message: str,
        head: str = "",
        *,
        autogenerate: bool,
    ) -> Draft:
        self.world.happened(
            f"draft {message}{f' after {head}' if head else ''} on {address.name if address else 'nothing'}"
        )
        return self.world.draft

    def merge(self, configuration: Configuration, id_: str, heads: Sequence[str], message: str) -> NewFile:
        self.world.happened(f"merge {','.join(heads)} as {id_}: {message}")
        return NewFile(f"alembic/versions/{id_}.py", "text")


@dataclass
class FakeFingerprintTable:
    """What is kept in a database of the files that were applied."""

    recorded: Mapping[str, str] = field(default_factory=dict)
    intentions: Mapping[str, str] = field(default_factory=dict)
    at: Sequence[str] = ()

    def read(self, address: DatabaseAddress) -> Mapping[str, str]:
        return self.recorded

    def intended(self, address: DatabaseAddress) -> Mapping[str, str]:
        return self.intentions

    def intend(self, address: DatabaseAddress, digests: Mapping[str, str]) -> None:
        self.intentions = {**self.intentions, **digests}

    def write(self, address: DatabaseAddress, digests: Mapping[str, str], at: Sequence[str]) -> None:
        self.recorded, self.intentions, self.at = digests, {}, at


@dataclass
class FakeRevisionCopies:
    """A folder of copies, in which the digest of a file is its name; `full` has no room."""

    full: bool = False

    def keep(self, path: Path) -> str:
        if self.full:
            raise OSError(28, "No space left on device")
        return f"bytes of {path.stem}"


@dataclass
class FakeCatalogues:
    """What databases consist of, in the order in which they are asked."""

    world: World

    def read(self, address: DatabaseAddress, *, contents: bool) -> Catalogue:
        self.world.happened(f"read {'all of ' if contents else ''}{address.name}")
        return self.world.catalogues.pop(0) if self.world.catalogues else Catalogue()


@dataclass
class FakePerson:
    """Somebody who agrees, unless the world fails, and who has edited if the world says so."""

    world: World

    def consent(self, destroys: str) -> None:
        self.world.happened(f"consent to: {destroys}")

    def edit(self, path: Path) -> bool:
        self.world.happened(f"edit {path}")
        return self.world.edited


@dataclass
class FakeBackend:
    """A backend that is healthy at once."""

    world: World

    def await_healthy(
        self,
        url: Callable[[], str | None],
        engine_says: Callable[[], bool | None],
        is_alive: Callable[[], bool],
        log_tail: Callable[[], str],
        seconds: float,
    ) -> None:
        assert (url(), engine_says(), is_alive()) == ("http://127.0.0.1:8000/health", None, True)
        assert log_tail() == "log of backend"
        self.world.happened(f"await backend {seconds}")


@dataclass
class FakeCommands:
    """Commands of the project that end with the code that the world says."""

    world: World
    addresses: list[DatabaseAddress] = field(default_factory=list)

    def __call__(self, words: Sequence[str], address: DatabaseAddress, quiet: bool) -> int:
        self.addresses.append(address)
        self.world.happened(f"command {' '.join(words)}{' quiet' if quiet else ''}")
        return self.world.command_code


@dataclass
class FakeCounters:
    """A server that counts what commands do, unless they reach another one."""

    world: World

    def read_settled(self, address: DatabaseAddress) -> Counters | None:
        return self.read(address)

    def read(self, address: DatabaseAddress) -> Counters | None:
        done = sum(event.startswith("command") for event in self.world.events)
        return Counters(sessions=0, transactions=0 if self.world.commands_lead_elsewhere else done)


@dataclass
class FakeFiles:
    """Writes nothing, and says what it was asked for."""

    world: World

    def replace(self, path: Path, before: bytes | None, after: bytes | None) -> None:
        self.world.happened(f"replace {path} {before!r} {after!r}")

    def write_revision(self, path: Path, text: str) -> None:
        self.world.happened(f"write {path} {text}")

    def write_head(self, heads: Sequence[str]) -> Path:
        self.world.happened(f"head {','.join(heads)}")
        return Path("/project/alembic/head")


@dataclass
class FakeAct:
    """An act of which only is said what it was asked for; one step may fail."""

    world: World
    family: str

    def do(self, step: Foreground) -> str:
        self.world.happened(f"{self.family}: {step.title}")
        return "done"
