"""What others wrote, in revisions, in git or in the database, steers no terminal."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project, make_project
from tests.repository import git
from tests.terminal import session

EVIL = "\x1b[31mA\x1b[2K\x1b[1A\x1b]0;TITLE\x07\x9b31m\u202e"
SHOWN = r"\x1b[31mA\x1b[2K\x1b[1A\x1b]0;TITLE\x07\x9b31m\u202e"
RAISES = "op.execute(\"DO $$ BEGIN RAISE EXCEPTION 'boom %', chr(27) || ']0;PWN' || chr(7); END $$\")"
OURS = re.compile(r"\x1b\[(0|1|2|3[0-7])m")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    project.revision("t3", "t2")
    made = project.root / "alembic/versions/t3.py"
    made.with_name("t3\x1b[2J.py").write_text(made.read_text().replace("make t3", EVIL))
    made.unlink()
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "--all")
    git(project, "-c", f"user.name=Ev{EVIL}", "-c", "user.email=e@e", "commit", "-q", "-m", "add")
    yield project
    project.run("down")


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo terminals, and no such file names")
def test_nothing_that_a_verb_says_steers_a_terminal(project: Project) -> None:
    told = [session(project, words)[1] for words in (["dev"], ["status"], ["history"])]
    told += [project.run(*words).out for words in (["status"], ["history"])]
    project.revision("t4", "t3", upgrade=RAISES)
    told += [session(project, ["migrate"])[1], session(project, ["check"])[1], project.run("migrate").err]
    for seen in told:
        left = OURS.sub("", seen.replace("\r\n", "\n"))
        assert {character for character in left if not character.isprintable()} <= {"\n"}, left
    assert all(SHOWN in seen for seen in told[:5])
    assert r"Ev\x1b[31mA" in told[1]
    assert r"boom \x1b]0;PWN\x07." in told[-1]
    assert OURS.search(told[1])
    out = project.good("history", "--json").out
    assert out.isascii()
    assert json.loads(out)["nodes"][1]["message"] == EVIL
