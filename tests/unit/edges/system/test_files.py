"""A file of ours is written as a whole or not at all, and what goes wrong names it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nox_alembic.core.copies.undo import UndoLog
from nox_alembic.core.errors import FailedError
from nox_alembic.edges.home import revision_copies, undo_log
from nox_alembic.edges.system.files import has_content, make_folder, measure, open_private, read_toml, write_private

FULL = os.strerror(28)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that has room for a name, and for nothing in it."""

    def no_room(_: int) -> None:
        raise OSError(28, FULL)

    monkeypatch.setattr(os, "fsync", no_room)


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    for content in ("a\r\nü\n", b"\x00\r\n\xff"):
        write_private(tmp_path / "new" / "file", content)
        assert (tmp_path / "new" / "file").read_bytes() == (content if isinstance(content, bytes) else content.encode())


def test_a_full_disk_leaves_the_file_as_it_was_and_names_it(tmp_path: Path, full: None) -> None:
    path = tmp_path / "state.json"
    path.write_text("before")
    with pytest.raises(OSError, match=r"state\.json") as error:
        write_private(path, "after")
    assert (error.value.errno, error.value.filename) == (28, str(path))
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]
    assert path.read_text() == "before"


def test_an_undo_log_that_cannot_be_written_stops_what_it_was_to_name(tmp_path: Path, full: None) -> None:
    path = tmp_path / "undo.json"
    with pytest.raises(FailedError) as error:
        undo_log.write(path, UndoLog())
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA639",
        f"the undo log cannot be written to {path}: {FULL}; no data is lost",
        "make room there, or see who may write there; `nox -s dev` starts what is down",
    )


def test_a_revision_copy_is_kept_as_a_whole_or_not_at_all(tmp_path: Path, full: None) -> None:
    (tmp_path / "x1.py").write_text("revision = 'x1'\n")
    with pytest.raises(OSError, match=FULL):
        revision_copies.keep(tmp_path / "copies", tmp_path / "x1.py")
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_folder_has_content_when_there_is_something_to_lose(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    assert has_content(tmp_path)
    assert has_content(tmp_path / "file")  # what cannot be listed may be something
    assert not has_content(tmp_path / "empty")
    assert not has_content(tmp_path / "missing")


def test_the_bytes_of_a_folder_are_counted_and_the_word_changes_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    before = measure(tmp_path)
    (tmp_path / "below" / "file").write_bytes(b"12345")
    size, word = measure(tmp_path)
    assert before[0] is not None
    assert (size, word != before[1]) == (before[0] + 5, True)
    assert measure(tmp_path / "missing") == (None, "")


@pytest.fixture
def umask_000() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.skipif(sys.platform == "win32", reason="there the folder around it says who may")
def test_what_is_made_is_for_its_user_alone_whatever_the_umask(tmp_path: Path, umask_000: None) -> None:
    write_private(tmp_path / "a" / "b" / "file", "")
    with open_private(tmp_path / "log", "ab") as file:
        file.write(b"a line\n")
    make_folder(tmp_path / "data" / "db", 0o755)
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/file", "log")] == [0o700, 0o700, 0o600, 0o600]
    assert [mode(tmp_path / name) for name in ("data", "data/db")] == [0o755, 0o755]


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    before = tmp_path.stat().st_mode
    make_folder(tmp_path, 0o700)
    assert tmp_path.stat().st_mode == before


def test_toml_is_parsed_once_for_each_version_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("a = 1\n")
    first = read_toml(path)
    assert first == {"a": 1}
    assert read_toml(path) is first
    path.write_text("a = 12\n")
    assert read_toml(path) == {"a": 12}
    path.unlink()
    with pytest.raises(FileNotFoundError):
        read_toml(path)
