"""Small projects, each of one shape that people have: where things are, and how Alembic is told."""

import subprocess
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


SHAPES = (
    Shape("monorepo", monorepo, below="frontend", models="backend/app/models.py", versions="backend/alembic/versions"),
)
