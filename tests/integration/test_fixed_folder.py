"""A folder in which nothing may be renamed is found before anything of the environment is stopped."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute
from tests.project import EVERYTHING, Project, make_project
from tests.users import IS_ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not IS_ROOT, reason="chattr takes root on Linux")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose data has been reset once, and whose folder above the data takes no new name now."""
    project = make_project(tmp_path / "project", tmp_path / "home")
    project.table(*EVERYTHING, 'engine = "embedded"', 'data = "volumes/db"')
    project.good("dev")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    project.good("reset", "--yes")
    above = str(project.root / "volumes")
    subprocess.run(["chattr", "+i", above], check=True)
    yield project
    subprocess.run(["chattr", "-i", above], check=True)
    project.run("down")


def started(project: Project) -> object:
    return execute(address_of(project), "SELECT pg_postmaster_start_time()")


def test_undo_is_refused_while_everything_still_runs(project: Project) -> None:
    before, why = started(project), f"this user may not rename anything in {project.root}/volumes"
    id_, message, hint = project.run("undo", "--yes", "--json").error
    assert (id_, message.endswith(f"cannot be put back: {why}")) == ("NA315", True)
    assert hint == f"nothing was changed; give the right to it (`ls -ld {project.root}/volumes`), and repeat"
    assert started(project) == before
    status = project.good("status", "--json").json
    assert status["backend"]["healthy"] is True
    subprocess.run(["chattr", "-i", str(project.root / "volumes")], check=True)
    project.good("undo", "--yes")
    assert execute(address_of(project), "SELECT count(*) FROM t1 WHERE id = 7") == [(1,)]


def test_a_reset_says_beforehand_that_nothing_is_kept_and_a_copy_of_the_server_is_not_tried(project: Project) -> None:
    why = f"this user may not rename anything in {project.root}/volumes"
    planned = project.good("reset", "--dry-run", "--json").json["destroys"]
    assert planned == f"the database in {project.root}/volumes/db, and no `undo` brings it back: {why}"
    before = started(project)
    project.revision("t3", "t2", upgrade='op.execute("CREATE ROLE of_the_project")')
    ran = project.run("migrate", "--json")
    assert (ran.code, ran.error[0]) == (5, "NA010")
    assert why in ran.error[1]
    assert started(project) == before
