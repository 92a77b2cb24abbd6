"""What one whole reset deletes and renames, as the kernel sees it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project import Project

CALLS = "unlink,unlinkat,rename,renameat,renameat2,rmdir"
# unlinkat(3</a/folder>, "name", 0) = 0; the descriptor's path is there because of strace's -y
PLACE = re.compile(r'(?:(?P<folder>[A-Z_\d]+(?:<[^>]*>)?), )?"(?P<name>[^"]*)"')


def touched(trace: Path, cwd: Path) -> set[Path]:
    """Return every path that a call named, whether it succeeded or not."""
    found = set()
    for line in trace.read_text(errors="replace").splitlines():
        call = re.search(r"\b(?:unlink|rename|rmdir)\w*\((.*)", line)
        for place in PLACE.finditer(call[1] if call else ""):
            folder = re.search(r"<([^>]*)>", place["folder"] or "")
            found.add(Path(folder[1] if folder else cwd, place["name"]))
    return found


def test_a_reset_deletes_and_renames_nothing_outside_of_the_data_folders_parent(project: Project) -> None:
    """Besides it there is what the tool keeps in its own folder: the lock, the undo log, a cache."""
    if not shutil.which("strace"):
        if os.environ.get("REQUIRE_DOCKER") == "1":
            pytest.fail("REQUIRE_DOCKER=1, and strace is not installed")
        pytest.skip("this test needs strace")
    project.good("dev")
    for _ in range(2):  # so that the traced one has something to delete: two states are kept
        project.good("reset", "--yes")
    trace = project.root.parent / "trace"
    # Stopped are only the calls of interest: with each stopped, a run takes a third more of a processor.
    words = ["strace", "-f", "--seccomp-bpf", "-y", "-e", f"trace={CALLS}", "-s", "4096", "-o", str(trace)]
    subprocess.run(
        [*words, *project.command("reset", "--yes")],
        cwd=project.root,
        env={**project.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=True,
    )
    paths = touched(trace, project.root)
    inside = {path for path in paths if path.is_relative_to(project.root / "volumes")}
    assert len(inside) > 900  # a data folder has that many files
    assert all(path.is_relative_to(project.home) for path in paths - inside)
