"""Asks git, changes nothing, and waits for no network.

What git cannot answer at once counts as not known.
"""

import os
from pathlib import Path

from nox_alembic.core.frozen import frozen
from nox_alembic.edges.system import process
from nox_alembic.edges.system.invocation import Completed

SECONDS = 30
# A partial clone must not fetch what it lacks: nothing here may wait for a network or
# for an answer to a prompt.
ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
_GIT = ("git", "-c", "core.quotePath=false", "-c", "log.showSignature=false")


@frozen
class Repository:
    """The repository that a folder is in."""

    root: Path
    shallow: bool  # the older commits are missing


def repository(folder: Path) -> Repository | None:
    """Return the repository around a folder; None without a repository or git."""
    root, _, shallow = ask(folder, "rev-parse", "--show-toplevel", "--is-shallow-repository").strip().rpartition("\n")
    return Repository(Path(root), shallow == "true") if root else None


def ask(folder: Path, *words: str) -> str:
    """Return what git prints; "" when it does not answer.

    It does not answer without git or a repository, or when the repository is another
    user's.
    """
    return answer(folder, *words).decode("utf-8", "replace")


def line(folder: Path, *words: str) -> str:
    """Return the only line that git prints."""
    return ask(folder, *words).strip()


def lines(folder: Path, *words: str) -> list[str]:
    """Return the lines that git prints."""
    return ask(folder, *words).splitlines()


def entries(folder: Path, *words: str) -> list[str]:
    """Return the entries that git prints, each with a NUL after it."""
    return [entry for entry in ask(folder, *words).split("\0") if entry]


def answer(folder: Path, *words: str, data: bytes = b"") -> bytes:
    """Return the bytes that git prints; none when it does not answer.

    `data` is git's standard input.
    """
    return process.answer([*_GIT, *words], cwd=folder, env={**os.environ, **ALONE}, data=data, timeout=SECONDS) or b""


def attempt(folder: Path, *words: str) -> Completed:
    """Return what git prints, with its exit code, where the code has a meaning."""
    return process.run([*_GIT, *words], cwd=folder, env={**os.environ, **ALONE}, timeout=SECONDS)
