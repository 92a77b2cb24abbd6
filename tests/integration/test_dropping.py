"""Large databases of ours are dropped by the server alone: after the command has ended, and in nobody's way."""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from psycopg2 import sql

from nox_alembic.core.copies.siblings import Mark, Role
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import dropping, siblings
from nox_alembic.edges.postgres.connection import connected
from nox_alembic.edges.system.waiting import wait_until
from nox_alembic.run.acts.siblings import new_mark
from tests.integration.conftest import address_of, execute
from tests.project import Project, make_project

COMMAND = """
import json, sys
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import dropping
dropping.drop_soon(DatabaseAddress(**json.loads(sys.argv[1])), sys.argv[2:], large=0)
"""


def made(address: DatabaseAddress, role: Role = "undo") -> str:
    """Make a sibling of the database with its mark, and return its name."""
    mark = new_mark(address, role, "dev", "migrate")
    name = sql.Identifier(mark.name)
    execute(
        address,
        sql.SQL("CREATE DATABASE {}").format(name),
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(mark.text)),
    )
    return mark.name


def beside(address: DatabaseAddress) -> list[object]:
    """Return the databases whose names begin as those of siblings do."""
    rows = execute(address, f"SELECT datname FROM pg_database WHERE datname LIKE '{address.name}\\_\\_%' ORDER BY 1")
    return [name for (name,) in rows]


def all_gone(address: DatabaseAddress) -> bool | None:
    return not beside(address) or None


@contextlib.contextmanager
def held(address: DatabaseAddress) -> Iterator[None]:
    """Let a drop begin in the server, and not end: it deletes from this catalogue what there is of the database."""
    with connected(address) as cursor:
        cursor.execute("BEGIN; LOCK TABLE pg_shseclabel IN SHARE MODE")
        yield


def test_a_large_database_is_dropped_by_the_server_after_the_command_has_ended(address: DatabaseAddress) -> None:
    dropping.drop_soon(address, [made(address)])
    assert dropping.marked(address) == ()
    assert wait_until(lambda: all_gone(address), 30)
    name = made(address)
    with held(address):
        words = [sys.executable, "-c", COMMAND, json.dumps(asdict(address)), name]
        subprocess.run(words, check=True, timeout=60)
        assert dropping.marked(address) == (), "nobody has anything to do with what is being dropped"
        (still_there,) = beside(address)
        assert str(still_there).startswith(f"{address.name}__dropping_2")
    assert wait_until(lambda: all_gone(address), 30)


def test_only_what_has_our_name_and_our_mark_is_put_away(address: DatabaseAddress) -> None:
    unmarked, others = f"{address.name}__before_20260101t000000000z", f"{address.name}__rehearsal"
    anothers = Mark(role="rehearsal", of="another", environment="dev", verb="reapply", at="")
    for name in (unmarked, others):
        execute(address, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    execute(
        address,
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(others), sql.Literal(anothers.text)),
    )
    dropping.drop_soon(address, [unmarked, others, address.name], large=0)
    assert beside(address) == [unmarked, others]
    assert execute(address, "SELECT current_database()") == [(address.name,)]
    for name in (unmarked, others):
        execute(address, sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def test_the_next_verb_makes_its_copy_meanwhile(address: DatabaseAddress) -> None:
    """What is put away leaves its name to the next one, which is never dropped in its place."""
    name = made(address, "rehearsal")
    with held(address):
        dropping.drop_soon(address, [name], large=0)
        siblings.create(address, new_mark(address, "rehearsal", "dev", "reapply"))
        assert [one.name for one in dropping.marked(address)] == [name]
    assert wait_until(lambda: len(beside(address)) == 1 or None, 30)
    assert beside(address) == [name]
    dropping.drop(address, [name])


def test_a_drop_that_was_ended_is_done_by_who_looks_next(address: DatabaseAddress) -> None:
    with held(address):
        dropping.drop_soon(address, [made(address)], large=0)
        execute(
            address,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            f" WHERE query LIKE 'DROP DATABASE IF EXISTS \"{address.name}\\_\\_%'",
        )
        (left,) = dropping.marked(address)
    assert left.mark.role == "dropping"
    dropping.drop_soon(address, [left.name], large=0)
    assert wait_until(lambda: all_gone(address), 30)


def test_a_limit_of_the_user_does_not_end_a_drop_halfway(address: DatabaseAddress) -> None:
    user = f"hasty_{address.name}"
    limits = ("lock_timeout", "statement_timeout", "client_connection_check_interval")
    execute(
        address,
        f"CREATE ROLE {user} LOGIN SUPERUSER PASSWORD 'x'",
        *(f"ALTER ROLE {user} SET {limit} = '200ms'" for limit in limits),
    )
    with held(address):
        dropping.drop_soon(replace(address, user=user, password="x"), [made(address)], large=0)
        waiting = f"SELECT now() - query_start > '0.5 s' FROM pg_stat_activity WHERE usename = '{user}'"
        assert wait_until(lambda: execute(address, waiting) == [(True,)] or None, 10)
    assert wait_until(lambda: all_gone(address), 30)
    execute(address, f"DROP ROLE {user}")


def test_nobody_waits_for_a_small_database_that_takes_long(address: DatabaseAddress) -> None:
    """Before a drop the server writes the files of all others: with many of them that takes longer than the drop."""
    with held(address):
        dropping.drop_soon(address, [made(address)])
        assert dropping.marked(address) == ()
    assert wait_until(lambda: all_gone(address), 30)


def test_who_may_not_rename_a_database_drops_it_all_the_same(address: DatabaseAddress) -> None:
    user = f"poor_{address.name}"
    name = made(address)
    execute(
        address,
        f"CREATE ROLE {user} LOGIN PASSWORD 'x'",
        sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(user)),
    )
    dropping.drop_soon(replace(address, user=user, password="x"), [name], large=0)
    assert beside(address) == []
    execute(address, f"DROP ROLE {user}")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.good("dev")
    yield project
    project.run("down")


def test_down_ends_a_drop_and_the_next_verb_does_it(project: Project) -> None:
    here = address_of(project)
    with held(here):
        dropping.drop_soon(here, [made(here)], large=0)
        project.good("down")
    said = project.good("dev").err
    assert "removed what a run that did not end has left: database project__dropping_2" in said
    assert "(our mark in it: the server had not ended dropping it)" in said
    assert wait_until(lambda: all_gone(address_of(project)), 30)


def test_nothing_of_a_drop_holds_the_folders(project: Project) -> None:
    here = address_of(project)
    with held(here):
        dropping.drop_soon(here, [made(here)], large=0)
        project.good("down")
        for folder in (project.root, project.home):
            shutil.rmtree(folder)
        assert not project.home.exists()
    project.root.mkdir()  # where the fixture runs its `down`
