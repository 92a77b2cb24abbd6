"""Runs squawk, the linter of SQL, if the extra `lint` is installed."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from nox_alembic.core.errors import FailedError
from nox_alembic.core.findings.lint import Violation
from nox_alembic.edges.system import process

CONFIGURATION = ".squawk.toml"
SECONDS = 60


def find() -> str:
    """Return the path of squawk, "" without it.

    The folder of our Python is searched first: its environment need not be active.
    """
    return shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which("squawk") or ""


def has_own_rules(folder: Path) -> bool:
    """Return whether the project configures the rules itself."""
    return (folder / CONFIGURATION).is_file()


def lint(sql: str, folder: Path, version: str) -> Sequence[Violation]:
    """Return the violations in the SQL.

    `version` is PostgreSQL's ("18.1"), "" where it is not known. Raises FailedError
    (NA452) with squawk's own words, for example about a .squawk.toml that it cannot
    read.
    """
    pinned = [f"--pg-version={version}"] if version else []
    done = process.run([find(), "--reporter", "json", *pinned], cwd=folder, text=sql, timeout=SECONDS)
    try:
        found = json.loads(done.out)
    except ValueError:
        message = f"squawk ended with {done.code}: {(done.err or done.out).strip()}"
        raise FailedError("NA452", message, hint=f"correct {CONFIGURATION}, or remove the extra `lint`") from None
    return [
        Violation(line=entry["line"], rule=entry["rule_name"], message=entry["message"], cure=entry["help"] or "")
        for entry in found
    ]
