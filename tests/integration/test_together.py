"""A migration that has to wait: for another migration, or for a lock of somebody else's session."""

import os
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import server
from tests import together
from tests.integration.conftest import address_of, execute, reader
from tests.project import Project

if TYPE_CHECKING:
    from subprocess import Popen

SEEN = """CREATE TABLE seen AS
    SELECT current_setting('lock_timeout') AS waits, current_setting('application_name') AS name"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = together.make(tmp_path_factory.mktemp("together"))
    yield project
    project.run("down")


@pytest.mark.skipif(os.name == "nt", reason="the second clone has its data behind a link")
def test_two_migrations_at_once_both_succeed_and_one_waits(project: Project) -> None:
    """More rounds: `python -m tests.together 20`."""
    of_the_environment, of_the_database = together.rounds(project, 2)
    assert re.fullmatch(
        r"waiting for `migrate` \(process \d+, since .+\) to end, at most 60 seconds", of_the_environment
    )
    assert re.fullmatch(
        r'waiting for another migration to end: process \d+ of the server \(user "postgres", application "nox-alembic",'
        r" from 127\.0\.0\.1\)",
        of_the_database,
    )


def test_the_lock_is_not_waited_for_longer_than_allowed(address: DatabaseAddress) -> None:
    told: list[str] = []
    with (
        server.migration_lock(address, 1, told.append),
        pytest.raises(PreconditionError) as error,
        server.migration_lock(address, 0.1, told.append),
    ):
        pass
    (waited,) = told
    holder = waited.removeprefix("waiting for another migration to end: ")
    assert error.value.id == "NA408"
    assert error.value.message == f"another migration has been running for 0 seconds: {holder}"
    with server.migration_lock(address, 0, told.append):
        pass  # it is free again


def test_a_wait_names_who_is_in_the_way_and_the_command_that_ends_it(project: Project) -> None:
    project.table('engine = "embedded"', "lock-timeout = 60")
    project.good("dev")
    address = address_of(project)
    execute(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "CREATE TABLE customers (id int)")
    project.revision("t1", None, upgrade='op.add_column("customers", sa.Column("x", sa.Integer))')
    with reader(address):
        migrating = together.start(project, "t1")
        pid = _blocker(address)
        told = _read_until(migrating, b"ends it")
        assert told == (
            f'warning: waiting for a lock of process {pid} of the server (user "postgres", application "report",'
            " idle in transaction: SELECT FROM customers);"
            f' `nox -s sql -- -c "SELECT pg_terminate_backend({pid})"` ends it'
        )
        assert project.good("sql", "-c", f"SELECT pg_terminate_backend({pid})").out
        assert migrating.communicate(timeout=300)[1].count(b"waiting for a lock") == 0
    assert migrating.returncode == 0


@pytest.mark.parametrize(
    ("options", "theirs", "waits"),
    [
        ("", "", "1min"),
        ("-c lock_timeout=7s -c work_mem=1MB", "", "7s"),
        ("", "3s", "3s"),
        ("-c work_mem=1MB", "", "1min"),
    ],
)
def test_a_limit_of_the_users_own_comes_first(project: Project, options: str, theirs: str, waits: str) -> None:
    address = address_of(project)
    execute(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "ALTER DATABASE project RESET lock_timeout")
    if theirs:
        execute(address, f"ALTER DATABASE project SET lock_timeout = '{theirs}'")
    project.revision("t1", None, upgrade=f'op.execute("""{SEEN}""")')
    project.good("migrate", "t1", **({"PGOPTIONS": options} if options else {}))
    ((found, name),) = execute(address, "SELECT waits, name FROM seen")
    assert found == waits
    assert re.fullmatch(r"nox-alembic migrate [0-9a-f]{8}", str(name))


def _blocker(address: DatabaseAddress) -> object:
    ((pid,),) = execute(address, "SELECT pid FROM pg_stat_activity WHERE application_name = 'report'")
    return pid


def _read_until(running: "Popen[bytes]", word: bytes) -> str:
    """Return the line of stderr that has the word."""
    assert running.stderr
    end = time.monotonic() + 240
    while time.monotonic() < end and (line := running.stderr.readline()):
        if word in line:
            return line.decode().strip()
    pytest.fail("it ended without a word")
