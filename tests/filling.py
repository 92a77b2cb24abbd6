"""The tool as it is, but for one thing: at a chosen point the disk becomes full. Run as a program.

`python -m tests.filling POINT FOLDER FREE VERB...`: at the point, see tests/dying.py, all but `FREE` bytes of the disk
below the folder are taken, by the file `filler` in it.
"""

import os
import sys
from pathlib import Path

from nox_alembic import cli
from tests import dying

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


def _free(folder: Path) -> int:
    seen = os.statvfs(folder)
    return seen.f_bavail * seen.f_frsize


class Flood(dying.Fate):
    """Fills the disk when the point comes."""

    def __init__(self, point: str, folder: Path, free: int) -> None:
        super().__init__(point, 1, 0)
        self.folder, self.free = folder, free

    def come(self, point: str, _name: str = "") -> None:
        """Say where we are."""
        self.seen += point == self.point
        if point == self.point and self.seen == 1:
            fill(self.folder, self.free)


if __name__ == "__main__":
    dying.watch(Flood(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
    sys.argv[1:] = sys.argv[4:]
    cli.main()
