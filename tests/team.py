"""Two developers: clones of one repository, each with a database of its own."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.revisions.head_file import text_of
from tests.project import Project, make_project

DATABASE = "sample"
TEMPLATE = Path(__file__).parents[1] / "alembic/script.py.mako"
CONFIGURATION = """\
[alembic]
script_location = %(here)s/alembic
file_template = %%(rev)s_%%(slug)s
truncate_slug_length = 20
"""


@dataclass
class Developer:
    """A clone, the tool on it, and git."""

    project: Project
    name: str

    def git(self, *words: str, code: int | None = 0) -> str:
        """Run git and return what it prints; `code` None takes any."""
        environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        for who in ("AUTHOR", "COMMITTER"):
            environ[f"GIT_{who}_NAME"], environ[f"GIT_{who}_EMAIL"] = self.name, f"{self.name}@example.org"
            environ[f"GIT_{who}_DATE"] = "2026-07-01T10:00:00Z"
        done = subprocess.run(
            ["git", *words], cwd=self.project.root, env=environ, capture_output=True, text=True, check=False
        )
        assert code is None or done.returncode == code, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def adds(self, id_: str, down: str | None, *, commit: bool = True, **words: str) -> Path:
        """Add a revision and the head file, as the verb `revision` does, and commit both."""
        self.project.revision(id_, down, **words)
        self.project.write("alembic/head", text_of([id_]))
        if commit:
            self.commit(f"add {id_}")
        return self.project.root / f"alembic/versions/{id_}.py"

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    @property
    def address(self) -> DatabaseAddress:
        """Where the developer's database is."""
        (path,) = (self.project.home / "data").rglob("connection.json")
        known = json.loads(path.read_text())
        return DatabaseAddress(
            host="127.0.0.1", port=known["port"], user=known["user"], password=known["password"], name=DATABASE
        )


def start(folder: Path, *names: str) -> list[Developer]:
    """Make a repository with the revision t1 on main, and a clone of it for each name."""
    first = Developer(make_project(folder / "first", folder / "home-first"), "first")
    (first.project.root / "alembic/versions/t2.py").unlink()
    first.project.table('engine = "embedded"', f'database-name = "{DATABASE}"')
    first.project.write("alembic.ini", CONFIGURATION)
    first.project.write("alembic/head", text_of(["t1"]))
    first.project.write(".gitignore", "__pycache__/\n")
    shutil.copy(TEMPLATE, first.project.root / "alembic/script.py.mako")
    first.project.home.mkdir()
    first.git("init", "-q", "-b", "main")
    first.commit("begin")
    first.git("clone", "-q", "--bare", ".", str(folder / "origin.git"))
    return [clone(folder, name) for name in names]


def clone(folder: Path, name: str, *words: str) -> Developer:
    """Clone the repository; `words` are options of git's."""
    home = folder / f"home-{name}"
    home.mkdir()
    developer = Developer(Project(folder, home), name)
    developer.git("clone", "-q", *words, f"file://{folder / 'origin.git'}", name)
    developer.project.root = folder / name
    return developer
