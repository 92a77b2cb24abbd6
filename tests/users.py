"""Runs the tool as another user than root.

A container fills that user's folder with files of its own.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# `nobody` on every Linux. It must have a name: initdb refuses a user id that the system does not know.
UID = 65534
IS_ROOT = getattr(os, "geteuid", lambda: -1)() == 0  # Windows has no such user


def as_normal_user(*groups: int) -> list[str]:
    """Return the words before a command that run it as `nobody`, without any power over files.

    Where the interpreter lies in a folder that only root may enter, as in root's home, the power to read is left, and
    no other: nothing can be written, renamed or deleted with it.
    """
    words = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--groups", ",".join(map(str, groups or (UID,)))]
    if _runs([*words, "--inh-caps=-all"]):
        return [*words, "--inh-caps=-all"]
    reading = [*words, "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    assert _runs(reading), "no way found to run Python as a normal user here"
    return reading


def _runs(words: Sequence[str]) -> bool:
    """Try whether Python runs, with our packages, and can start itself again."""
    script = "import subprocess, sys, psycopg2, nox_alembic; subprocess.check_call([sys.executable, '-c', ''])"
    source = str(Path(__file__).parent.parent / "src")
    done = subprocess.run(
        [*words, sys.executable, "-c", script],
        cwd="/",
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def give(folder: Path) -> None:
    """Give a folder and all that is in it to the normal user, and let them reach it."""
    chown = getattr(os, "chown")  # noqa: B009 - Windows has none, and this module is imported there
    for path in (folder, *folder.rglob("*")):
        chown(path, UID, UID, follow_symlinks=False)
    for path in folder.parents:
        if path != Path("/") and path.stat().st_mode & 0o005 != 0o005 and path.is_relative_to(tempfile.gettempdir()):
            path.chmod(path.stat().st_mode | 0o005)
