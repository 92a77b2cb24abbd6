"""A small project of another owner, and the tool run on it as a program.

It has Alembic, a seed, a backend and a Compose file.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from nox_alembic.core.revisions.configuration import Configuration

ENV_PY = """\
from alembic import context
from sqlalchemy import create_engine

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
"""

REVISION = '''\
"""{message}"""
from alembic import op
import sqlalchemy as sa

revision = "{id}"
down_revision = {down!r}


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''

SEED = """\
import os
from urllib.parse import unquote, urlsplit
import psycopg2

# Not by SQLAlchemy: its import takes half a second of a processor, in each of some hundred resets.
url = urlsplit(os.environ["DATABASE_URL"])
place = {"host": url.hostname, "port": url.port, "dbname": url.path[1:]}
place |= {"user": unquote(url.username), "password": unquote(url.password)}
connection = psycopg2.connect(**place)
with connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO t1 VALUES (1)")
connection.close()
print("seeded one row")
"""

BACKEND = """\
import http.server
import os


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


print("backend started", flush=True)
http.server.HTTPServer((os.environ.get("HOST", ""), int(os.environ["PORT"])), Health).serve_forever()
"""

COMPOSE = """\
name: {name}
services:
  db:
    image: ${{POSTGRES_IMAGE:-postgres:17}}
    environment: {{POSTGRES_USER: dds, POSTGRES_PASSWORD: "a$$b%c", POSTGRES_DB: sample}}
    volumes: ["${{SAMPLE_DATA:-{data}}}:/var/lib/postgresql/data"]
    ports: ["127.0.0.1:${{SAMPLE_DB_PORT:-0}}:5432"]
    healthcheck: {{test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U dds -d sample"], interval: 1s, retries: 60}}
  backend:
    image: ${{PYTHON_IMAGE:-python:3.13-slim}}
    command: ["python3", "-u", "/app/backend.py"]
    environment: {{PORT: "8000"}}
    volumes: ["./backend.py:/app/backend.py:ro"]
    ports: ["127.0.0.1:${{SAMPLE_BACKEND_PORT:-0}}:8000"]
    depends_on: {{db: {{condition: service_healthy}}}}
    init: true
{more}
"""


@dataclass(frozen=True)
class Ran:
    """How a run of the tool ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        return dict(json.loads(self.out))

    @property
    def error(self) -> tuple[str, str, str]:
        """Id, message and hint of the error."""
        error = self.json["error"]
        return error["id"], error["message"], error["hint"]


@dataclass
class Project:
    """A project folder, with everything that the tool keeps of it below `home`."""

    root: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    prefix: Sequence[str] = ()

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which the tool runs here."""
        quiet = {"NOX_ALEMBIC_SPARE": "off"}  # nothing is left running by a test that does not ask for it
        return {**os.environ, **quiet, "NOX_ALEMBIC_HOME": str(self.home), "PYTHONPATH": SOURCE, **self.variables}

    def command(self, *words: str) -> list[str]:
        """The words that run the tool."""
        return [*self.prefix, sys.executable, "-m", "nox_alembic", *words]

    def run(self, *words: str, input: str | None = None, **variables: str) -> Ran:  # noqa: A002 - subprocess's own
        """Run the tool to its end without a terminal; `input` is piped in."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.root,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL if input is None else None,
            input=input,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def good(self, *words: str, **variables: str) -> Ran:
        """Run the tool, which must succeed."""
        ran = self.run(*words, **variables)
        assert ran.code == 0, f"{words}: {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def start(self, *words: str, output: IO[str] | None = None) -> "subprocess.Popen[bytes]":
        """Start the tool and let it run; what it prints goes to `output`, if anywhere."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.root,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=output or subprocess.DEVNULL,
        )

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def revision(self, id_: str, down: str | None, *, upgrade: str = "", downgrade: str = "pass") -> None:
        """Write a revision file; without an `upgrade` it makes a table with the name of its id."""
        table = f'op.create_table("{id_}", sa.Column("id", sa.Integer))'
        undo = f'op.drop_table("{id_}")' if not upgrade else downgrade
        text = REVISION.format(id=id_, down=down, message=f"make {id_}", upgrade=upgrade or table, downgrade=undo)
        self.write(f"alembic/versions/{id_}.py", text)

    def table(self, *lines: str) -> None:
        """Write pyproject.toml with these lines in [tool.nox-alembic]."""
        self.write("pyproject.toml", "\n".join(["[tool.nox-alembic]", *lines, ""]))


SOURCE = str(Path(__file__).parent.parent / "src")
EVERYTHING = (
    'seed = "python seed.py"',
    'backend-command = "python backend.py"',
    'health-url = "http://127.0.0.1:{backend_port}/"',
    "timeout = 60",
)


def make_project(root: Path, home: Path, *lines: str) -> Project:
    """Make the project with two revisions, t1 and t2; `lines` are added to its table."""
    project = Project(root, home)
    project.table(*EVERYTHING, *lines)
    project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/alembic\n")
    project.write("alembic/env.py", ENV_PY)
    project.write("alembic/script.py.mako", "")
    project.write("seed.py", SEED)
    project.write("backend.py", BACKEND)
    project.revision("t1", None)
    project.revision("t2", "t1")
    return project


def configured(root: Path) -> Configuration:
    """Return Alembic's configuration in its usual place."""
    return Configuration(file=root / "alembic.ini", folder=root)


def tree(root: Path) -> Mapping[str, object]:
    """Return every path below a folder with what a change of it would change, without what only saves time."""
    return {
        str(path.relative_to(root)): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_size)
        for path in sorted(root.rglob("*"))
        if "__pycache__" not in path.parts and not _is_cache(path.relative_to(root).parts)
    }


def _is_cache(parts: Sequence[str]) -> bool:
    """Return whether it is the folder of caches in `home`, something in it, or `home` itself, whose time it sets."""
    return parts[:1] == ("home",) and parts[1:2] in {(), ("cache",)}
