"""Named doubles of what `check` and `repair` use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nox_alembic.core.copies.siblings import Mark
from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.findings.lint import Violation
from tests.unit.fakes import World


@dataclass
class FakeRepairs:
    """Repairs of a database, and a look at what they left."""

    world: World
    invalid: tuple[InvalidIndex, ...] = ()

    def invalid_indexes(self, address: DatabaseAddress) -> tuple[InvalidIndex, ...]:
        return self.invalid

    def version(self, address: DatabaseAddress) -> str:
        return "18.1"

    def stamp(self, address: DatabaseAddress, before: Sequence[str], after: Sequence[str]) -> None:
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
class FakeClusters:
    """A server that tells whether a database is new, and what is kept of it."""

    world: World
    plain: bool | None = None

    def begin(self, address: DatabaseAddress) -> bool | None:
        return self.plain

    def record(self, address: DatabaseAddress, *, plain: bool) -> None:
        self.world.happened(f"record {address.name}{'' if plain else ', not plain'}")


@dataclass
class FakeAside:
    """Databases beside the real one that are only talked about."""

    world: World

    def create(self, address: DatabaseAddress, mark: Mark, *, source: str = "") -> DatabaseAddress:
        self.world.happened(f"create {mark.role} of {mark.of} for {mark.verb} from {source or 'nothing'}")
        return replace(address, name="ddsurveys__new")

    def keep_spare(self, address: DatabaseAddress, mark: Mark, *, apart: bool) -> str:
        words = [*(["seeded"] if mark.seeded else []), *(["apart"] if apart else [])]
        self.world.happened(" ".join([f"keep {mark.role} at {','.join(mark.revisions)}", *words]))
        return "spare"

    def drop(self, address: DatabaseAddress, names: Iterable[str]) -> None:
        self.world.happened(f"drop {','.join(names)}")
