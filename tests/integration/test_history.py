"""`status`, `history` and a `migrate` with nothing to do: what they show, what they need, and what they do without."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nox_alembic.edges.git.authors import authors
from tests.integration.conftest import address_of, execute
from tests.project import Project, make_project

IMPORTED = """\
import sys
from nox_alembic.cli import run
code = run(sys.argv[1:])
print("imported:", sorted({"alembic", "sqlalchemy"} & sys.modules.keys()), code)
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project in a repository without a commit yet, with an embedded engine and no backend."""
    project = make_project(tmp_path / "project", tmp_path / "home")
    project.write("pyproject.toml", '[tool.nox-alembic]\nengine = "embedded"\n')
    git(project, "init", "-q", "-b", "main")
    yield project
    project.run("down")


def git(project: Project, *words: str, author: str = "Anna", date: str = "2026-01-31T10:00:00+01:00") -> None:
    identity = ["-c", f"user.name={author}", "-c", "user.email=a@invalid", "-c", "commit.gpgsign=false"]
    environ = {**project.environ, "GIT_AUTHOR_DATE": date}
    subprocess.run(["git", *identity, *words], cwd=project.root, env=environ, check=True, capture_output=True)


def commit(project: Project, message: str, *, author: str = "Anna", date: str = "2026-01-31T10:00:00+01:00") -> None:
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", message, author=author, date=date)


def imported(project: Project, *words: str) -> str:
    """Run the tool and return what of Alembic and SQLAlchemy it has imported, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *words],
        cwd=project.root, env=project.environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


def drawn(project: Project) -> list[str]:
    return project.good("history", PYTHONIOENCODING="utf-8").out.splitlines()


def added(project: Project, cache: Path | None = None) -> dict[str, str]:
    """Return the authors by the name of the file."""
    found = authors(project.root, map(str, project.root.glob("alembic/versions/*.py")), cache)
    return {Path(path).name: commit.author for path, commit in found.commits.items()}


def test_two_people_and_a_database_on_the_way(project: Project) -> None:
    commit(project, "two")
    assert drawn(project) == ["○  t2 (head) make t2 - Anna 2026-01-31", "○  t1 make t1 - Anna 2026-01-31"]
    project.good("dev")
    project.revision("t3", "t2")
    commit(project, "three", author="Bo", date="2026-02-01T10:00:00+01:00")
    project.revision("t4", "t2")
    assert drawn(project) == [
        "○  t4 (head) make t4 - not committed",
        "│ ○  t3 (head) make t3 - Bo 2026-02-01",
        "├─╯",
        "●  t2 (database) make t2 - Anna 2026-01-31",
        "●  t1 make t1 - Anna 2026-01-31",
    ]
    assert project.good("history", PYTHONIOENCODING="ascii").out.splitlines()[1:3] == [
        "| o  t3 (head) make t3 - Bo 2026-02-01",
        "|-'",
    ]
    nodes = project.good("history", "--json").json["nodes"]
    assert [(node["id"], node["state"], node["author"]) for node in nodes] == [
        ("t4", "pending", None), ("t3", "pending", "Bo"), ("t2", "applied", "Anna"), ("t1", "applied", "Anna"),
    ]  # fmt: skip
    page = project.good("history", "--html", "page.html", "--json").json
    assert (page["html"], page["heads"]) == ("page.html", ["t3", "t4"])
    assert "4 revisions, 2 heads, 2 applied, 2 pending" in (project.root / "page.html").read_text(encoding="utf-8")
    (project.root / "alembic/versions/t4.py").unlink()
    status = project.run("status")
    assert status.code == 3
    assert "  applied  t2  2026-01-31  Anna  make t2\n  pending  t3  2026-02-01  Bo    make t3\n" in status.out
    assert imported(project, "status") == "imported: [] 3"
    project.good("migrate")
    assert imported(project, "migrate") == "imported: [] 0"
    assert imported(project, "status") == "imported: [] 0"
    assert imported(project, "history") == "imported: [] 0"
    execute(address_of(project), "UPDATE alembic_version SET version_num = 'zz'")
    assert drawn(project)[0] == "the database is at zz, and this branch has no such revision"


