"""Files and folders that somebody holds: real handles, of this process and of others."""

import ctypes
import msvcrt
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nox_alembic.edges import wiper
from nox_alembic.edges.wiper import windows_calls
from tests.wiper.places import trash_in

assert sys.platform == "win32"

HELD_SECONDS = 2.0
SHARE_READ, SHARE_DELETE = 1, 4
GENERIC_READ, OPEN_EXISTING, BACKUP_SEMANTICS = 0x80000000, 3, 0x02000000
SYSTEM = Path(os.environ["SYSTEMROOT"]) / "system32"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    (tmp_path / "victim/inner").mkdir(parents=True)
    (tmp_path / "victim/inner/file").write_text("content")
    return tmp_path / "victim"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what is never let go."""
    monkeypatch.setattr(windows_calls, "_PATIENCE_SECONDS", 0.2)


def open_handle(path: Path, share: int = 0) -> int:
    """Open as programs do that share nothing, or just deletion; folders, too."""
    kernel = ctypes.WinDLL("kernel32")
    kernel.CreateFileW.restype = ctypes.c_void_p
    handle = kernel.CreateFileW(str(path), GENERIC_READ, share, None, OPEN_EXISTING, BACKUP_SEMANTICS, None)
    assert handle not in {None, ctypes.c_void_p(-1).value}
    return int(handle)


def close_handle(handle: int) -> None:
    ctypes.WinDLL("kernel32").CloseHandle(ctypes.c_void_p(handle))


@contextmanager
def released_later(release: Callable[[], object]) -> Iterator[None]:
    """Let go after two seconds, while the block runs, which must therefore take that long."""
    start = time.monotonic()
    timer = threading.Timer(HELD_SECONDS, release)
    timer.start()
    try:
        yield
    finally:
        timer.join()
    assert time.monotonic() - start >= HELD_SECONDS


@contextmanager
def another_process(script: str, *arguments: str, cwd: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a Python that does something and then waits."""
    words = [sys.executable, "-c", f"{script}\nprint('ready', flush=True)\ninput()", *arguments]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        try:
            yield process
        finally:
            process.kill()


def test_a_read_only_file_goes(victim: Path) -> None:
    (victim / "inner/file").chmod(stat.S_IREAD)
    wiper.remove_tree(victim)
    assert not victim.exists()


@pytest.mark.usefixtures("hurried")
def test_a_read_only_file_that_stays_is_read_only_again(victim: Path) -> None:
    """Hard links share the attribute: another name of the file lies outside."""
    file = victim / "inner/file"
    outside = victim.with_name("outside")
    outside.hardlink_to(file)
    file.chmod(stat.S_IREAD)
    handle = open_handle(file, SHARE_READ)
    try:
        with pytest.raises(OSError, match="file"):
            wiper.remove_tree(victim)
        assert outside.stat().st_file_attributes & stat.FILE_ATTRIBUTE_READONLY
    finally:
        close_handle(handle)


@pytest.mark.parametrize("name", ["inner/file", "inner"], ids=["file", "folder"])
def test_what_this_process_holds_for_a_while_is_waited_for(victim: Path, name: str) -> None:
    handle = open_handle(victim / name)
    with released_later(lambda: close_handle(handle)):
        wiper.remove_tree(victim)
    assert not victim.exists()


def test_what_another_process_holds_for_a_while_is_waited_for(victim: Path) -> None:
    script = "import sys; file = open(sys.argv[1])"
    with another_process(script, str(victim / "inner/file")) as other, released_later(other.kill):
        wiper.remove_tree(victim)
    assert not victim.exists()


def test_the_current_folder_of_another_process_is_waited_for(victim: Path) -> None:
    with another_process("", cwd=victim / "inner") as other, released_later(other.kill):
        wiper.remove_tree(victim)
    assert not victim.exists()


@pytest.mark.usefixtures("hurried")
def test_what_is_never_let_go_is_named_and_the_rest_is_deleted(victim: Path) -> None:
    (victim / "other").touch()
    handle = open_handle(victim / "inner/file", SHARE_READ)
    try:
        with pytest.raises(PermissionError) as error:
            wiper.remove_tree(victim)
    finally:
        close_handle(handle)
    assert error.value.winerror == 32
    assert "inner" in str(error.value.filename)
    assert not (victim / "other").exists()


