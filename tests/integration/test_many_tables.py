"""More tables than a server has room for locks, on the embedded engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nox_alembic.core.failures.locks import CURE
from tests.integration.conftest import address_of, execute
from tests.project import Project, make_project

TABLES = "DO $$ BEGIN FOR n IN {}..{} LOOP EXECUTE format('CREATE TABLE many.t%s ()', n); END LOOP; END $$"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.good("dev")
    yield project
    project.run("down")


def test_a_server_with_too_few_locks_says_so_in_a_few_lines_and_how_to_go_on(project: Project) -> None:
    here = address_of(project)
    assert execute(here, "SHOW max_locks_per_transaction") == [("1024",)]
    execute(here, "ALTER SYSTEM SET max_locks_per_transaction = 10")
    project.good("down")
    project.good("dev")
    assert execute(here, "SHOW max_locks_per_transaction") == [("10",)], "what a user sets is left alone"
    execute(here, "CREATE SCHEMA many", *(TABLES.format(n, n + 99) for n in range(0, 5000, 100)))
    ran = project.run("snapshot", "save", "many", "--json")
    assert (ran.code, ran.error) == (1, ("NA609", "pg_dump ended with 1, and there is no snapshot", CURE))
    assert "out of shared memory" in ran.err
    assert len(ran.err) < 3000
    project.revision("t3", "t2", upgrade='op.execute("DROP SCHEMA many CASCADE")')
    ran = project.run("migrate", "--json")
    assert ran.error[0] == "NA475"
    assert ran.error[2].startswith(f"{CURE}; then `nox -s migrate`")
    project.good("sql", "--", "-c", "ALTER SYSTEM SET max_locks_per_transaction = 4096")
    project.good("down")
    project.good("dev", "--yes")
    assert execute(here, "SELECT to_regnamespace('many')") == [(None,)]
