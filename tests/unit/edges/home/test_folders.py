"""Where a clone's own files are, and that nobody else may look at them."""

import sys
from pathlib import Path

import pytest

from nox_alembic.edges.home.folders import Folders, clone_of, close_folders, folders_of


def test_two_clones_share_no_folder_and_home_has_all_of_them(tmp_path: Path) -> None:
    one, two = (folders_of(tmp_path / name / "app", {"NOX_ALEMBIC_HOME": str(tmp_path)}) for name in ("1", "2"))
    assert {one.data.parent, one.state.parent, one.log.parent, one.cache.parent} == {
        tmp_path / kind for kind in ("data", "state", "log", "cache")
    }
    assert one.data.name.startswith("app-")
    assert one.data != two.data


def test_a_project_keeps_the_folders_that_it_has(tmp_path: Path) -> None:
    environ, clones = {"NOX_ALEMBIC_HOME": str(tmp_path)}, (tmp_path / "shop", tmp_path / "shop/backend")
    assert clone_of(clones, environ) == clones[0]
    for clone, kind in ((clones[1], "state"), (clones[0], "data")):
        getattr(folders_of(clone, environ), kind).mkdir(parents=True)
        assert clone_of(clones, environ) == clone


@pytest.mark.skipif(sys.platform == "win32", reason="there the folder around it says who may")
@pytest.mark.parametrize(("environ", "above"), [({}, 0o700), ({"NOX_ALEMBIC_HOME": "/home"}, 0o777)])
def test_folders_of_an_older_version_are_closed_and_those_that_a_user_named_are_not(
    tmp_path: Path, environ: dict[str, str], above: int
) -> None:
    places = [tmp_path / kind / "app-1" for kind in ("data", "state", "log", "cache")]
    for place in places[:3]:
        place.mkdir(parents=True)
        place.chmod(0o777)
        place.parent.chmod(0o777)
    close_folders(Folders(data=places[0], state=places[1], log=places[2], cache=places[3]), environ)
    assert [place.stat().st_mode & 0o777 for place in places[:3]] == [0o700] * 3
    assert [place.parent.stat().st_mode & 0o777 for place in places[:3]] == [above] * 3
    assert not places[3].exists()
