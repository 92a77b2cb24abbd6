"""An attacker who swaps a folder for a link to a canary, as fast as they can, while the wiper deletes; run as a script.

`python canary.py FOLDER ROUNDS` makes everything in FOLDER, prints how often the folder was swapped, and fails when the
canary is not bit for bit what it was.
"""

import contextlib
import sys
import threading
from pathlib import Path

from nox_alembic.edges import wiper

FILES = 20


def make_tree(folder: Path) -> None:
    """Make a folder with files in two levels."""
    (folder / "inner").mkdir(parents=True, exist_ok=True)
    for number in range(FILES):
        (folder / f"inner/{number}").write_text("kept")


def picture(folder: Path) -> list[tuple[str, int, int, bytes]]:
    """Return everything about a tree that a deletion, or a change of mode, would change."""
    return [
        (str(path), path.lstat().st_mode, path.lstat().st_ino, path.read_bytes() if path.is_file() else b"")
        for path in (folder, *sorted(folder.rglob("*")))
    ]


class Attacker(threading.Thread):
    """Swaps `place` for a link to the canary and back, until told to stop."""

    def __init__(self, place: Path, canary: Path) -> None:
        super().__init__()
        self.place, self.canary = place, canary
        self.stop, self.swaps = threading.Event(), 0

    def run(self) -> None:
        """Swap by renames, which leave no moment in which there is nothing."""
        link, aside = self.canary.with_name("link"), self.canary.with_name("aside")
        while not self.stop.is_set():
            with contextlib.suppress(FileExistsError):
                link.symlink_to(self.canary)
            with contextlib.suppress(OSError):
                self.place.rename(aside)
                link.rename(self.place)
                self.swaps += 1
                self.place.rename(link)
                aside.rename(self.place)
            with contextlib.suppress(OSError):
                wiper.remove_tree(aside)


def main(folder: Path, rounds: int) -> None:
    """Delete again and again under attack."""
    make_tree(folder / "canary")
    before = picture(folder / "canary")
    attacker = Attacker(folder / "victim/swapped", folder / "canary")
    attacker.start()
    try:
        while attacker.swaps < rounds:
            with contextlib.suppress(OSError):
                make_tree(folder / "victim/swapped")
            with contextlib.suppress(OSError):  # it may lose the race; it must never follow the link
                wiper.remove_tree(folder / "victim")
    finally:
        attacker.stop.set()
        attacker.join()
    assert picture(folder / "canary") == before, "the canary was touched"
    print(attacker.swaps)  # noqa: T201 - it is a script


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
