"""An `undo` that is killed half way is finished by whatever verb comes next, before that begins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute
from tests.integration.test_undo import killed, rows
from tests.project import Project, make_project
from tests.team import TEMPLATE

SAID = "an `undo` that was killed is finished first"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"', "undo-keep = 1")
    project.write("alembic/script.py.mako", TEMPLATE.read_text())
    project.good("reset")
    yield project
    project.run("down")


def files(project: Project) -> dict[str, str]:
    """Return the revision files and the head file by their names, with their contents."""
    folder = project.root / "alembic"
    found = [*folder.glob("versions/*.py"), *folder.glob("head")]
    return {path.name: path.read_text() for path in found}


@pytest.mark.parametrize("verb", ["dev", "migrate", "downgrade --yes", "reset --yes"])
def test_between_the_renames_of_the_data(project: Project, verb: str) -> None:
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    project.good("reset", "--yes")
    execute(address_of(project), "INSERT INTO t1 VALUES (8)")
    killed(project, "aside", "undo")
    ran = project.good(*verb.split())
    assert SAID in ran.err
    if not verb.startswith("reset"):
        assert rows(project) == [1, 7]
        return
    assert rows(project) == [1]
    project.good("undo")
    assert rows(project) == [1, 7]


def test_between_two_files_and_before_the_swap(project: Project) -> None:
    project.revision("mine", "t2")
    project.good("migrate")
    project.revision("theirs", "t2")
    before = files(project)
    project.good("rebase", "--onto", "theirs", "--yes")
    after = files(project)
    assert before != after
    execute(address_of(project), "INSERT INTO mine VALUES (9)")
    for point, count, verb in [("after ReplaceFile", 1, "migrate"), ("before SwapBack", 1, "snapshot save state")]:
        killed(project, point, "undo", count=count)
        ran = project.run(*verb.split())
        assert SAID in ran.err, ran.err
        assert files(project) == before, point
        assert execute(address_of(project), "SELECT to_regclass('theirs')") == [(None,)]
        project.good("undo")
        assert files(project) == after
        assert execute(address_of(project), "SELECT id FROM mine") == [(9,)]


def test_of_a_merge_so_that_no_file_of_it_is_lost(project: Project) -> None:
    """Each verb keeps one undo entry of files: what an `undo` has half undone must not be pushed out of the log."""
    project.revision("left", "t2")
    project.revision("right", "t2")
    project.good("merge")
    merged = files(project)
    killed(project, "before NoteUndone", "undo")
    ran = project.run("merge")
    assert SAID in ran.err
    assert len(files(project)) == len(merged)
    project.good("undo")
    assert "head" not in files(project)
    assert project.good("undo", "--list", "--json").json["kept"] != []


def test_what_was_edited_meanwhile_is_told_and_the_verb_goes_on(project: Project) -> None:
    project.revision("left", "t2")
    project.revision("right", "t2")
    project.good("merge")
    (merge,) = [path for path in (project.root / "alembic/versions").glob("*.py") if "merge" in path.name]
    killed(project, "after BeginUndo", "undo")
    merge.write_text(merge.read_text() + "# edited\n")
    said = project.good("migrate").err
    assert "an `undo` that was killed is not finished: " in said
    assert f"alembic/versions/{merge.name} was edited after `merge`" in said
    assert "is not finished" not in project.good("downgrade", "t2", "--yes").err
    assert "# edited" in merge.read_text()
