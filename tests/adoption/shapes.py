"""Small projects, each of one shape that people have: where things are, and how Alembic is told."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.project import Project

MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("t1", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
MORE = 'sa.Table("t2", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'

# `before` is done on the connection, and `options` are those of `configure`.
ENV = """\
from alembic import context
from sqlalchemy import create_engine, text

{imports}

config = context.config
if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(config.get_main_option("sqlalchemy.url")).connect() as connection:
        {before}
        context.configure(connection=connection, target_metadata=metadata, {options})
        with context.begin_transaction():
            context.run_migrations()
"""

REVISION = '''\
"""make t1"""
import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.create_table("t1", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("t1")
'''

MAKO = '''\
"""${message}"""
import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


@dataclass(frozen=True)
class Shape:
    """A shape: what writes it, a folder of it that is not its root, and where its models and revisions are."""

    name: str
    write: Callable[[Project], None]
    below: str
    models: str = "app/models.py"
    versions: str = "alembic/versions"
    table: str = "alembic_version"

    def __str__(self) -> str:
        return self.name


def scripts(
    project: Project, folder: str, *, imports: str = "from app.models import metadata", options: str = "",
    before: str = "pass", versions: str = "versions",
) -> None:  # fmt: skip
    """Write Alembic's folder with one revision."""
    project.write(f"{folder}/env.py", ENV.format(imports=imports, options=options, before=before))
    project.write(f"{folder}/script.py.mako", MAKO)
    project.write(f"{folder}/{versions}/r1.py", REVISION)


def monorepo(project: Project) -> None:
    """A frontend beside a backend, which has its own alembic.ini."""
    subprocess.run(["git", "init", "--quiet", str(project.root)], check=True)
    project.write("frontend/index.html", "")
    project.write("backend/app/models.py", MODELS)
    project.write("backend/alembic.ini", "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n")
    scripts(project, "backend/alembic")


def two_files(project: Project) -> None:
    """`alembic init -t pyproject`: script_location in pyproject.toml, the rest in the ini."""
    toml = '[project]\nname = "sample"\n[tool.alembic]\nscript_location = "%(here)s/two words"\n'
    project.write("pyproject.toml", f'{toml}prepend_sys_path = ["."]\n')
    project.write("alembic.ini", "[alembic]\n[loggers]\nkeys = root\n")
    project.write("app/models.py", MODELS)
    scripts(project, "two words")


def package(project: Project) -> None:
    """Alembic's folder in a package below src, a section of another name, revisions in folders of the year."""
    options = "recursive_version_locations = true\nfile_template = %%(year)d/%%(rev)s_%%(slug)s\n"
    project.write("alembic.ini", f"[core]\nscript_location = shop:db\nprepend_sys_path = src\n{options}")
    project.write("src/shop/__init__.py", "")
    project.write("src/shop/models.py", MODELS)
    scripts(project, "src/shop/db", imports="from shop.models import metadata", versions="versions/2025")


FLASK = """\
import os

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from models import metadata

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg2://me:secret@db.internal/shop"
db = SQLAlchemy(app, metadata=metadata)
Migrate(app, db)
"""


def flask(project: Project) -> None:
    """`flask db init`, with the address of a container in the application's settings."""
    project.write("app.py", FLASK)
    project.write("models.py", MODELS)
    subprocess.run([sys.executable, "-m", "flask", "db", "init"], cwd=project.root, check=True, capture_output=True)
    project.write("migrations/versions/r1.py", REVISION)


def schema(project: Project) -> None:
    """Alembic's own table has another name, in a schema."""
    project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/alembic\n")
    project.write("app/models.py", MODELS)
    make = "connection.execute(text('CREATE SCHEMA IF NOT EXISTS app')); connection.commit()"
    options = 'version_table="Schema History", version_table_schema="app", include_schemas=True'
    scripts(project, "alembic", before=make, options=options)


BLOG = (
    REVISION.replace('"r1"', '"b1"').replace("t1", "posts").replace("= None", '= None\nbranch_labels = ("blog",)')
)  # fmt: skip
POSTS = 'sa.Table("posts", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'


def branches(project: Project) -> None:
    """Two branches side by side, each with a label, a root, a head and a folder of its own."""
    locations = "version_locations = %(here)s/alembic/versions %(here)s/blog\n"
    project.write("alembic.ini", f"[alembic]\nscript_location = %(here)s/alembic\n{locations}")
    project.write("app/models.py", MODELS + POSTS)
    scripts(project, "alembic")
    project.write("alembic/versions/r1.py", REVISION.replace("= None", '= None\nbranch_labels = ("shop",)'))
    project.write("blog/b1.py", BLOG)


BRANCHES = Shape("branches", branches, below="app")
SCHEMA = Shape("schema", schema, below="app", table='app."Schema History"')
MONOREPO = Shape(
    "monorepo", monorepo, below="frontend", models="backend/app/models.py", versions="backend/alembic/versions"
)
SHAPES = (
    SCHEMA,
    MONOREPO,
    Shape("two files", two_files, below="app", versions="two words/versions"),
    Shape("package", package, below="src/shop", models="src/shop/models.py", versions="src/shop/db/versions"),
    Shape("flask", flask, below="migrations/versions", models="models.py", versions="migrations/versions"),
)
