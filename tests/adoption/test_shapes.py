"""Each shape goes through the verbs unconfigured; every other verb is called from another folder of the project."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.adoption.shapes import BRANCHES, MODELS, MONOREPO, MORE, POSTS, SCHEMA, SHAPES, Shape
from tests.integration.conftest import address_of, execute
from tests.project import Project, Ran


class Adopted:
    """A project of a shape, called from two of its folders in turn."""

    def __init__(self, shape: Shape, folder: Path) -> None:
        self.shape = shape
        embedded = {"NOX_ALEMBIC_ENGINE": "embedded", "DOCKER_HOST": "unix:///nonexistent/docker.sock"}
        self.root = Project(folder / "project", folder / "home", embedded)
        shape.write(self.root)
        self.places = [self.root, replace(self.root, root=self.root.root / shape.below)]

    def good(self, *words: str) -> Ran:
        """Run a verb, which must succeed, from the other folder than the last time."""
        self.places.reverse()
        return self.places[0].good(*words)

    def status(self) -> dict[str, Any]:
        """What the status says, which may have a finding."""
        self.places.reverse()
        return self.places[0].run("status", "--json").json

    @property
    def at(self) -> list[str]:
        """The revisions that the status names."""
        return list(self.status()["current"])

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database itself."""
        name = self.status()["database"]["url"].rpartition("/")[2]
        return execute(replace(address_of(self.root), name=name), query)


@pytest.fixture(params=SHAPES, ids=str)
def adopted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adopted]:
    adopted = Adopted(request.param, tmp_path)
    yield adopted
    adopted.root.run("down")


def test_all_verbs_from_any_folder_without_configuration(adopted: Adopted) -> None:
    shape = adopted.shape
    adopted.good("dev")
    assert adopted.at == ["r1"]
    assert adopted.rows(f"SELECT version_num FROM {shape.table}") == [("r1",)]
    adopted.good("check")

    adopted.root.write(shape.models, MODELS + MORE)
    adopted.good("revision", "-m", "more", "--apply")
    (written,) = (path for path in adopted.root.root.rglob("*.py") if path.stem.endswith("_more"))
    assert written.relative_to(adopted.root.root).as_posix().startswith(f"{shape.versions}/")
    (head,) = adopted.at
    assert head != "r1"

    adopted.good("downgrade", "--yes")
    assert adopted.at == ["r1"]
    adopted.good("migrate")
    adopted.good("reapply", "--yes")
    assert adopted.at == [head]

    adopted.good("sql", "-c", "INSERT INTO t1 VALUES (1)")
    adopted.good("snapshot", "save", "one")
    adopted.good("reset", "--yes")
    assert adopted.rows("SELECT count(*) FROM t1") == [(0,)]
    adopted.good("undo", "--yes")
    assert adopted.rows("SELECT count(*) FROM t1") == [(1,)]
    adopted.good("check")
    adopted.good("down")
    assert len(list((adopted.root.home / "state").iterdir())) == 1


def test_a_table_that_is_added_above_leaves_the_environment_as_it_is(tmp_path: Path) -> None:
    """What was kept of the folder below is found by its name, with its database and its undo log."""
    adopted = Adopted(MONOREPO, tmp_path)
    try:
        adopted.good("dev")
        adopted.good("downgrade", "--yes")
        (state,) = (adopted.root.home / "state").iterdir()
        adopted.root.table("timeout = 50")
        adopted.good("undo", "--yes")
        assert adopted.at == ["r1"]
        assert list((adopted.root.home / "state").iterdir()) == [state]
        assert state.name.startswith("backend-")
    finally:
        adopted.root.run("down")


def test_branches_with_labels_stand_side_by_side(tmp_path: Path) -> None:
    adopted = Adopted(BRANCHES, tmp_path)
    try:
        adopted.good("dev")
        assert adopted.at == ["b1", "r1"]
        adopted.good("status")
        adopted.good("check")
        adopted.root.write(BRANCHES.models, MODELS + POSTS + MORE)
        assert adopted.root.run("revision", "-m", "more", "--json").error[0] == "NA402"
        adopted.good("revision", "-m", "more", "--head", "shop@head", "--apply")
        (written,) = adopted.root.root.rglob("*_more.py")
        assert written.parent.name == "versions"
        (head,) = set(adopted.at) - {"b1"}
        adopted.good("downgrade", "shop@-1", "--yes")
        assert adopted.at == ["b1", "r1"]
        assert "CREATE TABLE t2" in adopted.good("migrate", "--sql", "r1:shop@head").out
        adopted.good("migrate", "shop@+1")
        assert set(adopted.at) == {"b1", head}
        adopted.rows("INSERT INTO t1 VALUES (1)")
        adopted.good("reapply", "blog@head", "--yes")
        adopted.good("downgrade", "blog@base", "--yes")
        assert adopted.at == [head]
        assert adopted.rows("SELECT count(*) FROM t1") == [(1,)]
        adopted.good("reset", "--yes")
        assert set(adopted.at) == {"b1", head}
        adopted.good("undo", "--yes")
        assert adopted.at == [head]
        adopted.good("migrate")
        adopted.good("check")
    finally:
        adopted.root.run("down")


def test_the_revisions_of_another_project_in_the_database_are_not_taken_for_ours(tmp_path: Path) -> None:
    """As it is when both were migrated before anybody had this tool."""
    adopted = Adopted(SCHEMA, tmp_path)
    try:
        adopted.good("dev")
        adopted.rows(f"COMMENT ON TABLE {SCHEMA.table} IS NULL; CREATE TABLE alembic_version (version_num varchar(32))")
        adopted.rows("INSERT INTO alembic_version VALUES ('theirs')")
        assert adopted.at == ["r1"]
        adopted.good("downgrade", "--yes")
        assert adopted.at == []
        assert adopted.rows("SELECT version_num FROM alembic_version") == [("theirs",)]
    finally:
        adopted.root.run("down")
