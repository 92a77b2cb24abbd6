"""A revision that makes a role, on Compose: all the data is copied, in a folder and in a named volume."""

import pytest

from tests.compose.conftest import MakeProject
from tests.compose.test_volumes import VOLUME
from tests.integration.test_shared import DROP, MAKE
from tests.project import Project


def roles(project: Project) -> str:
    ran = project.good("sql", "--", "-XAtqc", "SELECT count(*) FROM pg_roles WHERE rolname = 'app'")
    return ran.out.strip()


@pytest.mark.parametrize("layout", [{}, {"data": "pgdata", "more": VOLUME}], ids=["folder", "volume"])
def test_a_role_goes_and_comes_back_with_the_database(
    make_compose_project: MakeProject, layout: dict[str, str]
) -> None:
    project = make_compose_project(**layout)
    project.good("dev")
    project.revision("t3", "t2", upgrade=MAKE, downgrade=DROP)
    project.revision("t4", "t3")
    project.good("migrate")
    project.good("downgrade", "--yes")
    project.good("downgrade", "--yes")
    assert roles(project) == "0"
    project.good("undo")
    assert roles(project) == "1"
    project.good("undo")
    assert roles(project) == "0"
    project.good("migrate")
    assert roles(project) == "1"
    ran = project.good("reapply", "t3", "--yes", "--json").json
    assert ran["rehearsal"] == {"lost": [], "changed": [], "left_behind": []}
