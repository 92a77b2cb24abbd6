"""`check` and `repair`: on a bare checkout, on a database that something has happened to, and before a merge."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from nox_alembic.edges.postgres import fingerprints
from tests import project as sample
from tests.integration.conftest import address_of, execute
from tests.integration.test_revision import models
from tests.page import ENV_PY
from tests.project import Project, make_project

AT = "SELECT version_num FROM alembic_version"
COLUMN = 'op.add_column("t1", sa.Column("name", sa.Text(), nullable=False))'


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.write("alembic/env.py", ENV_PY)
    models(project)
    yield project
    project.run("down")


def git(project: Project, *words: str, author: str = "Alice") -> str:
    """Run git without this machine's configuration."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        environ[f"GIT_{who}_NAME"], environ[f"GIT_{who}_EMAIL"] = author, "somebody@example.org"
    done = subprocess.run(["git", *words], cwd=project.root, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def commit(project: Project, message: str, author: str = "Alice") -> None:
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", message, author=author)


def checked(project: Project, *words: str) -> tuple[int, dict[str, str], list[dict[str, Any]]]:
    """Return the exit code, the state of each check, and the findings."""
    ran = project.run("check", "--json", *words)
    document = ran.json
    assert "error" not in document, document
    return ran.code, {check["name"]: check["state"] for check in document["checks"]}, document["findings"]


def test_a_bare_checkout_is_checked_on_a_throw_away_database(project: Project) -> None:
    code, states, found = checked(project)
    assert (code, found) == (0, [])
    not_here = dict.fromkeys(("head file", "applied files", "indexes", "lint"), "not made")
    assert states == {"history": "ok", "models": "ok", **not_here}
    # A project of which the models are ahead, with a revision of its own branch that would lock a table out.
    git(project, "init", "-q", "-b", "main")
    project.write("alembic/head", "t2\n")
    commit(project, "begin")
    git(project, "update-ref", "refs/remotes/origin/main", "HEAD")
    project.revision("t3", "t2", upgrade=COLUMN)
    models(project, column=', sa.Column("c", sa.Text())')
    code, states, found = checked(project)
    assert (code, states["models"], states["lint"]) == (3, "found", "found")
    assert (found[0]["sentence"], found[0]["file"]) == ("the head file says t2, and the head is t3", "alembic/head")
    assert [finding["sentence"] for finding in found if finding["kind"].startswith("column")] == [
        "no revision does what the models say: column t1.name removed, with its values",
        "no revision does what the models say: column t2.c added (Text())",
    ]
    (linted,) = [finding for finding in found if finding["kind"] == "lint"]
    assert linted["rule"] == "adding-required-field"
    assert (linted["revision"], linted["file"]) == ("t3", "alembic/versions/t3.py")
    assert linted["line"] == 3
    assert "In `ALTER TABLE t1 ADD COLUMN name TEXT NOT NULL;`" in linted["sentence"]
    assert linted["hint"].endswith('excluded_rules = ["adding-required-field"] in .squawk.toml turns the rule off')
    # The project's own rules count in place of ours, and a linter that cannot read them is an error.
    project.write(".squawk.toml", 'excluded_rules = ["adding-required-field", "require-timeout-settings"]\n')
    assert "adding-required-field" not in {finding.get("rule") for finding in checked(project, "--no-database")[2]}
    project.write(".squawk.toml", "excluded_rules =\n")
    id_, message, hint = project.run("check", "--no-database", "--json").error
    assert (id_, hint) == ("NA452", "correct .squawk.toml, or remove the extra `lint`")
    assert message.startswith("squawk ended with 1: Configuration error: ")
    (project.root / ".squawk.toml").unlink()
    # Without a database the rest is still told; two heads are one finding, and leave the models out.
    project.revision("t4", "t2")
    code, states, found = checked(project, "--no-database")
    assert (code, states["history"], states["models"]) == (3, "found", "not made")
    assert found[0]["sentence"] == "the history has 2 heads: t3 (make t3) and t4 (make t4)"
    project.write("alembic/versions/t4.py", "revision = (")
    assert checked(project)[2][0]["kind"] == "history"
    assert list((project.home / "data").glob("*/*")) == []


def test_a_project_without_models_is_told_so(project: Project) -> None:
    project.write("alembic/env.py", sample.ENV_PY)
    dry = project.good("check", "--dry-run", "--json").json["plan"]
    assert dry[-2:] == ["compare the models with the migrations", "remove the throw-away environment"]
    assert checked(project)[1]["models"] == "not made"


def test_what_happened_to_a_database_is_found_and_repaired(project: Project) -> None:
    project.good("reset")
    database = address_of(project)
    code, states, _ = checked(project)
    good = dict.fromkeys(("history", "applied files", "indexes", "models"), "ok")
    assert (code, states) == (0, {**good, "head file": "not made", "lint": "not made"})
    with (project.root / "alembic/versions/t2.py").open("a") as file:
        file.write("# edited\n")
    execute(database, "INSERT INTO t1 VALUES (1)")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        execute(database, "CREATE UNIQUE INDEX CONCURRENTLY ix_t1_id ON t1 (id)")
    code, _, found = checked(project)
    assert code == 3
    assert [(finding["kind"], finding["sentence"]) for finding in found] == [
        ("edited", "the file of t2 (make t2) was edited after it was applied"),
        ("invalid index", "the index ix_t1_id on t1 is invalid: no query uses it, and every write keeps it"),
    ]
    # Nothing goes without consent, and what goes is said.
    id_, message, _ = project.run("repair", "--json").error
    what = "the invalid index ix_t1_id on t1, which no query uses"
    assert (id_, message) == ("NA010", f"without a terminal nobody can be asked, and this destroys {what}")
    project.good("repair", "--yes")
    project.good("repair", "--hashes", "--yes")
    assert checked(project)[0] == 0
    assert project.good("repair", "--json").json["notes"] == ["nothing to do: all indexes are valid"]
    # A mark moves the record and nothing else; the consequence is said first.
    marked = project.good("repair", "--reverted", "t2", "--yes", "--json").json
    stumbles = "and the database still has t2 of it, over which the next migrate will stumble"
    assert marked["notes"] == [
        "the database says that it is at t2 (make t2); it will say t1 (make t1). Nothing is migrated",
        f"t2 (make t2) counts as not applied, {stumbles}",
        "`nox -s migrate` will then run t2 (make t2)",
    ]
    assert execute(database, AT) == [("t1",)]
    assert sorted(fingerprints.read(database)) == ["t1"]
    marked = project.good("repair", "--applied", "head", "--yes", "--json").json
    assert marked["notes"][1] == "t2 (make t2) counts as applied without being run, and so it is in the database"
    assert execute(database, AT) == [("t2",)]
    assert sorted(fingerprints.read(database)) == ["t1", "t2"]
    # Of a revision without a file, the record tells what it follows.
    execute(database, "UPDATE alembic_version SET version_num = 'gone'")
    project.good("repair", "--reverted", "gone", "--yes")
    assert execute(database, AT) == [("t2",)]


def test_a_merge_is_told_before_it_is_made(project: Project) -> None:
    assert project.run("check", "--merge", "feature", "--json").error[0] == "NA445"
    git(project, "init", "-q", "-b", "main")
    commit(project, "begin")
    git(project, "switch", "-q", "-c", "feature")
    project.revision("b1", "t2", upgrade='op.drop_column("t1", "id")\n    op.execute(something())')
    project.revision("b2", "b1", upgrade='op.add_column("t2", sa.Column("y", sa.Text()))')
    commit(project, "drop it", author="Bob")
    git(project, "switch", "-q", "main")
    git(project, "branch", "same")
    assert checked(project, "--merge", "same")[::2] == (0, [])
    project.revision("a1", "t2", upgrade='op.alter_column("t1", "id", nullable=False)')
    commit(project, "id must be there")
    # What is not committed yet counts, too.
    project.revision("a2", "a1", upgrade='op.execute("ALTER TABLE t2 ADD z int")')
    before = git(project, "status", "--porcelain")
    ran = project.run("check", "--merge", "feature", "--json")
    assert (ran.code, git(project, "status", "--porcelain")) == (3, before)
    theirs = "b1 (make b1) [by Bob on feature]"
    assert [finding["sentence"] for finding in ran.json["findings"]] == [
        "merged with feature the history has 2 heads: a2 (make a2) and b2 (make b2)",
        f"a1 (make a1) [by Alice on main] changes the column t1.id (line 10), and {theirs} drops it (line 10)",
    ]
    assert ran.json["checks"][1]["notices"] == [
        "a2 (make a2) [on main] and b2 (make b2) [by Bob on feature] both change the table t2",
        f"{theirs}: line 11 could not be read: op.execute(something())",
    ]
    code, message, hint = project.run("check", "--merge", "featur", "--json").error
    assert (code, hint) == ("NA446", "the nearest are: feature")
    assert message == f'there is no branch or commit "featur" in {project.root.resolve()}'
