"""Commit, sweep and deletion on a real disk."""

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.edges import wiper
from tests.project import tree
from tests.wiper.places import as_root, make_database, trash_in, with_links


def test_the_data_is_renamed_aside_and_an_empty_folder_of_the_same_mode_is_left(database: Path, tmp_path: Path) -> None:
    database.chmod(0o750)
    moment = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    done = wiper.set_aside(database, within=tmp_path, clock=lambda: moment)
    assert done.trash is not None
    assert done.trash.name.startswith(f".db.wipe-20261124T093000Z-{os.getpid()}-")
    assert (done.trash / "base/1/1259").read_text() == "rows"
    assert list(database.iterdir()) == []
    assert sys.platform == "win32" or database.stat().st_mode & 0o777 == 0o750


def test_keeping_the_root_moves_what_is_in_it(database: Path, tmp_path: Path) -> None:
    inode = database.stat().st_ino
    order: list[str] = []
    rules = {"on_event": lambda point, name: order.append(name) if point == "moved" else None}
    done = wiper.set_aside(database, within=tmp_path, keep_root=True, **rules)  # type: ignore[arg-type] # one rule
    assert done.trash is not None
    assert (database.stat().st_ino, list(database.iterdir())) == (inode, [])
    assert (done.trash / "PG_VERSION").read_text() == "17\n"
    assert order[0] == "PG_VERSION"


@as_root
def test_keeping_the_root_moves_all_or_nothing(database: Path, tmp_path: Path) -> None:
    subprocess.run(["chattr", "+i", str(database / "pg_wal")], check=True)
    before = [path.name for path in sorted(database.iterdir())]
    removed: list[str] = []
    try:
        with pytest.raises(FailedError):
            wiper.set_aside(
                database, within=tmp_path, keep_root=True, remover=lambda _parent, name: removed.append(name)
            )
    finally:
        subprocess.run(["chattr", "-i", str(database / "pg_wal")], check=True)
    assert trash_in(database.parent) == []
    assert "base" in before


@as_root
def test_a_helper_that_does_nothing_is_noticed(database: Path, tmp_path: Path) -> None:
    for path in (database, database / "PG_VERSION"):
        subprocess.run(["chattr", "+i", str(path)], check=True)
    try:
        with pytest.raises(FailedError) as error:
            wiper.set_aside(database, within=tmp_path, remover=lambda _parent, _name: None)
    finally:
        for path in (database, database / "PG_VERSION"):
            subprocess.run(["chattr", "-i", str(path)], check=True)
    assert error.value.detail == f"{database}: the helper ended well, and yet it is there"
    assert (database / "PG_VERSION").exists()


@as_root
def test_what_can_be_neither_moved_nor_deleted_is_as_it_was(database: Path, tmp_path: Path) -> None:
    before = tree(database)
    subprocess.run(["chattr", "-R", "+i", str(database)], check=True)
    try:
        with pytest.raises(FailedError) as error:
            wiper.set_aside(database, within=tmp_path)
    finally:
        subprocess.run(["chattr", "-R", "-i", str(database)], check=True)
    assert tree(database) == before
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA311",
        f"{database} could not be set aside: Operation not permitted; it is as it was",
        f"`sudo chattr -R -ia '{database}' && sudo rm -rf -- '{database}'`, and run it again",
    )


def test_what_an_interrupted_initdb_left_does_not_take_the_place_of_a_whole_database(
    database: Path, tmp_path: Path
) -> None:
    whole = wiper.set_aside(database, within=tmp_path).trash
    (database / "base").mkdir()
    wiper.wipe(database, within=tmp_path, keep=1)
    assert trash_in(database.parent) == [whole]


def test_sweep_keeps_the_newest_and_deletes_the_rest(database: Path, tmp_path: Path) -> None:
    trash = []
    for _ in range(3):
        done = wiper.set_aside(database, within=tmp_path)
        trash.append(done.trash)
        make_database(database.parent / "new")
        database.rmdir()
        (database.parent / "new").rename(database)
    swept = wiper.sweep(database.parent, "db", keep=1)
    assert set(swept.removed) == set(trash[:2])
    assert trash_in(database.parent) == [trash[2]]


@pytest.mark.parametrize(
    "name",
    [
        ".db.wipe-20261124T093000Z-1-1234567",
        ".db.wipe-20261124T093000Z-1-12345678.bak",
        "db.wipe-20261124T093000Z-1-12345678",
        ".db.wipe-20261124T093000Z-01-12345678",
        ".other.wipe-20261124T093000Z-1-12345678",
    ],
)
def test_sweep_touches_nothing_that_has_not_exactly_our_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert wiper.sweep(tmp_path, "db").removed == ()
    assert (tmp_path / name).is_dir()


@with_links
def test_sweep_leaves_a_link_with_our_name_alone(tmp_path: Path) -> None:
    outside = make_database(tmp_path / "outside")
    (tmp_path / "v").mkdir()
    link = tmp_path / "v/.db.wipe-20261124T093000Z-1-12345678"
    link.symlink_to(outside)
    wiper.sweep(tmp_path / "v", "db")
    assert link.is_symlink()
    assert (outside / "PG_VERSION").exists()


def test_a_folder_that_a_killed_run_left_missing_is_made_again(database: Path, tmp_path: Path) -> None:
    done = wiper.set_aside(database, within=tmp_path)
    database.rmdir()
    assert wiper.sweep(database.parent, "db", keep=1).made == database
    database.rmdir()
    assert wiper.set_aside(database, within=tmp_path).made
    assert done.trash is not None
    assert done.trash.exists()


