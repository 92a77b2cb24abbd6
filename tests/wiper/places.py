"""What the wiper's tests share; the standard library and pytest only, since they run under Wine, too."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nox_alembic.core.errors import RefusedError
from nox_alembic.edges import wiper
from tests.project import tree
from tests.users import IS_ROOT, UID, give

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="what only Linux has")
as_root = pytest.mark.skipif(
    sys.platform != "linux" or not IS_ROOT, reason="only root on Linux can mount, freeze and give files away"
)
with_links = pytest.mark.skipif(
    sys.platform == "win32", reason="Wine cannot make links, and deletes through those of Unix: see tests/windows"
)
with_kill = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")


def make_database(folder: Path) -> Path:
    """Make what looks like a PostgreSQL data folder."""
    for name in ("base/1", "global", "pg_tblspc", "pg_wal"):
        (folder / name).mkdir(parents=True)
    (folder / "PG_VERSION").write_text("17\n")
    (folder / "base/1/1259").write_text("rows")
    (folder / "global/pg_control").write_text("state")
    return folder


def trash_in(parent: Path) -> list[Path]:
    """Return what was set aside in a folder."""
    return [path for path in parent.iterdir() if ".wipe-" in path.name]


def refusal(given: Path | str, within: Path, **rules: object) -> tuple[str, str, str]:
    """Return the refusal, which must leave everything as it was."""
    before = tree(within)
    with pytest.raises(RefusedError) as error:
        wiper.wipe(given, within=within, **rules)  # type: ignore[arg-type] # rules of one test each
    assert tree(within) == before
    return error.value.id, error.value.message, error.value.hint


def as_stranger(tmp_path: Path, *options: str) -> list[str]:
    """Return the words before a script that run it as `nobody`, without any power over files.

    By the system's Python and on a copy of the package that everybody may read: the wiper needs no other package.
    """
    source = tmp_path / "src"
    if not source.exists():
        shutil.copytree(Path(wiper.__file__).parents[2], source / "nox_alembic")
        shutil.copytree(Path(__file__).parent, source / "wiper_tests")
        give(source)
        for folder in (tmp_path, *tmp_path.parents[:-1]):
            folder.chmod(folder.stat().st_mode | 0o005)
    powers = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups", "--inh-caps=-all"]
    return [*powers, "env", f"PYTHONPATH={source}", "HOME=/nowhere", "/usr/bin/python3", *options]


def run_as_stranger(tmp_path: Path, script: str, *arguments: str) -> str:
    """Run a script as `nobody` in `tmp_path`; return what it printed, errors included."""
    done = subprocess.run(
        [*as_stranger(tmp_path), "-c", script, *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@contextmanager
def mounted(place: Path, *words: str) -> Iterator[Path]:
    """Mount something on a folder, made where it is missing, and take it away whatever happens."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", *words, str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def belongs_to(folder: Path, uid: int, mode: int = 0o700) -> None:
    """Give a folder and what is in it to a user, as a container does."""
    chown = getattr(os, "chown")  # noqa: B009 - Windows has none, and this module is imported there
    for path in (folder, *folder.rglob("*")):
        chown(path, uid, uid, follow_symlinks=False)
    folder.chmod(mode)
