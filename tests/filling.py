"""Runs the tool, and fills the disk at a chosen point.

`python -m tests.filling POINT COUNT FOLDER FREE VERB...`: when the point comes for the given time, see tests/dying.py,
all but `FREE` bytes of the disk below the folder are taken, by the file `filler` in it.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nox_alembic import cli
from tests import dying
from tests.project import Project, Ran
from tests.wiper.places import mounted

ROOT = str(Path(__file__).parents[1])
FILLER = "filler"
PIECE = 1 << 20


def fill(folder: Path, free: int = 0) -> None:
    """Take all of the disk but so many bytes; piece by piece, since a file system takes some for itself."""
    with (folder / FILLER).open("ab", buffering=0) as file:
        while (left := _free(folder) - free) > 0:
            try:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, min(left, PIECE))
            except OSError:
                return


def empty(folder: Path) -> None:
    """Give the room back."""
    (folder / FILLER).unlink()


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[Path]:
    """Mount a disk of its own, a file beside the folder around the place, of so many bytes."""
    image = place.parent.with_suffix(".image")
    place.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    with mounted(place, "-o", "loop", str(image)):
        yield place


def flooded(project: Project, place: Path, point: str, *words: str, free: int = 0, count: int = 1) -> Ran:
    """Run a verb under which the disk at the place becomes full at a point, and stays so."""
    command = [sys.executable, "-m", "tests.filling", point, str(count), str(place), str(free), *words, "--json"]
    environ = {**project.environ, "PYTHONPATH": os.pathsep.join([project.environ["PYTHONPATH"], ROOT])}
    done = subprocess.run(command, cwd=project.root, env=environ, capture_output=True, text=True, check=False)
    assert (place / FILLER).exists(), done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def _free(folder: Path) -> int:
    seen = os.statvfs(folder)
    return seen.f_bavail * seen.f_frsize


class Flood(dying.Fate):
    """Fills the disk when the point comes."""

    def __init__(self, point: str, count: int, folder: Path, free: int) -> None:
        super().__init__(point, count, 0)
        self.folder, self.free = folder, free

    def come(self, point: str, _name: str = "") -> None:
        """Say where we are."""
        self.seen += point == self.point
        if point == self.point and self.seen == self.count:
            fill(self.folder, self.free)


if __name__ == "__main__":
    dying.watch(Flood(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])))
    sys.argv[1:] = sys.argv[5:]
    cli.main()
