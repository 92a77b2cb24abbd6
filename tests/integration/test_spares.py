"""Spares on the embedded engine: what a reset makes of one is what it makes without, and a killed maker leaves none."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from nox_alembic.edges.engines.embedded.programs import find_programs
from tests.integration.conftest import address_of, execute
from tests.integration.test_undo import killed
from tests.project import Project, make_project

SEED_OF_TWO = """
with psycopg2.connect(**place) as c:
    c.cursor().execute("INSERT INTO t1 VALUES (2)")
"""


def new(root: Path, home: Path) -> Project:
    project = make_project(root, home, 'engine = "embedded"')
    project.variables.update({"NOX_ALEMBIC_SPARE": "on", "CI": ""})
    return project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = new(tmp_path / "project", tmp_path / "home")
    yield project
    project.run("down")


def dumped(project: Project) -> tuple[str, object]:
    """The schema and the rows, and what `ALTER DATABASE` says of the database."""
    address = address_of(project)
    programs = find_programs("", project.root, os.environ)
    environ = {**programs.environment, "PGPASSWORD": address.password}
    place = ["-h", address.host, "-p", str(address.port), "-U", address.user, address.name]
    text = subprocess.run(
        [programs.path("pg_dump"), *place], env=environ, capture_output=True, text=True, check=True
    ).stdout
    settings = execute(address, "SELECT setconfig FROM pg_db_role_setting ORDER BY 1")
    # A random word, since PostgreSQL 18.
    return "".join(line for line in text.splitlines(keepends=True) if "restrict" not in line), settings


def spares(project: Project) -> dict[str, dict[str, Any]]:
    """The spares that there are, by kind."""
    found = project.good("spare", "--dry-run", "--json").json["spares"]
    return {one["kind"]: one for one in found}


def data(project: Project) -> Path:
    (path,) = (project.home / "data").rglob("pgdata")
    return path


def beside(project: Project) -> list[str]:
    """What lies beside the data and has to do with spares."""
    return sorted(path.name for path in data(project).parent.iterdir() if "spare" in path.name)


def rows(project: Project) -> list[object]:
    return [row for (row,) in execute(address_of(project), "SELECT * FROM t1 ORDER BY 1")]


def plan(project: Project, *words: str) -> dict[str, Any]:
    return project.good("reset", "--dry-run", "--json", *words).json


def test_a_reset_makes_the_same_of_a_spare_of_a_part_of_one_and_of_nothing(project: Project) -> None:
    project.good("reset", "--wait")
    cold, first = dumped(project), spares(project)
    assert {kind: one["heads"] for kind, one in first.items()} == {"base": ["t2"], "ready": ["t2"]}
    assert first["ready"]["size"] > 10_000_000
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")

    ran = project.good("reset", "--yes", "--wait", "--json").json
    titles = [step["title"] for step in ran["steps"]]
    assert titles[2:6] == [
        f"put the spare at t2, seeded into place of {data(project)}",
        "start the database",
        "delete the data of earlier resets",
        "wait for the database",
    ]
    assert titles[7:9] == ["see that it is at t2", "note that the new data is whole"]
    assert titles[9:11] == ["start backend", "wait for the backend"]
    assert (dumped(project), rows(project)) == (cold, [1])
    again = spares(project)
    assert again["base"] == first["base"]  # the seeded one was used, and made anew
    assert again["ready"]["name"] != first["ready"]["name"]
    assert beside(project) == sorted(one["name"] for one in again.values())

    project.good("undo")
    assert rows(project) == [1, 7]

    project.revision("t3", "t2")
    assert plan(project)["plan"][7:10] == [
        "see that it is at t2",
        "migrate to head (1 pending)",
        "seed (python seed.py)",
    ]
    project.good("reset", "--yes")
    of_a_part = dumped(project)
    project.good("reset", "--yes", "--cold")
    assert of_a_part == dumped(project)
    assert rows(project) == [1]


def test_what_a_spare_depends_on_makes_it_useless_when_it_changes(project: Project) -> None:
    project.good("dev", "--wait")
    seeded = f"put the spare at t2, seeded into place of {data(project)}"
    assert seeded in plan(project)["plan"]
    assert f"put the spare at t2 into place of {data(project)}" in plan(project, "--no-seed")["plan"]

    def refused(name: str, text: str) -> str:
        before = (project.root / name).read_text()
        project.write(name, text)
        seen = plan(project)
        project.write(name, before)
        assert seeded not in seen["plan"]
        return next(iter(seen.get("notes", [])), "the base")

    anew = "it is made anew in the background"
    assert refused("seed.py", "print()") == "the base"
    assert refused("alembic/versions/t1.py", _edited(project)) == f"the spare does not match: t1.py has changed; {anew}"
    told = f"the spare does not match: env.py, or a file beside it or beside revisions, has changed; {anew}"
    assert refused("alembic/env.py", "# another\n") == told
    pyproject = (project.root / "pyproject.toml").read_text()
    assert refused("pyproject.toml", f'{pyproject}database-name = "other"\n').startswith(
        'the spare does not match: "database-name" has changed'
    )

    assert seeded in plan(project)["plan"]  # by content, and not by time
    project.write("seed.py", (project.root / "seed.py").read_text() + SEED_OF_TWO)
    project.good("reset", "--yes", "--wait")
    assert rows(project) == [1, 2]
    assert seeded in plan(project)["plan"]
    assert plan(project, "--cold")["plan"][2] == f"wipe {data(project)}"
    assert project.good("spare", "--delete", "--json").json["spares"] == []
    assert beside(project) == []


def _edited(project: Project) -> str:
    return (project.root / "alembic/versions/t1.py").read_text() + "\n# edited\n"


def test_a_maker_that_is_killed_leaves_nothing_that_is_used_and_the_next_one_mends_it(project: Project) -> None:
    project.good("reset", NOX_ALEMBIC_SPARE="off")
    cold = dumped(project)
    started = time.monotonic()
    project.good("spare")
    took = time.monotonic() - started
    moments = random.Random(7)  # noqa: S311 - nothing is secret about it
    for _ in range(3):
        project.good("spare", "--delete")
        child = project.start("spare")
        time.sleep(moments.uniform(0.3, took))
        child.send_signal(signal.SIGKILL)
        child.wait()
        known = [one["name"] for one in json.loads(next(project.home.rglob("spares.json")).read_text())]
        for name in known:  # what is named is whole
            assert (data(project).with_name(name) / "PG_VERSION").exists()
            assert not (data(project).with_name(name) / "postmaster.pid").exists()
        assert {one["name"] for one in spares(project).values()} == set(known)
    project.good("spare")
    assert len(beside(project)) == 2
    making = [found for found in psutil.process_iter(["cwd"]) if "spare-making" in (found.info["cwd"] or "")]
    assert making == []
    project.good("reset", "--yes", NOX_ALEMBIC_SPARE="on")
    assert dumped(project) == cold


def test_resets_with_a_spare_that_are_killed_are_finished_by_the_next_one(project: Project) -> None:
    project.good("reset", "--wait")
    cold = dumped(project)
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    for point in ("before UseSpare", "aside", "back"):  # the first two leave the spare where it was
        killed(project, point, "reset", "--yes")
    project.good("reset", "--yes")
    assert dumped(project) == cold
    kept = [one["id"] for one in project.good("undo", "--list", "--json").json["kept"]]
    assert [1, 7] in [project.good("undo", one).code or rows(project) for one in kept]


def test_spares_are_made_by_an_env_py_that_always_names_the_developers_database(project: Project) -> None:
    project.good("dev", NOX_ALEMBIC_SPARE="off")
    address = address_of(project)
    env = (project.root / "alembic/env.py").read_text()
    project.write("alembic/env.py", env.replace("url = ", f"url = {address.url!r} or "))
    project.revision("t3", "t2")
    project.good("spare")  # a database in this server
    project.good("spare", "--background")  # a folder, by a server of its own
    assert execute(address, "SELECT version_num FROM alembic_version") == [("t2",)]
    assert (len(spares(project)), len(beside(project))) == (2, 2)


def test_nobody_waits_for_the_background_and_two_clones_do_not_see_each_other(tmp_path: Path, project: Project) -> None:
    other = new(tmp_path / "other" / "project", tmp_path / "home")
    try:
        project.good("dev")
        seen = project.good("spare", "--json").json  # while it is being made, or when it is
        assert seen["ok"]
        project.good("migrate")
        deadline = time.monotonic() + 240
        while set(spares_of(project)) != {"base", "ready"}:
            assert time.monotonic() < deadline, next(project.home.rglob("spare.log")).read_text()
            time.sleep(0.2)
        other.good("dev", NOX_ALEMBIC_SPARE="off")
        assert spares_of(other) == []
    finally:
        other.run("down")


def spares_of(project: Project) -> list[str]:
    return [one["kind"] for one in project.good("spare", "--dry-run", "--json").json["spares"]]


def at_work_for(project: Project) -> list[list[str]]:
    """Return what still runs of the environment: by its folders, in the command line or as the working folder."""
    ours = (str(project.root), str(project.home))
    found = psutil.process_iter(["cmdline", "cwd"])
    lines = [(one.info["cmdline"] or [], one.info["cwd"] or "") for one in found]
    return [words for words, folder in lines if folder.startswith(ours) or any(word.startswith(ours) for word in words)]


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.9])
def test_down_ends_who_makes_spares_and_what_it_had_begun_is_never_used(project: Project, pause: float) -> None:
    project.good("reset", "--yes")
    time.sleep(pause)  # it has no lock yet, or is at work
    project.good("down")
    assert at_work_for(project) == []
    time.sleep(1)
    assert at_work_for(project) == []
    listed = [one["name"] for path in project.home.rglob("spares.json") for one in json.loads(path.read_text())]
    assert beside(project) == sorted(listed)
    assert "nothing is running" in project.good("down").err
    project.good("spare", NOX_ALEMBIC_SPARE="on")
    project.good("reset", "--yes", NOX_ALEMBIC_SPARE="off")
    assert rows(project) == [1]


def test_a_deletion_ends_who_makes_spares_in_the_background(project: Project) -> None:
    project.good("reset", "--yes")
    assert project.good("spare", "--delete", "--json").json["spares"] == []
    assert beside(project) == []
