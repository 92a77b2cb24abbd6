"""Snapshots on disk, with small programs in the place of pg_dump and pg_restore."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nox_alembic.core.copies.snapshots import Damaged, Shelf, Snapshot
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.edges.home import snapshots
from nox_alembic.edges.home.snapshots import MAGIC
from nox_alembic.edges.system import process
from nox_alembic.edges.system.invocation import Invocation
from tests.unit.core.make import SAVED, told

DRAFT = replace(SAVED, size=0, dump_size=0, sha256="")
DUMP = "import sys; [sys.stdout.buffer.write(b'PGDMP' + bytes(995)) for _ in range(3000)]"
EAT = "import sys; sys.exit(len(sys.stdin.buffer.read()) != 3_000_000)"
OTHER, SHORT = bytes.fromhex("28b52ffd2005290000") + b"other", bytes.fromhex("28b52ffd2005290000") + MAGIC


def program(script: str) -> Invocation:
    return Invocation((sys.executable, "-c", script), os.environ)


def saved(folder: Path, script: str = DUMP) -> Snapshot:
    return snapshots.save(folder, DRAFT, program(script), lambda _: None)


def load(folder: Path, snapshot: Snapshot, script: str = EAT) -> None:
    snapshots.load(folder, snapshot, program(script), lambda _: None)


def refusal(act: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(NoxAlembicError) as error:
        act()
    return told(error)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


def test_a_dump_comes_back_byte_by_byte_and_each_piece_is_told(folder: Path) -> None:
    counted: list[int] = []
    snapshot = snapshots.save(folder, DRAFT, program(DUMP), counted.append)
    assert (snapshot.dump_size, sum(counted)) == (3_000_000, 3_000_000)
    assert max(counted) <= process.PIECE
    assert snapshots.read_shelf(folder, "dev") == Shelf((snapshot,))
    snapshots.check(folder, snapshot, lambda _: None)
    load(folder, snapshot)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_read_it(folder: Path) -> None:
    saved(folder)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder / "before-rooms").iterdir()}
    assert modes == {"dump.zst": 0o600, "snapshot.json": 0o600}
    assert (folder / "before-rooms").stat().st_mode & 0o777 == 0o700


def test_a_dump_that_fails_leaves_nothing(folder: Path) -> None:
    script = "import sys; print('PGDMP'); sys.exit('no right to read t1')"
    with pytest.raises(NoxAlembicError) as error:
        saved(folder, script)
    assert told(error) == ("NA609", "pg_dump ended with 1, and there is no snapshot", "see what it says above")
    assert error.value.detail == "no right to read t1"
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    folder.write_text("a file")
    assert refusal(lambda: saved(folder)) == (
        "NA607",
        f"{folder} cannot be written: File exists",
        "make room, `nox -s snapshot -- prune --keep 3` for one, or see who may write there",
    )


def test_several_jobs_get_a_file_of_their_own_that_is_gone_afterwards(folder: Path) -> None:
    snapshot = saved(folder)
    script = "import os, sys; sys.exit(sys.argv[1] != '--jobs=4' or os.path.getsize(sys.argv[2]) != 3_000_000)"
    snapshots.load(folder, snapshot, program(script), lambda _: None, jobs=4)
    with pytest.raises(NoxAlembicError) as error:
        snapshots.load(folder, snapshot, program("import sys; sys.exit(2)"), lambda _: None, jobs=4)
    assert told(error)[0] == "NA610"
    other = replace(snapshot, sha256="00")
    assert refusal(lambda: snapshots.load(folder, other, program(script), lambda _: None, jobs=4))[0] == "NA608"
    assert [path.name for path in folder.iterdir()] == ["before-rooms"]


def test_there_is_room_while_as_much_would_still_be_free(folder: Path) -> None:
    folder.mkdir()
    free = shutil.disk_usage(folder).free
    assert snapshots.has_room(folder, 0)
    assert not snapshots.has_room(folder, free)


def test_a_restore_that_would_fill_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 69_000_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert refusal(lambda: snapshots.require_room(SAVED, tmp_path)) == (
        "NA616",
        f'to restore the snapshot "before-rooms" takes about 69.8 MB, and 69.0 MB are free in {tmp_path}',
        "make room there; nothing was changed",
    )


def test_where_the_disk_cannot_be_looked_at_a_restore_is_tried(tmp_path: Path) -> None:
    snapshots.require_room(SAVED, tmp_path / "gone")


def test_a_restore_that_fails_is_told_in_its_own_words(folder: Path) -> None:
    snapshot = saved(folder)
    with pytest.raises(NoxAlembicError) as error:
        load(folder, snapshot, "import sys; sys.stdin.buffer.read(10); sys.exit('role x does not exist')")
    assert told(error) == (
        "NA610",
        'pg_restore ended with 1 on the snapshot "before-rooms"; the database is as it was',
        "see what it says above",
    )
    assert error.value.detail == "role x does not exist"


@pytest.mark.parametrize(
    ("start", "end", "cause"),
    [
        (b"", -1, "{path} is not one whole zstd frame"),
        (b"", 0, "{path} is not one whole zstd frame"),
        (b"not zstd at all", 0, "{path}: Unable to decompress Zstandard data: Unknown frame descriptor"),
        (OTHER, 0, "{path} holds no dump of pg_dump"),
        (SHORT, 0, "the dump in {path} has 5 bytes, and was saved with 3000000"),
        (SHORT, None, "{path} is not one whole zstd frame"),
    ],
)
def test_a_broken_file_is_refused_even_where_its_sidecar_was_mended(
    folder: Path, start: bytes, end: int | None, cause: str
) -> None:
    snapshot = saved(folder)
    path = folder / "before-rooms/dump.zst"
    data = start + path.read_bytes()[:end]
    path.write_bytes(data)
    mended = replace(snapshot, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    (folder / "before-rooms/snapshot.json").write_text(json.dumps(mended.as_json()))
    assert snapshots.read_shelf(folder, "dev").snapshots == (mended,)
    expected = (
        "NA608",
        f'the snapshot "before-rooms" is damaged, and nothing was changed: {cause.format(path=path)}',
        "`nox -s snapshot -- list` shows the others",
    )
    assert refusal(lambda: snapshots.check(folder, mended, lambda _: None)) == expected
    assert refusal(lambda: load(folder, mended)) == expected


def test_another_file_of_the_same_size_is_told_by_its_digest(folder: Path) -> None:
    snapshot = saved(folder)
    path = folder / "before-rooms/dump.zst"
    other = replace(snapshot, sha256="00")
    cause = f"the SHA-256 of {path} is not that of its sidecar"
    assert refusal(lambda: snapshots.check(folder, other, lambda _: None))[1].endswith(cause)


def test_damage_that_shows_without_reading_the_file_is_on_the_shelf(folder: Path) -> None:
    snapshot = saved(folder)
    for name in ("cut", "blind", "empty", "alien"):
        shutil.copytree(folder / "before-rooms", folder / name)
        sidecar = {**snapshot.as_json(), "name": name, "environment": "test" if name == "alien" else "dev"}
        (folder / name / "snapshot.json").write_text(json.dumps(sidecar))
    (folder / "cut/dump.zst").write_bytes(b"x")
    (folder / "blind/snapshot.json").write_text("")
    (folder / "empty/dump.zst").unlink()
    shelf = snapshots.read_shelf(folder, "dev")
    assert shelf.snapshots == (snapshot,)
    assert shelf.damaged == (
        Damaged("alien", f'{folder}/alien/snapshot.json: its environment is "test", not "dev"'),
        Damaged(
            "blind",
            f"{folder}/blind/snapshot.json: Expecting value: line 1 column 1 (char 0)",
        ),
        Damaged("cut", f"{folder}/cut/dump.zst has 1 bytes, and was saved with {snapshot.size}"),
        Damaged("empty", f"there is no dump.zst in {folder}/empty"),
    )


def test_what_is_unfinished_is_no_snapshot_and_is_cleared_and_nothing_else_is(folder: Path) -> None:
    snapshot = saved(folder)
    for name in (".x.01234567.partial", ".before-rooms.0a1b2c3d.gone", ".x.partial", ".git", "notes"):
        (folder / name).mkdir()
        (folder / name / "file").touch()
    shelf = snapshots.read_shelf(folder, "dev")
    assert (shelf.snapshots, sorted(shelf.leftovers)) == (
        (snapshot,),
        [".before-rooms.0a1b2c3d.gone", ".x.01234567.partial"],
    )
    snapshots.clear(folder)
    assert sorted(path.name for path in folder.iterdir()) == [".git", ".x.partial", "before-rooms", "notes"]


def test_a_snapshot_is_deleted_as_a_whole(folder: Path) -> None:
    saved(folder)
    snapshots.delete(folder, "before-rooms")
    assert list(folder.iterdir()) == []
    assert snapshots.read_shelf(folder, "dev") == Shelf()
