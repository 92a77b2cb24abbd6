"""A disk that becomes full under the database container."""

import os

from tests.compose.conftest import MakeProject
from tests.compose.test_snapshots import databases
from tests.compose.test_verbs import insert, rows
from tests.filling import empty, flooded, small_disk
from tests.wiper.places import as_root

pytestmark = as_root

FULL = os.strerror(28)


def test_a_full_disk_leaves_the_data_in_its_place_or_where_undo_finds_it(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    with small_disk(project.root / "volumes", 1 << 29) as disk:
        project.good("dev")
        insert(project)
        ran = flooded(project, disk, "making", "downgrade", "--yes")
        assert (ran.code, ran.error[0]) == (1, "NA635")
        assert FULL in ran.err
        empty(disk)
        assert (rows(project), databases(project)) == (2, ["sample"])
        ran = flooded(project, disk, "before StartDatabase", "reset", "--yes")
        assert (ran.code, *ran.error[:2]) == (1, "NA205", "the database ended while it was being waited for")
        assert "initdb: error: could not create directory" in ran.err
        assert FULL in ran.err
        empty(disk)
        project.good("undo")
        assert rows(project) == 2
        project.good("reset", "--yes")
        assert rows(project) == 1
        project.good("undo")
        assert rows(project) == 2
        project.good("down")
