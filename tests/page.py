"""The page of instructions, as a walk through the verbs that replace each line.

The walk is the same on both engines.
"""

import sys
from collections.abc import Callable

from tests import project as sample
from tests.project import Project
from tests.terminal import session

WITH_MODELS = ("(connection=", "(target_metadata=metadata, connection=")
ENV_PY = "from models import metadata\n" + sample.ENV_PY.replace(*WITH_MODELS)
MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
for name in {tables}:
    sa.Table(name, metadata, sa.Column("id", sa.Integer))
"""
MAKO = """\
\"\"\"${message}\"\"\"
import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
"""
INI = "[alembic]\nscript_location = %(here)s/alembic\nfile_template = %%(slug)s\n"
EDITOR = """\
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.write_text(path.read_text().replace("sa.Integer", "sa.BigInteger"))
"""

Query = Callable[[str], list[tuple[object, ...]]]


def give_models(project: Project, *tables: str) -> None:
    """Give the project models of these tables, and an env.py that compares with them."""
    project.write("alembic/env.py", ENV_PY)
    project.write("alembic/script.py.mako", MAKO)
    project.write("alembic.ini", INI)
    project.write("models.py", MODELS.format(tables=list(tables)))


def walk(project: Project, query: Query) -> None:
    """Do what the page says, each line by its verb; `query` asks the development database."""
    give_models(project, "t1", "t2")
    project.good("dev")

    # After a pull: `alembic upgrade head`.
    project.revision("t3", "t2")
    project.write("models.py", MODELS.format(tables=["t1", "t2", "t3"]))
    assert project.run("status", "--json").json["pending"] == ["t3"]
    project.good("migrate")
    assert current(project) == ["t3"]

    # A shell in the container, `alembic revision --autogenerate`, look at the changes, upgrade, commit the file.
    project.write("models.py", MODELS.format(tables=["t1", "t2", "t3", "rooms"]))
    made = project.good("revision", "-m", "add rooms", "--json").json
    assert [change["sentence"] for change in made["changes"]] == ["table rooms added"]
    assert "git add alembic/versions/add_rooms.py" in made["notes"][-1]
    project.good("migrate")
    query("INSERT INTO rooms VALUES (1)")

    # `alembic downgrade -1`, and to a revision; what is not of them stays.
    query("INSERT INTO t2 VALUES (2)")
    project.good("downgrade", "--yes")
    project.good("downgrade", "--yes", "t2")
    assert (current(project), query("SELECT id FROM t2")) == (["t2"], [(2,)])
    project.good("migrate")

    # Re-apply: downgrade, edit the script, upgrade again; to a revision first.
    project.good("downgrade", "--yes", "t3")
    project.write("edit.py", EDITOR)
    code, said = session(project, ["reapply", "--edit"], EDITOR=f"{sys.executable} {project.root / 'edit.py'}")
    assert code == 0, said
    kind = "SELECT data_type FROM information_schema.columns WHERE table_name = 't3' AND column_name = 'id'"
    assert (current(project), query(kind)) == (["t3"], [("bigint",)])
    project.good("migrate")

    # A failed migration, told and mended; or, as the page has it, thrown away with everything, and back by undo.
    newest = current(project)[0]
    project.revision("broken", newest, upgrade="op.execute('ALTER TABLE nowhere ADD x int')")
    failed = project.run("migrate", "--json").json
    assert failed["failure"]["path"] == "alembic/versions/broken.py"
    assert project.run("reset", "--yes", "--json").json["error"]["id"] == failed["error"]["id"]
    project.revision("broken", newest, upgrade="op.execute('ALTER TABLE t2 ADD x int')", downgrade="pass")
    project.good("reset", "--yes")
    assert (current(project), query("SELECT id FROM t2")) == (["broken"], [])
    assert project.run("status", "--json").json["backend"]["healthy"]


def current(project: Project) -> list[str]:
    """Return where the database is."""
    return list(project.run("status", "--json").json["current"])
