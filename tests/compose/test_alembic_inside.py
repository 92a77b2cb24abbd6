"""`alembic-in = "backend"`: Alembic and the project's models are found in the backend's container only."""

import os

from tests.compose.conftest import MakeProject, docker
from tests.page import ENV_PY, INI, MAKO
from tests.project import REVISION, Project

GIVEN = 'context.config.get_main_option("sqlalchemy.url")'
OVERRIDE = """\
services:
  backend:
    image: ${BACKEND_IMAGE:-dds-backend:dev}
    working_dir: /app
    environment: {PYTHONPATH: /models}
    volumes: ["./alembic:/app/alembic:ro", "./alembic.ini:/app/alembic.ini:ro", "./inside:/models:ro"]
"""
MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
for name in ("t1", "t2", "rooms"):
    sa.Table(name, metadata, sa.Column("id", sa.Integer))
"""


def test_the_verbs_work_through_the_backends_container_running_or_not(make_compose_project: MakeProject) -> None:
    project = make_compose_project('alembic-in = "backend"')
    project.write("compose.override.yml", OVERRIDE)
    project.write("inside/models.py", MODELS)
    project.write("alembic/env.py", ENV_PY)
    project.write("alembic/script.py.mako", MAKO)
    # No such folder here: only in the container can `models` be imported.
    project.write("alembic.ini", INI)
    reset = project.good("reset", "--json").json
    assert [step["outcome"] for step in reset["steps"] if step["title"].startswith("migrate")] == ["done"]
    made = project.good("revision", "-m", "add rooms", "--apply", "--json").json
    assert [change["sentence"] for change in made["changes"]] == ["table rooms added"]
    written = project.root / "alembic/versions/add_rooms.py"
    assert written.stat().st_uid == os.geteuid()
    assert project.good("status", "--json").json["pending"] == []
    docker("compose", "stop", "-t", "0", "backend", cwd=project.root)
    project.good("downgrade", "--yes", "t2")
    project.good("migrate")
    project.good("reapply")
    checked = {check["name"]: check["sentence"] for check in project.run("check", "--json").json["checks"]}
    assert checked["models"] == "equal to the migrations"
    # An env.py that names another server than that of the container's network is run on ours, in the shadow too.
    project.write("alembic/env.py", ENV_PY.replace(GIVEN, '"postgresql+psycopg2://me:secret@db.invalid/app"'))
    project.good("downgrade", "--yes", "t2")
    told = project.good("migrate", "--json").json["notes"]
    assert told == ["env.py names db.invalid:5432/app; Alembic is run on db:5432/sample"]
    project.good("reapply")
    project.write("alembic/env.py", ENV_PY)
    # Mine is applied when theirs comes: it goes down, onto theirs, and up again.
    project.revision("mine", made_id(written.read_text()))
    project.good("migrate")
    project.revision("theirs", made_id(written.read_text()))
    project.good("rebase", "--yes", "--onto", "theirs")
    assert applied(project) == ["mine"]
    project.revision("b1", "mine")
    project.revision("b2", "mine")
    project.good("merge", "--apply")
    (joined,) = applied(project)
    assert joined not in {"b1", "b2"}
    broken = REVISION.format(id="x1", down=joined, message="m", upgrade="op.execute('SELEC 1')", downgrade="pass")
    project.write("alembic/versions/x1.py", broken)
    id_, message, _ = project.run("migrate", "--json").error
    assert id_ == "NA455"
    assert message.startswith("the revision x1 (alembic/versions/x1.py, line 10) failed: syntax error")
    assert "BEGIN" in project.good("migrate", "--sql").out


def applied(project: Project) -> list[str]:
    return list(project.run("status", "--json").json["current"])


def made_id(text: str) -> str:
    return text.partition("revision = ")[2].split("'")[1]
