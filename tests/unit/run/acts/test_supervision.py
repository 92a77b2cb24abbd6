"""Alembic with somebody beside it: what is told while it waits, and what is added to a failure."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import pytest

from nox_alembic.core.details import InvalidIndex
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.failures.failure import Blocker, Failure, MigrationError
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.edges.postgres.blockers import Watch
from nox_alembic.report import Reporter
from nox_alembic.run.acts.supervision import Supervised
from tests.unit.core.make import ADDRESS, chain, config
from tests.unit.fakes import FakeMigrations, World

CONFIGURATION = Configuration(file=Path("/project/alembic.ini"), folder=Path("/project"))
BLOCKER = Blocker(pid=7, user="dds", application="psql", state="active", query="SELECT 1")


@dataclass
class Failing(FakeMigrations):
    """Alembic that fails in the second revision; `sessions` are the addresses that it was given."""

    sessions: list[DatabaseAddress] = field(default_factory=list)

    def upgrade(
        self, configuration: Configuration, address: DatabaseAddress, target: str, on_revision: Callable[[str], None]
    ) -> None:
        self.sessions.append(address)
        on_revision("b2 make b2")
        on_revision("c3 make c3")
        raise MigrationError(Failure(revision="c3", path="c3.py", line=9, sqlstate="55P03", message="timeout"))

    def downgrade(
        self,
        configuration: Configuration,
        address: DatabaseAddress,
        target: str,
        on_revision: Callable[[str], None],
        extra: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        on_revision("c3 make c3")
        raise MigrationError(Failure(revision="b2", path="b2.py", line=9, sqlstate="42601", message="nonsense"))

    def upgrade_sql(self, configuration: Configuration, start: str, target: str) -> str:
        raise MigrationError(Failure(refused="no such revision"))


@dataclass
class Around:
    """A database that is at `places` in turn, and in which a blocker is seen."""

    places: list[tuple[str, ...] | None]
    limited: bool = False

    def revisions(self, address: DatabaseAddress) -> tuple[str, ...] | None:
        return self.places.pop(0)

    def has_lock_timeout(self, address: DatabaseAddress) -> bool:
        return self.limited

    @contextlib.contextmanager
    def watch(self, address: DatabaseAddress, on_wait: Callable[[Blocker], None]) -> Iterator[Watch]:
        on_wait(BLOCKER)
        yield Watch((BLOCKER,))

    def invalid_indexes(self, address: DatabaseAddress) -> tuple[InvalidIndex, ...]:
        return (InvalidIndex("ix", "t"), InvalidIndex("pk", "t", "constraint"))

    def probe(self, address: DatabaseAddress, failure: Failure) -> Failure:
        return replace(failure, server_major=17)


def supervised(around: Around, verb: str = "reset", environment: str = "") -> tuple[Supervised, Failing]:
    migrations = Failing(World())
    report = Reporter(verb)
    return Supervised(
        migrations=migrations,
        revisions=around.revisions,
        blockers=around,
        invalid_indexes=around.invalid_indexes,
        after_failure=around.probe,
        config=config(lock_timeout=5),
        history=chain("a1", "b2", "c3"),
        report=report,
        engine="compose",
        own=lambda: ADDRESS,
        environment=environment,
    ), migrations


def failure_of(alembic: Supervised) -> FailedError:
    with pytest.raises(FailedError) as error:
        alembic.upgrade(CONFIGURATION, ADDRESS, "heads", lambda _: None)
    return error.value


def test_a_failure_gets_what_the_database_is_at_and_who_was_in_the_way() -> None:
    alembic, migrations = supervised(Around([("a1",), ("b2",)]))
    error = failure_of(alembic)
    assert error.id == "NA462"
    assert error.message == (
        "the revision c3 (c3.py, line 9) failed: timeout. Applied and kept: b2; the database is at b2."
        " Left behind, invalid: the index ix."
    )
    assert error.hint == (
        '`nox -s sql -- -c "SELECT pg_terminate_backend(7)"` ends what holds the lock, then `nox -s dev`'
    )
    assert alembic.report.fields["failure"] == {
        "revision": "c3",
        "path": "c3.py",
        "line": 9,
        "statement": "",
        "sqlstate": "55P03",
        "before": ["a1"],
        "after": ["b2"],
        "kept": ["b2"],
        "taken_back": [],
        "invalid_indexes": ["ix"],
        "blockers": [7],
    }
    (session,) = migrations.sessions
    assert session.lock_timeout == 5
    assert session.application.startswith("nox-alembic reset ")


def test_who_is_in_the_way_is_told_at_once_with_the_command_that_ends_it() -> None:
    alembic, _ = supervised(Around([(), ()]), verb="migrate", environment="test")
    failure_of(alembic)
    warning = (
        'waiting for a lock of process 7 of the server (user "dds", application "psql", active: SELECT 1);'
        ' `nox -s sql -- --env test -c "SELECT pg_terminate_backend(7)"` ends it'
    )
    assert alembic.report.fields["warnings"] == [warning]


def test_where_a_copy_was_kept_the_way_back_to_it_is_told() -> None:
    alembic, _ = supervised(Around([("a1",), ("b2",)]), verb="migrate")
    alembic.report.fields["kept_database"] = "ddsurveys__before_20261125t200000000z"
    assert failure_of(alembic).hint.endswith("; `nox -s undo` takes back what was committed")


def test_what_ran_and_is_not_applied_was_rolled_back() -> None:
    alembic, _ = supervised(Around([("a1",), ("a1",)]))
    assert failure_of(alembic).message.endswith(
        " Nothing was changed: the database is at a1, as before. Rolled back with it, as one transaction: b2."
        " Left behind, invalid: the index ix."
    )


def test_a_database_that_is_gone_is_not_looked_at() -> None:
    alembic, _ = supervised(Around([("a1",), None]))
    assert failure_of(alembic).message.endswith(
        " The database does not answer now, so what of it is applied is not known."
    )


def test_a_limit_of_the_servers_own_stays() -> None:
    alembic, migrations = supervised(Around([(), ()], limited=True))
    failure_of(alembic)
    assert migrations.sessions[0].lock_timeout == 0


def test_sql_that_cannot_be_made_is_explained_too() -> None:
    alembic, _ = supervised(Around([]))
    with pytest.raises(FailedError) as error:
        alembic.upgrade_sql(CONFIGURATION, "", "heads")
    assert str(error.value) == "NA405: Alembic refuses: no such revision"


def test_what_goes_well_is_passed_on() -> None:
    world = World()
    alembic = replace(supervised(Around([("c3",)]))[0], migrations=FakeMigrations(world))
    alembic.downgrade(CONFIGURATION, ADDRESS, "b2", lambda _: None)
    assert world.events == ["downgrade b2"]


def test_a_downgrade_is_repeated_to_where_it_was_to_go() -> None:
    alembic, _ = supervised(Around([("c3",), ("b2",)]), verb="downgrade")
    with pytest.raises(FailedError) as error:
        alembic.downgrade(CONFIGURATION, ADDRESS, "base", lambda _: None)
    assert error.value.message == (
        "the downgrade of b2 (b2.py, line 9) failed: nonsense. Taken back: c3; the database is at b2."
        " Left behind, invalid: the index ix."
    )
    assert error.value.hint == "correct line 9 of b2.py, then `nox -s downgrade -- base`"


def test_what_fails_in_a_database_beside_the_real_one_says_nothing_of_what_is_applied_and_asks_nobody() -> None:
    alembic, migrations = supervised(Around([]), verb="reapply")
    copy = replace(ADDRESS, name="copy")
    with pytest.raises(FailedError) as error:
        alembic.upgrade(CONFIGURATION, copy, "heads", lambda _: None)
    assert error.value.message == "the revision c3 (c3.py, line 9) failed: timeout."
    assert migrations.sessions == [copy]
