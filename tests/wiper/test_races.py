"""Others at work in the same folder: attackers, writers, another wiper."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nox_alembic.core.errors import RefusedError
from nox_alembic.edges import wiper
from tests.users import UID
from tests.wiper.places import as_root, as_stranger, make_database, on_linux, trash_in, with_links

SOURCE = str(Path(wiper.__file__).parents[3])
SWAPS = 3000


@on_linux
def test_a_folder_swapped_for_a_link_thousands_of_times_is_never_followed(tmp_path: Path) -> None:
    words = [sys.executable, "-X", "dev", "-W", "error", str(Path(__file__).with_name("canary.py"))]
    _attack(tmp_path, words, {**os.environ, "PYTHONPATH": SOURCE})


@as_root
def test_it_is_not_followed_by_a_normal_user_either(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    os.chown(tmp_path / "place", UID, UID)
    script = tmp_path / "src/wiper_tests/canary.py"
    _attack(tmp_path / "place", [*as_stranger(tmp_path, "-X", "dev", "-W", "error"), str(script)], None)


def _attack(folder: Path, words: list[str], environ: dict[str, str] | None) -> None:
    done = subprocess.run([*words, str(folder), str(SWAPS)], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) >= SWAPS


@with_links
def test_a_parent_swapped_for_a_link_between_check_and_use_is_not_followed(database: Path, tmp_path: Path) -> None:
    outside = make_database(tmp_path / "outside/db")

    def swap(point: str, _name: str) -> None:
        if point == "gates":
            database.parent.rename(tmp_path / "moved")
            database.parent.symlink_to(outside.parent)

    wiper.set_aside(database, within=tmp_path, on_event=swap)
    assert (outside / "base/1/1259").read_text() == "rows"
    assert trash_in(outside.parent) == []
    assert len(trash_in(tmp_path / "moved")) == 1


@pytest.mark.parametrize("keep_root", [False, True])
def test_another_folder_in_its_place_is_put_back_and_refused(database: Path, tmp_path: Path, keep_root: bool) -> None:
    def swap(point: str, _name: str) -> None:
        if point == "gates":
            database.rename(tmp_path / "moved")
            (database / "photos").mkdir(parents=True)

    with pytest.raises(RefusedError) as error:
        wiper.set_aside(database, within=tmp_path, keep_root=keep_root, on_event=swap)
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA313",
        f"refused to wipe '{database}': another folder took its place while it was being looked at",
        "run the same command again",
    )
    assert [path.name for path in database.iterdir()] == ["photos"]
    assert trash_in(database.parent) == []


def test_a_busy_writer_ends_in_a_message_that_names_what_is_new(database: Path, tmp_path: Path) -> None:
    trash = wiper.set_aside(database, within=tmp_path).trash
    assert trash is not None

    def write(point: str, name: str) -> None:
        if (point, name) == ("rmdir", "base"):
            (trash / "base/new").write_text("still writing")

    (left,) = wiper.sweep(database.parent, "db", on_event=write).left
    assert (left.path, left.stayed, left.newer) == (trash, (str(trash / "base/new"),), (str(trash / "base/new"),))
    assert str(left).splitlines()[1:] == [
        f"still there: {trash / 'base/new'}",
        f"something is still writing: {trash / 'base/new'}",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there the two hold each other up: see tests/windows")
def test_what_another_process_deletes_at_the_same_time_is_no_error(database: Path, tmp_path: Path) -> None:
    trash = wiper.set_aside(database, within=tmp_path).trash
    assert trash is not None
    for number in range(3000):
        (trash / f"pg_wal/{number}").touch()
    script = (
        "import sys; from nox_alembic.edges import wiper; from pathlib import Path\n"
        "swept = wiper.sweep(Path(sys.argv[1]), 'db'); assert swept.left == (), swept"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "volumes")]
    runs = [subprocess.Popen(words, env={**os.environ, "PYTHONPATH": SOURCE}) for _ in "ab"]
    assert [run.wait(timeout=300) for run in runs] == [0, 0]
    assert not trash.exists()


def test_two_wipes_at_once_lose_nothing_and_leave_a_folder(database: Path, tmp_path: Path) -> None:
    """The environment's lock keeps two of our runs apart; without it one may fail, and the data is still there."""
    script = (
        "import sys; from nox_alembic.edges import wiper\n"
        "sys.stdin.read(); wiper.set_aside(sys.argv[1], within=sys.argv[2])"
    )
    words = [sys.executable, "-c", script, str(database), str(tmp_path)]
    for _ in range(10):
        runs = [
            subprocess.Popen(
                words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": SOURCE}
            )
            for _ in "ab"
        ]
        for run in runs:
            run.communicate()
        places = [place for place in (database, *trash_in(database.parent)) if (place / "base/1/1259").exists()]
        assert (len(places), database.is_dir()) == (1, True)
        if places != [database]:
            database.rmdir()
            places[0].rename(database)
        for trash in trash_in(database.parent):
            wiper.remove_tree(trash)


@on_linux
def test_an_open_file_and_a_process_inside_do_not_hold_it(database: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", "input()"]
    with (database / "PG_VERSION").open() as file:
        process = subprocess.Popen(words, cwd=database / "base", stdin=subprocess.PIPE)
        try:
            assert wiper.wipe(database, within=tmp_path).swept.left == ()
            assert file.read() == "17\n"
        finally:
            process.communicate(b"\n")