@as_root
def test_what_cannot_be_deleted_is_told_with_the_command_and_no_error(database: Path, tmp_path: Path) -> None:
    def refuse(parent: Path, name: str) -> None:
        raise OSError(errno.EIO, f"no helper for {parent / name}")

    trash = wiper.set_aside(database, within=tmp_path).trash
    assert trash is not None
    subprocess.run(["chattr", "+i", str(trash / "PG_VERSION")], check=True)
    try:
        (left,) = wiper.sweep(database.parent, "db", remover=refuse).left
    finally:
        subprocess.run(["chattr", "-i", str(trash / "PG_VERSION")], check=True)
    assert left.path == trash
    assert left.command == f"sudo chattr -R -ia '{trash}' && sudo rm -rf -- '{trash}'"
    assert left.stayed == (str(trash / "PG_VERSION"),)
    assert "no helper for" in left.reason


@as_root
def test_the_helper_deletes_where_we_may_not(database: Path, tmp_path: Path) -> None:
    trash = wiper.set_aside(database, within=tmp_path).trash
    assert trash is not None
    subprocess.run(["chattr", "+i", str(trash / "PG_VERSION")], check=True)

    def helper(parent: Path, name: str) -> None:
        subprocess.run(["chattr", "-i", str(parent / name / "PG_VERSION")], check=True)
        subprocess.run(["rm", "-rf", "--", str(parent / name)], check=True)

    swept = wiper.sweep(database.parent, "db", remover=helper)
    assert (swept.left, swept.removed) == ((), (trash,))


@as_root
def test_a_folder_that_cannot_be_renamed_is_deleted_in_place_with_pg_version_first(
    database: Path, tmp_path: Path
) -> None:
    """An append-only parent takes no rename."""
    subprocess.run(["chattr", "+a", str(database.parent)], check=True)
    events: list[tuple[str, bool]] = []
    try:
        done = wiper.set_aside(
            database,
            within=tmp_path,
            on_event=lambda point, _name: events.append((point, (database / "base/1/1259").exists())),
        )
    finally:
        subprocess.run(["chattr", "-a", str(database.parent)], check=True)
    assert (done.in_place, done.trash, list(database.iterdir())) == (True, None, [])
    assert ("PG_VERSION", True) in events


@with_links
def test_links_are_removed_and_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    victim = make_database(tmp_path / "victim")
    for name, target in {
        "dir": outside,
        "file": outside / "kept",
        "dead": tmp_path / "none",
        "self": Path("self"),
    }.items():
        (victim / name).symlink_to(target)
    before = tree(outside)
    wiper.remove_tree(victim)
    assert tree(outside) == before
    assert not victim.exists()


@with_links
def test_a_tablespace_behind_a_link_is_told_and_stays(database: Path, tmp_path: Path) -> None:
    (tmp_path / "space").mkdir()
    (database / "pg_tblspc/16384").symlink_to(tmp_path / "space")
    done = wiper.wipe(database, within=tmp_path)
    assert [(link.path.name, link.target) for link in done.links] == [("16384", str(tmp_path / "space"))]
    assert (tmp_path / "space").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="the modes and names of POSIX")
def test_odd_names_special_files_and_closed_folders_go_too(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    for name in (b"-rf", b"new\nline", b"\xff\xfe", b"*"):
        (victim / os.fsdecode(name)).touch()
    os.mkfifo(victim / "fifo")
    for mode in (0o500, 0o000):
        (victim / f"{mode:o}/inner").mkdir(parents=True)
        (victim / f"{mode:o}/file").touch()
        (victim / f"{mode:o}").chmod(mode)
    wiper.remove_tree(victim)
    assert not victim.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="READONLY is another thing: see tests/windows")
def test_a_hard_link_to_a_file_outside_keeps_content_and_mode(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "kept").chmod(0o444)
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/name").hardlink_to(tmp_path / "kept")
    wiper.remove_tree(tmp_path / "victim")
    assert ((tmp_path / "kept").read_text(), (tmp_path / "kept").stat().st_mode & 0o777) == ("kept", 0o444)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes by path, and has no such limit")
def test_depth_needs_few_descriptors(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - POSIX only

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for number in range(3000):
        os.mkdir("d" if number else "victim", dir_fd=descriptor)
        below = os.open("d" if number else "victim", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        wiper.remove_tree(tmp_path / "victim")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda _path: None, FileNotFoundError),
        (lambda path: path.touch(), NotADirectoryError),
        (lambda path: path.symlink_to(path.parent), OSError),
    ],
    ids=["missing", "file", "link"],
)
@pytest.mark.parametrize("ending", ["", "/"])
def test_remove_tree_raises_what_rmtree_raises(tmp_path: Path, make: object, expected: type, ending: str) -> None:
    assert callable(make)
    make(tmp_path / "x")
    with pytest.raises(expected):
        wiper.remove_tree(f"{tmp_path}/x{ending}")
    assert tmp_path.exists()


@pytest.mark.parametrize("path", [".", "..", "x/..", "x/.", "/", ""])
def test_remove_tree_takes_names_of_folders_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="not the name of a folder"):
        wiper.remove_tree(path)
    assert (tmp_path / "x").exists()


def test_remove_tree_takes_bytes(tmp_path: Path) -> None:
    (tmp_path / "x/y").mkdir(parents=True)
    wiper.remove_tree(os.fsencode(tmp_path / "x"))
    assert not (tmp_path / "x").exists()
