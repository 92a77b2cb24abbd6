"""`revision` against a clean shadow database, whatever state the development database is in; enum labels included."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute
from tests.page import ENV_PY, INI, MAKO
from tests.project import Project, make_project

MODELS = """\
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

metadata = sa.MetaData()
sa.Table("t1", metadata, sa.Column("id", sa.Integer))
sa.Table("t2", metadata, sa.Column("id", sa.Integer){column})
{more}
"""
NO_MODELS = (
    "NA444",
    "the target_metadata of env.py has no table, and the migrations make 2: all would be dropped",
    "let env.py import the modules of the models; what is to go is dropped by `nox -s revision -- --empty`",
)
GIVEN = 'context.config.get_main_option("sqlalchemy.url")'


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    # As many projects do: what is imported keeps the first address that it sees.
    project.write("settings.py", "import os\n\nURL = os.environ['DATABASE_URL']\n")
    project.write("alembic/env.py", "import settings\n" + ENV_PY.replace(GIVEN, "settings.URL"))
    project.write("alembic/script.py.mako", MAKO)
    models(project)
    project.write("alembic.ini", INI)
    yield project
    project.run("down")


def models(project: Project, column: str = "", more: str = "") -> None:
    project.write("models.py", MODELS.format(column=column, more=more))


def labels(project: Project) -> list[str]:
    found = execute(address_of(project), "SELECT unnest(enum_range(NULL::colour))::text")
    return [str(label) for (label,) in found]


COLOUR = ', sa.Column("c", sa.Enum({labels}, name="colour"), server_default="red")'


def test_models_become_a_revision_whatever_the_database_is_like(project: Project) -> None:
    project.good("reset", "--no-seed")
    nothing = project.good("revision", "-m", "nothing", "--json").json
    assert (nothing["changes"], nothing["files"]) == ([], [])
    # The database is behind, and dirty: neither is any business of a revision.
    project.good("downgrade", "--yes", "t1")
    execute(address_of(project), "CREATE TABLE dirt (id int)")
    models(project, column=COLOUR.format(labels="'red', 'green'"))
    made = project.good("revision", "-m", "add a colour", "--apply", "--json").json
    assert made["files"] == ["alembic/versions/add_a_colour.py"]
    assert [change["sentence"] for change in made["changes"]] == [
        "enum colour added",
        "column t2.c added (Enum('red', 'green', name='colour'))",
    ]
    assert made["notes"][-1].startswith(
        "look at it, then commit it: git add alembic/versions/add_a_colour.py alembic/head && git"
    )
    assert labels(project) == ["red", "green"]
    execute(address_of(project), "INSERT INTO t2 VALUES (1, 'green')")
    # A label more is added in its place, and taken back by making the type anew, with column and default kept.
    models(project, column=COLOUR.format(labels="'red', 'blue', 'green'"))
    told = project.good("revision", "-m", "add blue", "--apply")
    assert told.out == "- enum colour: label blue added\n"
    assert labels(project) == ["red", "blue", "green"]
    project.good("downgrade", "--yes")
    assert labels(project) == ["red", "green"]
    execute(address_of(project), "INSERT INTO t2 VALUES (2)")
    assert execute(address_of(project), "SELECT c::text FROM t2 ORDER BY id") == [("green",), ("red",)]
    project.good("migrate")
    # Labels that go or change their order make the type anew, too.
    models(project, column=COLOUR.format(labels="'green', 'red'"))
    told = project.good("revision", "-m", "no more blue", "--apply")
    assert told.out == "- enum colour: label blue removed\n"
    assert labels(project) == ["green", "red"]
    project.good("downgrade", "--yes", "t2")
    project.good("migrate")
    databases = execute(address_of(project), "SELECT datname FROM pg_database WHERE datname LIKE 'nox%'")
    assert databases == []


def test_what_a_revision_drops_at_once_is_brought_back_by_undo(project: Project) -> None:
    models(project, column=', sa.Column("c", sa.Integer)')
    project.good("reset", "--no-seed")
    project.good("revision", "-m", "add a column", "--apply")
    execute(address_of(project), "INSERT INTO t2 VALUES (1, 7)")
    models(project)
    project.good("revision", "-m", "drop it", "--apply")
    project.good("undo")
    assert execute(address_of(project), "SELECT c FROM t2") == [(7,)]


def test_a_new_table_with_a_type_leaves_nothing_behind_when_it_goes(project: Project) -> None:
    more = 'sa.Table("t3", metadata, sa.Column("c", ARRAY(sa.Enum("a", "b", name="kind"))))'
    models(project, more=more)
    project.good("reset", "--no-seed")
    project.good("revision", "-m", "add kinds", "--apply")
    project.good("downgrade", "--yes")
    assert execute(address_of(project), "SELECT 1 FROM pg_type WHERE typname = 'kind'") == []
    project.good("migrate")


THEIRS = """\
sa.Table("theirs", metadata, sa.Column("state", sa.Enum("a", "b", name="their_state")), info={"skip": True})
sa.Table("mine", metadata, sa.Column("id", sa.Integer),
         sa.Column("left_out", sa.Enum("a", name="of_a_column"), info={"skip": True}))
