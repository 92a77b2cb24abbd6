"""A `git switch` with a database that is ahead: what is not on the branch is taken back, and nothing else goes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nox_alembic.edges.alembic import workers
from nox_alembic.edges.postgres import fingerprints
from tests.integration.conftest import address_of, execute
from tests.project import Project, Ran, configured, make_project
from tests.repository import ALONE, commit, git, make_repository

NOWHERE = (
    "looked for in the copies kept at upgrades (there is no git repository); `nox -s reset` makes a fresh database"
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project at t2 with one row in t1, whose database runs."""
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.variables = dict(ALONE)
    project.good("dev")
    yield project
    project.run("down")


def tables(project: Project) -> str:
    """The tables and the rows of t1, which is on every branch."""
    names = "SELECT string_agg(tablename, ' ' ORDER BY 1) FROM pg_tables WHERE schemaname = 'public'"
    (found,), (count,) = *execute(address_of(project), names), *execute(address_of(project), "SELECT count(*) FROM t1")
    assert count == 1
    return str(found).removeprefix("alembic_version ")


def copies(project: Project) -> Path:
    (folder,) = (project.home / "data").glob("*/revisions")
    return folder


def refusal(project: Project, *words: str) -> tuple[int, tuple[str, str, str]]:
    ran = project.run(*words, "--json")
    return ran.code, ran.error


def unknown(ran: Ran) -> dict[str, str]:
    return {row["id"]: row["message"] for row in ran.json["revisions"] if row["state"] == "unknown"}


def test_a_switch_away_from_committed_deleted_and_stashed_revisions(project: Project) -> None:
    make_repository(project)
    committed_chain(project)
    deleted_and_never_committed(project)
    stashed_and_applied_without_us(project)
    cut_off_before_it_was_recorded(project)
    assert {path.suffix for path in copies(project).iterdir()} == {".py"}


def test_dev_takes_them_back_too_when_only_the_started_database_shows_them(project: Project) -> None:
    project.revision("x1", "t2")
    project.good("migrate")
    (project.root / "alembic/versions/x1.py").unlink()
    project.good("down")
    assert refusal(project, "dev")[1][0] == "NA010", "it asks"
    project.good("down")
    project.good("dev", "--yes")
    assert tables(project) == "t1 t2"


def committed_chain(project: Project) -> None:
    git(project, "switch", "-q", "-c", "feature")
    project.revision("x1", "t2")
    project.revision("x2", "x1")
    commit(project, "x1 and x2")
    project.good("migrate")
    assert set(fingerprints.read(address_of(project))) == {"t1", "t2", "x1", "x2"}
    git(project, "switch", "-q", "main")
    project.revision("t3", "t2")
    commit(project, "t3")

    seen = project.run("status", "--json")
    assert seen.json["pending"] == ["t3"]
    day = git(project, "log", "-1", "--format=%ad", "--date=short", "feature")
    assert unknown(seen) == {key: f'make {key} (Ada, {day}, the branch "feature")' for key in ("x1", "x2")}
    found = 'x2 (make x2), x1 (make x1) from the branch "feature"'
    assert refusal(project, "downgrade", "--yes") == (
        3,
        (
            "NA404",
            f"the database has what is not on this branch: {found}",
            "`nox -s migrate` takes it back with its own script, `git switch feature` goes to it",
        ),
    )
    lost = f"what these revisions added, with its data: {found}"
    message = f"without a terminal nobody can be asked, and this destroys {lost}"
    hint = "look at it with `--plan`, and repeat it with the `--approve HASH` that is shown there, or with `--yes`"
    assert refusal(project, "migrate") == (5, ("NA010", message, hint))
    assert project.good("migrate", "--dry-run").out.splitlines() == [
        "1. prove that the server is ours",
        "2. keep a copy of the database for `undo`",
        "3. take back x2, x1 by their own scripts",
        "4. migrate to head (1 pending)",
        "5. close the undo log",
        f"what goes: {lost}",
    ]
    assert tables(project) == "t1 t2 x1 x2"
    project.good("migrate", "--yes")
    assert tables(project) == "t1 t2 t3"
    assert set(fingerprints.read(address_of(project))) == {"t1", "t2", "t3"}


