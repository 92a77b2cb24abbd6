"""A file of ours is written as a whole or not at all, and what goes wrong names it."""

import os
from pathlib import Path

import pytest

from nox_alembic.core.copies.undo import UndoLog
from nox_alembic.core.errors import FailedError
from nox_alembic.edges.home import undo_log
from nox_alembic.edges.home.folders import write_private

FULL = os.strerror(28)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that has room for a name, and for nothing in it."""

    def no_room(_: int) -> None:
        raise OSError(28, FULL)

    monkeypatch.setattr(os, "fsync", no_room)


def test_a_full_disk_leaves_the_file_as_it_was_and_names_it(tmp_path: Path, full: None) -> None:
    path = tmp_path / "state.json"
    path.write_text("before")
    with pytest.raises(OSError, match=r"state\.json") as error:
        write_private(path, "after")
    assert (error.value.errno, error.value.filename) == (28, str(path))
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]
    assert path.read_text() == "before"


def test_a_journal_that_cannot_be_written_stops_what_it_was_to_name(tmp_path: Path, full: None) -> None:
    path = tmp_path / "undo.json"
    with pytest.raises(FailedError) as error:
        undo_log.write(path, UndoLog())
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA639",
        f"the undo log cannot be written to {path}: {FULL}; no data is lost",
        "make room there, or see who may write there; `nox -s dev` starts what is down",
    )