def test_without_a_repository_the_limit_is_told(project: Project) -> None:
    ran = project.good("history", "--json").json
    assert ran["notes"] == [
        "no authors and dates: ambiguous argument 'HEAD': unknown revision or path not in the working tree."
    ]
    shutil.rmtree(project.root / ".git")
    ran = project.good("history", "--json").json
    assert ran["nodes"][0]["author"] is None
    assert ran["notes"] == ["no authors and dates: not a git repository (or any of the parent directories): .git"]
    assert project.good("history", "--json", PATH="/nowhere").json["notes"] == [
        'no authors and dates: the program "git" is not installed, or is not on PATH'
    ]


def test_without_an_engine_the_files_tell_the_history(project: Project) -> None:
    project.write("pyproject.toml", '[tool.nox-alembic]\nengine = "compose"\n')
    project.write("compose.yaml", "services: {}\n")
    ran = project.good("history", "--json", DOCKER_HOST="unix:///nonexistent/docker.sock").json
    assert [(node["id"], node["state"]) for node in ran["nodes"]] == [("t2", None), ("t1", None)]
    assert (ran["current"], ran["notes"][0][:20]) == (None, "without a database: ")


def test_files_that_form_no_history_are_named(project: Project) -> None:
    project.revision("t9", "t8")
    path = project.root / "alembic/versions/t9.py"
    assert project.run("history", "--json").error == (
        "NA407",
        f"the revision files do not form a history: {path} follows the revision t8, which has no file",
        "correct the revision files",
    )
    project.revision("t8", "t9")
    assert project.run("history", "--json").error[1].endswith("the revisions t8, t9 form a cycle")


def test_a_merge_commit_a_detached_head_and_a_later_commit_are_all_followed(project: Project, tmp_path: Path) -> None:
    cache = tmp_path / "commits.json"
    commit(project, "two")
    git(project, "switch", "-q", "-c", "side")
    project.revision("t3", "t2")
    commit(project, "three", author="Bo")
    assert added(project, cache) == {"t1.py": "Anna", "t2.py": "Anna", "t3.py": "Bo"}
    git(project, "switch", "-q", "main")
    assert added(project, cache) == {"t1.py": "Anna", "t2.py": "Anna"}
    project.revision("t4", "t2")
    commit(project, "four", author="Chidi")
    git(project, "merge", "-q", "--no-commit", "--no-ff", "side")
    project.revision("m5", "t3")
    commit(project, "merged", author="Dana")
    git(project, "checkout", "-q", "--detach")
    everybody = {"t1.py": "Anna", "t2.py": "Anna", "t3.py": "Bo", "t4.py": "Chidi", "m5.py": "Dana"}
    assert added(project, cache) == everybody
    assert added(project, cache) == everybody
    assert added(project) == everybody


def test_a_shallow_clone_tells_only_of_what_it_has(project: Project, tmp_path: Path) -> None:
    commit(project, "two")
    project.revision("t3", "t2")
    commit(project, "three", author="Bo")
    words = ["git", "clone", "-q", "--depth", "2", project.root.as_uri(), str(tmp_path / "clone")]
    project.revision("t4", "t3")
    commit(project, "four", author="Chidi")
    subprocess.run(words, check=True, capture_output=True)
    clone = Project(tmp_path / "clone", tmp_path / "home")
    assert added(clone) == {"t4.py": "Chidi"}
    ran = clone.good("history", "--json").json
    assert ran["notes"] == ["the clone is shallow: older revisions have no author and date"]
    assert [node["author"] for node in ran["nodes"]] == ["Chidi", None, None, None]
