"""Named doubles of what `check` and `repair` use."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nox_alembic.core.copies.siblings import Mark, Sibling
from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.findings.lint import Violation
from nox_alembic.edges.postgres.copying import Source
from nox_alembic.edges.system.invocation import Invocation
from tests.unit.fakes import World


@dataclass
class FakeRepairs:
    """Repairs of a database, and a look at what they left."""

    world: World
    invalid: tuple[InvalidIndex, ...] = ()

    def invalid_indexes(self, address: DatabaseAddress) -> tuple[InvalidIndex, ...]:
        return self.invalid

    def stamp(
        self, address: DatabaseAddress, before: Sequence[str], after: Sequence[str], told: Callable[[], str]
    ) -> None:
        self.world.happened(f"stamp {','.join(before)} to {','.join(after)}")
        if not self.world.forgets:
            self.world.current = tuple(after)

    def drop_index(self, address: DatabaseAddress, name: str) -> None:
        self.world.happened(f"drop index {name}")


@dataclass
class FakeLinter:
    """A linter that finds what a test sets."""

    world: World
    violations: Sequence[Violation] = ()
    own_rules: bool = False

    def has_own_rules(self, folder: Path) -> bool:
        return self.own_rules

    def lint(self, sql: str, folder: Path, version: str) -> Sequence[Violation]:
        self.world.happened(f"lint {folder.as_posix()} {version or 'any version'}")
        return self.violations


@dataclass
class FakeCluster:
    """A server that tells whether a database is new, and what is kept of it."""

    world: World
    plain: bool | None = None

    def begin(self, address: DatabaseAddress) -> bool | None:
        return self.plain

    def record(self, address: DatabaseAddress, *, plain: bool) -> None:
        self.world.happened(f"record {address.name}{'' if plain else ', not plain'}")


@dataclass
class FakeSiblings:
    """Databases beside the real one that are only talked about; `there` are those that exist."""

    world: World
    there: dict[str, Mark] = field(default_factory=dict)

    def names(self, address: DatabaseAddress) -> frozenset[str]:
        return frozenset(self.there)

    def marked(self, address: DatabaseAddress) -> tuple[Sibling, ...]:
        return tuple(Sibling(name, mark) for name, mark in self.there.items())

    def create(self, address: DatabaseAddress, mark: Mark, *, source: str = "") -> DatabaseAddress:
        self.world.happened(f"create {mark.role} of {mark.of} for {mark.verb} from {source or 'nothing'}")
        return replace(address, name=mark.name)

    @contextlib.contextmanager
    def copied(
        self, address: DatabaseAddress, mark: Mark, client: Callable[[str], Invocation]
    ) -> Iterator[DatabaseAddress]:
        self.world.happened(f"copy {mark.of} for a {mark.role} by {client('pg_dump').words[0]}")
        try:
            yield replace(address, name="copy")
        finally:
            self.world.happened("drop the copy")

    def keep(self, address: DatabaseAddress, mark: Mark, client: Callable[[str], Invocation]) -> None:
        self.world.happened(f"copy {address.name} for {mark.verb} at {','.join(mark.revisions)}")
        self.there[mark.name] = mark

    @contextlib.contextmanager
    def loaded(
        self, source: Source, address: DatabaseAddress, mark: Mark, client: Callable[[str], Invocation]
    ) -> Iterator[DatabaseAddress]:
        self.world.happened(f"load {source.address.name} for a {mark.role} by {client('psql').words[0]}")
        yield replace(address, name="copy")
        self.world.happened("drop the copy")

    def holding_roles(self, address: DatabaseAddress) -> Sequence[str]:
        return [name for name in self.there if "spare" in name]

    def keep_spare(self, address: DatabaseAddress, mark: Mark, *, apart: bool) -> str:
        words = [*(["seeded"] if mark.seeded else []), *(["apart"] if apart else [])]
        self.world.happened(" ".join([f"keep {mark.role} at {','.join(mark.revisions)}", *words]))
        return "spare"

    def swap(self, address: DatabaseAddress, incoming: str, mark: Mark) -> None:
        self.world.happened(f"swap {incoming} for {mark.verb}")
        self.there.pop(incoming, None)
        self.there[mark.name] = mark

    def drop(self, address: DatabaseAddress, names: Iterable[str]) -> None:
        self.world.happened(f"drop {','.join(names)}")

    def drop_soon(self, address: DatabaseAddress, names: Collection[str]) -> None:
        for name in names:
            self.world.happened(f"drop {name}")
            self.there.pop(name, None)

    @contextlib.contextmanager
    def or_dropped(self, address: DatabaseAddress, name: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.drop_soon(address, [name])
            raise
