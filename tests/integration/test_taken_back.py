"""Alembic takes back what is not on this branch and nothing else, in this process and in another Python."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.revisions import parsing
from nox_alembic.core.revisions.orphans import FileVersion, OrphanRevision, Orphans, in_order
from nox_alembic.edges.alembic import workers
from nox_alembic.edges.alembic.client import Alembic
from nox_alembic.edges.postgres import server
from nox_alembic.edges.project import revisions
from tests.integration.conftest import execute
from tests.project import configured, make_project


def elsewhere() -> Alembic:
    """What runs in a backend's container, in a Python of this machine."""
    same: Callable[[DatabaseAddress], DatabaseAddress] = lambda address: address  # noqa: E731
    return workers.in_backend([sys.executable, "-"], os.environ, path_of=str, address_of=same)


@pytest.mark.parametrize("alembic", [workers.in_process, elsewhere])
def test_a_merge_a_branch_and_a_first_revision_go_and_their_neighbours_stay(
    tmp_path: Path, address: DatabaseAddress, alembic: Callable[[], Alembic]
) -> None:
    project = make_project(tmp_path / "project", tmp_path / "home")
    configuration = configured(project.root)
    project.revision("t3", "t2")
    project.revision("x1", "t1")
    project.revision("x2", "x1")
    project.revision("m1", "t3", upgrade="pass")
    merge = project.root / "alembic/versions/m1.py"
    merge.write_text(merge.read_text().replace("'t3'", "('t3', 'x2')") + "# in Latin-1: \xe9\n", encoding="latin-1")
    merge.write_bytes(b"# coding: latin-1\n" + merge.read_bytes())
    project.revision("b1", None)
    alembic().upgrade(configuration, address, "heads", lambda _: None)
    execute(address, "INSERT INTO t1 VALUES (7)")

    found = {}
    for key in ("x1", "x2", "m1", "b1"):
        path = project.root / f"alembic/versions/{key}.py"
        revision = parsing.parse(path.read_bytes(), path.name)
        assert revision is not None
        found[key] = OrphanRevision(revision=revision, file=FileVersion(content=path.read_bytes()))
        path.unlink()
    history, current = revisions.read_history(configuration), server.revisions(address)
    assert current == ("b1", "m1")
    lost = Orphans(found=in_order(history, found) or ())
    ran: list[str] = []
    for target in lost.targets:
        alembic().downgrade(configuration, address, target, ran.append, lost.files)
    assert sorted(ran) == ["b1 make b1", "m1 make m1", "x1 make x1", "x2 make x2"]
    assert server.revisions(address) == lost.left(history, current) == ("t3",)
    tables = "SELECT string_agg(tablename, ' ' ORDER BY 1) FROM pg_tables WHERE schemaname = 'public'"
    assert execute(address, tables) == [("alembic_version t1 t2 t3",)]
    assert execute(address, "SELECT * FROM t1") == [(7,)]