def deleted_and_never_committed(project: Project) -> None:
    project.revision("y1", "t3")
    project.good("migrate")
    (project.root / "alembic/versions/y1.py").unlink()
    assert "(make y1) from the copy kept at its upgrade" in project.run("migrate", "--json").error[1]
    project.good("dev", "--yes")
    assert tables(project) == "t1 t2 t3"


def stashed_and_applied_without_us(project: Project) -> None:
    """No copy is there until a verb sees it applied while its file is here; git's stash has it meanwhile."""
    project.revision("z1", "t3")
    workers.in_process().upgrade(configured(project.root), address_of(project), "heads", lambda _: None)
    git(project, "stash", "--include-untracked", "-q")
    assert "(make z1) from the stash stash@{0}" in project.run("migrate", "--json").error[1]
    git(project, "stash", "pop", "-q")
    before = set(copies(project).iterdir())
    titles = [step["title"] for step in project.good("migrate", "--json").json["steps"]]
    assert titles == ["prove that the server is ours", "keep a copy of the applied revision files"]
    assert len(set(copies(project).iterdir()) - before) == 1
    assert "nothing to do" in project.good("migrate").err


def cut_off_before_it_was_recorded(project: Project) -> None:
    """What the upgrade intended is recorded, not what the file is by now."""
    records = dict(fingerprints.read(address_of(project)))
    digest = records.pop("z1")
    fingerprints.write(address_of(project), records, ("t3",))
    fingerprints.intend(address_of(project), {"z1": digest})
    project.revision("z1", "t3", upgrade="pass", downgrade="pass")
    project.good("migrate")
    assert (fingerprints.read(address_of(project))["z1"], fingerprints.intended(address_of(project))) == (digest, {})
    (project.root / "alembic/versions/z1.py").unlink()
    project.good("migrate", "--yes")
    assert tables(project) == "t1 t2 t3"


def test_without_git_the_copies_serve_and_what_is_nowhere_is_left_alone(project: Project) -> None:
    project.revision("x1", "t2", upgrade='op.execute("CREATE TABLE x1 ()")', downgrade='op.execute("DROP TABLE gone")')
    project.revision("x2", "x1")
    project.good("migrate")
    for key in ("x1", "x2"):
        (project.root / f"alembic/versions/{key}.py").unlink()

    # The older one's downgrade fails: it is said what is applied then, and where its script is.
    ran = project.run("migrate", "--yes", "--json")
    id_, message, hint = ran.error
    digest = fingerprints.read(address_of(project))["x1"]
    assert (ran.code, id_) == (1, "NA440")
    assert 'table "gone" does not exist' in message
    assert message.endswith("; the database is now at x1")
    script = copies(project) / f"{digest}.py"
    assert hint == (
        f"copy {script} to the other revisions and correct its downgrade, or `nox -s reset` makes a fresh database"
    )
    assert tables(project) == "t1 t2 x1"

    # As the hint says: with the script here again, and mended, the database is known.
    project.write("alembic/versions/x1.py", script.read_text().replace("gone", "x1"))
    project.good("downgrade", "--yes")
    (project.root / "alembic/versions/x1.py").unlink()
    assert tables(project) == "t1 t2"

    project.revision("x3", "t2")
    project.good("migrate")
    (project.root / "alembic/versions/x3.py").unlink()
    shutil.rmtree(copies(project))
    assert refusal(project, "migrate", "--yes") == (
        3,
        (
            "NA404",
            "the database is at x3, and there is no file of x3 anywhere",
            NOWHERE,
        ),
    )
    assert tables(project) == "t1 t2 x3"
    seen = project.run("status", "--json")
    assert (seen.json["unknown"], seen.json["pending"]) == (["x3"], [])
