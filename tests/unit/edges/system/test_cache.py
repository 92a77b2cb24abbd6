"""Files that only save time: whatever is wrong with one, it counts as none."""

import sys
import threading
from pathlib import Path

import pytest

from nox_alembic.edges.system import cache


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "cache.json"
    cache.store(path, "things 1", {"a": ["ü", 1, None]})
    assert cache.load(path, "things 1") == {"a": ["ü", 1, None]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"garbage \xff\x00",
        b"nox-alembic things 1 00000000\n{}",
        b"nox-alembic things 2 a8c2b3d4\n{}",
        b"nox-alembic things 1",
    ],
)
def test_a_broken_or_foreign_file_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cache.json"
    path.write_bytes(content)
    assert cache.load(path, "things 1") is None


def test_a_changed_shortened_or_other_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    cache.store(path, "things 1", ["abc", "def"])
    whole = path.read_bytes()
    for content in (whole[:-1], whole.replace(b"abc", b"abd"), whole + b" "):
        path.write_bytes(content)
        assert cache.load(path, "things 1") is None
    path.write_bytes(whole)
    assert cache.load(path, "things 2") is None
    assert cache.load(tmp_path, "things 1") is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache.store(tmp_path / "file" / "cache.json", "things 1", [])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    cache.store(tmp_path / "cache.json", "things 1", [])
    assert (tmp_path / "cache.json").stat().st_mode & 0o777 == 0o600


def test_several_who_write_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    contents = [[str(writer)] * 2000 for writer in range(4)]
    cache.store(path, "things 1", contents[0])

    def write(content: list[str]) -> None:
        for _ in range(20):
            cache.store(path, "things 1", content)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert cache.load(path, "things 1") in contents
    assert [found.name for found in tmp_path.iterdir()] == ["cache.json"]