def test_a_pending_deletion_is_waited_for(victim: Path) -> None:
    """The file is gone for everybody, and yet its folder is not empty (error 145) until the last handle closes."""
    handle = open_handle(victim / "inner/file", SHARE_READ | SHARE_DELETE)
    (victim / "inner/file").unlink()
    with released_later(lambda: close_handle(handle)):
        wiper.remove_tree(victim)
    assert not victim.exists()


def test_a_running_program_is_waited_for(victim: Path) -> None:
    program = shutil.copy(SYSTEM / "cmd.exe", victim / "inner/program.exe")
    running = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with running, released_later(running.kill):
        wiper.remove_tree(victim)
    assert not victim.exists()


def test_a_loaded_library_is_waited_for(victim: Path) -> None:
    library = shutil.copy(SYSTEM / "version.dll", victim / "inner/library.dll")
    script = "import ctypes, sys; loaded = ctypes.WinDLL(sys.argv[1])"
    with another_process(script, str(library)) as other, released_later(other.kill):
        wiper.remove_tree(victim)
    assert not victim.exists()


def test_a_locked_range_of_bytes_is_waited_for(victim: Path) -> None:
    descriptor = os.open(victim / "inner/file", os.O_RDWR)
    msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 4)
    with released_later(lambda: os.close(descriptor)):
        wiper.remove_tree(victim)
    assert not victim.exists()


@pytest.mark.parametrize("name", ["nul", "aux.txt", "com1", "x.", "x ", "ü" * 100])
def test_odd_names_go(victim: Path, name: str) -> None:
    raw = f"\\\\?\\{victim}\\inner\\{name}"
    with open(raw, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib changes such names
        file.write("content")
    assert len(os.listdir(f"\\\\?\\{victim}\\inner")) == 2  # noqa: PTH208
    wiper.remove_tree(victim)
    assert not victim.exists()


def test_a_path_of_1500_characters_goes(victim: Path) -> None:
    """Wine has no limit of 260, so that what is shown here is that our own paths are right at any length."""
    raw = f"\\\\?\\{victim}"
    for _ in range(15):
        raw += "\\" + "d" * 100
        os.mkdir(raw)  # noqa: PTH102
    wiper.remove_tree(victim)
    assert not victim.exists()


@pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda path: path.replace("\\", "/")])
def test_upper_and_lower_case_and_slashes_mean_the_same_folder(
    database: Path, tmp_path: Path, spelling: Callable[[str], str]
) -> None:
    done = wiper.set_aside(spelling(str(database)), within=tmp_path)
    assert (done.trash is not None, list(database.iterdir())) == (True, [])


def test_a_folder_that_is_protected_in_another_case_is_protected(database: Path, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="it is or contains"):
        wiper.check(database, within=tmp_path, protect=[Path(str(database).upper())])


SWEEP = """
import sys
from pathlib import Path
from nox_alembic.edges import wiper
wiper.sweep(Path(sys.argv[1]), "db")
"""


def test_two_that_delete_at_the_same_time_end_well_and_the_next_finishes(database: Path, tmp_path: Path) -> None:
    """Each holds folders that the other wants, until its patience ends: what then stays is told, and goes next time."""
    trash = wiper.set_aside(database, within=tmp_path).trash
    assert trash is not None
    for number in range(1000):
        (trash / f"pg_wal/{number}").touch()
    runs = [subprocess.Popen([sys.executable, "-c", SWEEP, str(tmp_path / "volumes")]) for _ in "ab"]
    assert [run.wait(timeout=60) for run in runs] == [0, 0]
    assert wiper.sweep(database.parent, "db").left == ()
    assert not trash.exists()


WIPE = """
import sys
from pathlib import Path
from nox_alembic.edges import wiper
print("ready", flush=True)
wiper.wipe(Path(sys.argv[1]) / "volumes/db", within=sys.argv[1])
"""


def test_a_run_that_is_ended_in_a_pause_between_retries_is_finished_by_the_next(database: Path, tmp_path: Path) -> None:
    trash = wiper.set_aside(database, within=tmp_path).trash
    assert trash is not None
    handle = open_handle(trash / "base/1/1259", SHARE_READ)
    with subprocess.Popen([sys.executable, "-c", WIPE, str(tmp_path)], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(1)  # it is in a pause, and would be for seconds
        run.send_signal(signal.SIGTERM)
    close_handle(handle)
    wiper.wipe(database, within=tmp_path)
    assert (list(database.iterdir()), trash_in(database.parent)) == ([], [])
