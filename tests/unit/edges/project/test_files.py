"""A file is replaced as a whole, and only while it is what it was."""

import os
import py_compile
from pathlib import Path

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.edges.project import files, head_file
from tests.unit.core.make import told


def test_the_content_is_replaced_and_the_mode_stays(tmp_path: Path) -> None:
    path = tmp_path / "b1.py"
    path.write_bytes(b"old\r\n")
    path.chmod(0o640)
    files.replace(path, b"old\r\n", b"new\r\n")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new\r\n", 0o640)
    assert [entry.name for entry in tmp_path.iterdir()] == ["b1.py"]


def test_a_file_that_another_program_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "b1.py"
    path.write_bytes(b"newer")
    for before in (b"old", None):
        with pytest.raises(FailedError) as error:
            files.replace(path, before, b"new")
        assert told(error) == (
            "NA433",
            f"{path} was changed by another program just now",
            "run the same command again: it looks anew",
        )
    assert path.read_bytes() == b"newer"


def test_python_does_not_take_the_new_file_for_the_old_one(tmp_path: Path) -> None:
    """Its cached bytecode is found by size and by time in whole seconds."""
    path = tmp_path / "b1.py"
    path.write_bytes(b"old")
    os.utime(path, (2e9, 2e9))
    cached = Path(py_compile.compile(str(path), doraise=True) or "")
    other = cached.with_name("b10.cpython-312.pyc")
    other.write_bytes(b"")
    files.replace(path, b"old", b"new")
    assert list(cached.parent.iterdir()) == [other]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/b1.py").write_bytes(b"old")
    (tmp_path / "b1.py").symlink_to(tmp_path / "real/b1.py")
    files.replace(tmp_path / "b1.py", b"old", b"new")
    assert ((tmp_path / "real/b1.py").read_bytes(), (tmp_path / "b1.py").is_symlink()) == (b"new", True)


def test_a_folder_that_is_not_there_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none/b1.py"
    with pytest.raises(FailedError) as error:
        files.replace(path, None, b"new")
    assert told(error) == (
        "NA433",
        f"{path} cannot be written: No such file or directory",
        "it is as it was: make it writable and run the command again",
    )


def test_the_head_file_is_made_and_changed(tmp_path: Path) -> None:
    assert head_file.read(tmp_path).text is None
    assert head_file.write(tmp_path, ["b2", "a1"]) == tmp_path / "head"
    head_file.write(tmp_path, ["c3"])
    assert head_file.read(tmp_path).text == "c3\n"
