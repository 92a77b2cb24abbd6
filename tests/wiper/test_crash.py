"""SIGKILL and Ctrl-C at each point of a wipe; the next run must end with a fresh folder, and no data may be gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nox_alembic.edges import wiper
from tests.wiper.places import as_root, make_database, trash_in, with_kill

pytestmark = with_kill

WIPE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from nox_alembic.edges import wiper
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell have it ignored
point, count, number, keep_root, root = sys.argv[1], *map(int, sys.argv[2:5]), Path(sys.argv[5])
seen = 0
def die(at, name):
    global seen
    seen += at == point
    if at == point and seen == count:
        os.kill(os.getpid(), number)
wiper.wipe(root / "volumes/db", within=root, keep=1, keep_root=bool(keep_root), on_event=die)
"""
SIGNALS = [signal.Signals[name] for name in ("SIGKILL", "SIGINT") if name in signal.Signals.__members__]
FILES = 200  # in the trash of an earlier run, which is what a wipe deletes
# Where in the deletion: after the first, the second, the middle and the last but one entry.
ENTRIES = [1, 2, FILES // 2, FILES - 1]
STEPS = [("gates", 1), ("renamed", 1), ("made", 1), ("synced", 1)]
POINTS = [*STEPS, *(("entry", count) for count in ENTRIES), ("rmdir", 1), ("rmdir", 6)]


def wipe_and_die(root: Path, point: str, count: int, number: signal.Signals, *, keep_root: bool = False) -> None:
    """Run a wipe in a process of its own, which ends by the signal at the point."""
    words = [sys.executable, "-c", WIPE_AND_DIE, point, str(count), str(int(number)), str(int(keep_root)), str(root)]
    environ = {**os.environ, "PYTHONPATH": str(Path(wiper.__file__).parents[3])}
    done = subprocess.run(words, env=environ, stderr=subprocess.DEVNULL, check=False)
    assert done.returncode == -number


def make_earlier_trash(database: Path, within: Path) -> Path:
    """Leave what an earlier reset set aside: this one deletes it."""
    for number in range(FILES):
        (database / f"pg_wal/{number}").touch()
    earlier = wiper.set_aside(database, within=within).trash
    assert earlier is not None
    database.rmdir()
    make_database(database)
    return earlier


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize(("point", "count"), POINTS)
def test_a_run_that_is_ended_at_any_point_is_finished_by_the_next(
    database: Path, tmp_path: Path, point: str, count: int, number: signal.Signals
) -> None:
    earlier = make_earlier_trash(database, tmp_path)
    wipe_and_die(tmp_path, point, count, number)
    places = [database, *(path for path in trash_in(database.parent) if path != earlier)]
    assert [place for place in places if (place / "base/1/1259").exists()] != []
    if number is signal.SIGINT:
        assert database.is_dir()  # Ctrl-C waits until rename and mkdir are both done
    wiper.wipe(database, within=tmp_path, keep=1)
    assert list(database.iterdir()) == []
    assert len(trash_in(database.parent)) == 1


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize(("point", "count"), [("made", 1), ("moved", 1), ("moved", 3), ("moved", 5)])
def test_a_run_that_keeps_the_root_and_is_ended_is_finished_by_the_next(
    database: Path, tmp_path: Path, point: str, count: int, number: signal.Signals
) -> None:
    inode = database.stat().st_ino
    wipe_and_die(tmp_path, point, count, number, keep_root=True)
    assert (database / "PG_VERSION").exists() == (point == "made")
    wiper.wipe(database, within=tmp_path, keep=1, keep_root=True)
    assert (list(database.iterdir()), database.stat().st_ino) == ([], inode)


@as_root
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize(("point", "count"), [("PG_VERSION", 1), ("entry", 1), ("entry", 2), ("rmdir", 2)])
def test_a_deletion_in_place_that_is_ended_never_looks_like_a_database(
    database: Path, tmp_path: Path, point: str, count: int, number: signal.Signals
) -> None:
    """An append-only parent takes no rename; PG_VERSION goes first, so that no server starts on the rest."""
    subprocess.run(["chattr", "+a", str(database.parent)], check=True)
    try:
        wipe_and_die(tmp_path, point, count, number)
        assert not (database / "PG_VERSION").exists()
        assert wiper.wipe(database, within=tmp_path).in_place
    finally:
        subprocess.run(["chattr", "-a", str(database.parent)], check=True)
    assert list(database.iterdir()) == []