"""
FILTER = "include_object=lambda thing, *_: not thing.info.get('skip'), "
# As a plugin for enum types does it.
PLUGIN = """\
from alembic.autogenerate import comparators, renderers
from alembic.operations import ops


class CreateColour(ops.MigrateOperation):
    name, schema = "colour", "public"

    def reverse(self):
        return self


@comparators.dispatch_for("schema")
def _compare(_context, upgrade, _schemas):
    upgrade.ops.insert(0, CreateColour())


@renderers.dispatch_for(CreateColour)
def _render(_context, operation):
    return ["op.execute('CREATE TYPE colour AS ENUM ()')"]
"""


def test_what_env_py_leaves_out_is_left_out_of_the_enum_types_too(project: Project) -> None:
    env = (project.root / "alembic/env.py").read_text()
    project.write("alembic/env.py", env.replace("target_metadata=", FILTER + "target_metadata=", 1))
    models(project, more=THEIRS)
    project.good("reset", "--no-seed")
    made = project.good("revision", "-m", "mine", "--apply", "--json").json
    assert [change["sentence"] for change in made["changes"]] == ["table mine added"]
    assert project.good("check", "--json").json["ok"] is True


def test_a_type_that_a_plugin_makes_is_not_made_twice(project: Project) -> None:
    env = (project.root / "alembic/env.py").read_text()
    project.write("plugin.py", PLUGIN)
    project.write("alembic/env.py", "import plugin\n" + env)
    models(project, column=COLOUR.format(labels="'red', 'green'"))
    project.good("reset", "--no-seed")
    made = project.good("revision", "-m", "add a colour", "--json").json
    text = (project.root / made["files"][0]).read_text()
    assert ("CREATE TYPE colour AS ENUM ()" in text, "CREATE TYPE colour AS ENUM ('red'" in text) == (True, False)


def test_what_cannot_become_a_revision_says_why_and_leaves_no_file(project: Project) -> None:
    before = sorted(project.root.rglob("*.py"))
    assert project.run("revision", "-m", "x", "--json").error[0] == "NA202"
    project.good("reset", "--no-seed")
    project.write("models.py", "import nowhere\n")
    place = "what env.py runs before the first revision (models.py, line 1)"
    assert project.run("revision", "-m", "x", "--json").error == (
        "NA476",
        f"{place} failed: ModuleNotFoundError: No module named 'nowhere'.",
        (
            f"install nowhere for {sys.executable}, which has run Alembic, or run Alembic elsewhere: "
            '`alembic-in = "backend"` in the container, `alembic-folder` in another folder; then `nox -s revision`'
        ),
    )
    project.write("models.py", "import sqlalchemy as sa\n\nmetadata = sa.MetaData()\n")
    assert project.run("revision", "-m", "x", "--json").error == NO_MODELS
    assert project.run("check", "--json").error == NO_MODELS
    models(project)
    empty = project.good("revision", "--empty", "-m", "fill it by hand", "--json").json
    assert empty["files"] == ["alembic/versions/fill_it_by_hand.py"]
    assert project.run("revision", "--empty", "-m", "fill it by hand", "--json").error[0] == "NA412"
    new = sorted(project.root.rglob("*.py"))
    assert [path.name for path in new if path not in before] == ["fill_it_by_hand.py"]
