"""What Wine is not faithful in: the error or the reparse tag is injected at the os call. No kernel is shown here."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from nox_alembic.edges import wiper

assert sys.platform == "win32"

Call = Callable[..., object]


def failing(call: Call, winerror: int, times: int, only: str = "") -> Call:
    """Let a call fail some times with an error of Windows, for paths that contain `only`."""
    left = [times]

    def act(path: str, *rest: object, **named: object) -> object:
        if only in str(path) and left[0]:
            left[0] -= 1
            raise OSError(0, "injected", path, winerror)
        return call(path, *rest, **named)

    return act


def noting(call: Call, paths: list[str]) -> Call:
    """Let a call note the paths that it gets."""

    def act(path: str) -> object:
        paths.append(str(path))
        return call(path)

    return act


@pytest.mark.parametrize("winerror", [5, 32, 33, 303, 1224])
def test_what_passes_is_tried_again(database: Path, monkeypatch: pytest.MonkeyPatch, winerror: int) -> None:
    monkeypatch.setattr(os, "unlink", failing(os.unlink, winerror, 3))
    wiper.remove_tree(database)
    assert not database.exists()


def test_what_does_not_pass_is_an_error_at_once(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "unlink", failing(os.unlink, 1117, 1))  # a device error
    with pytest.raises(OSError, match="injected") as error:
        wiper.remove_tree(database)
    assert error.value.winerror == 1117


def test_a_read_only_folder_loses_the_attribute(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Wine the attribute does not stick to a folder."""
    real = os.lstat
    cleared: list[str] = []

    def lstat(path: str) -> object:
        status = real(path)
        if str(path).endswith("global") and not cleared:
            return SimpleNamespace(
                st_mode=status.st_mode, st_reparse_tag=0, st_file_attributes=stat.FILE_ATTRIBUTE_READONLY, st_mtime=0.0
            )
        return status

    monkeypatch.setattr(os, "lstat", lstat)
    monkeypatch.setattr(os, "rmdir", failing(os.rmdir, 5, 1, only="global"))
    monkeypatch.setattr(os, "chmod", lambda path, _mode: cleared.append(path))
    wiper.remove_tree(database)
    assert [path.rpartition("\\")[2] for path in cleared] == ["global"]
    assert not database.exists()


@pytest.mark.parametrize("winerror", [5, 17, 32])
def test_a_folder_with_an_open_child_cannot_be_renamed_and_is_emptied_in_place(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    """Wine renames it all the same."""
    monkeypatch.setattr(os, "rename", failing(os.rename, winerror, 1))
    order: list[str] = []
    done = wiper.set_aside(database, within=tmp_path, on_event=lambda point, name: order.append(f"{point} {name}"))
    assert (done.in_place, list(database.iterdir())) == (True, [])
    assert order[1] == "PG_VERSION db"


@pytest.mark.parametrize("tag", [0xA0000003, 0xA000000C, 0x9000001A], ids=["junction", "symbolic link", "cloud drive"])
def test_what_has_a_reparse_tag_is_removed_and_not_walked(
    database: Path, monkeypatch: pytest.MonkeyPatch, tag: int
) -> None:
    """Wine makes neither junctions nor links: a folder is given the tag, and must be removed without a look inside."""
    real, removed = os.lstat, []
    link = database / "pg_wal"

    def lstat(path: str) -> object:
        status = real(path)
        if str(path).endswith("pg_wal"):
            attributes = stat.FILE_ATTRIBUTE_DIRECTORY | stat.FILE_ATTRIBUTE_REPARSE_POINT
            return SimpleNamespace(
                st_mode=status.st_mode, st_reparse_tag=tag, st_file_attributes=attributes, st_mtime=0.0
            )
        return status

    def rmdir(path: str, call: Call = os.rmdir) -> object:
        removed.append(str(path))
        return call(path)

    scanned: list[str] = []
    monkeypatch.setattr(os, "lstat", lstat)
    monkeypatch.setattr(os, "rmdir", rmdir)
    monkeypatch.setattr(os, "listdir", noting(os.listdir, scanned))
    wiper.remove_tree(database)
    assert f"\\\\?\\{link}" in removed
    assert not any(path.endswith("pg_wal") for path in scanned)


def test_all_calls_get_paths_that_have_no_limit(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wine has no limit of 260 characters."""
    paths: list[str] = []
    for name in ("unlink", "rmdir", "listdir"):
        monkeypatch.setattr(os, name, noting(getattr(os, name), paths))
    wiper.remove_tree(database)
    assert [path for path in paths if not path.startswith("\\\\?\\")] == []
    assert len(paths) > 10
