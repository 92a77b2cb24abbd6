"""What is kept outside the project is for its user alone, whatever the umask is."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project, make_project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there the folder around it says who may")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.variables.update({"NOX_ALEMBIC_SPARE": "on", "CI": ""})
    project.prefix = ["sh", "-c", 'umask 000; exec "$@"', "sh"]
    yield project
    project.run("down")


def test_with_umask_000_nobody_else_may_read_or_write_what_the_tool_keeps(project: Project) -> None:
    for words in ("dev", "snapshot save s", "reset -y", "downgrade -y", "undo", "spare", "status", "logs"):
        project.good(*words.split())
    there = [path for path in (project.home, *project.home.rglob("*")) if not path.is_symlink()]
    names = {path.name for path in there}
    assert names >= {"undo.json", "dev.lock", "postgres.log", "spare.log", "pgdata", "snapshot.json", "revisions"}
    assert [f"{path.stat().st_mode & 0o777:o} {path}" for path in there if path.stat().st_mode & 0o077] == []
