"""A page is written where the user wants it, or the reason is told."""

from pathlib import Path

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.edges.project import pages
from tests.unit.core.make import told


def test_a_page_replaces_the_one_that_is_there(tmp_path: Path) -> None:
    pages.write(tmp_path / "history.html", "old\n")
    pages.write(tmp_path / "history.html", "größer\n")
    assert (tmp_path / "history.html").read_bytes() == "größer\n".encode()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FailedError) as error:
        pages.write(tmp_path / "nowhere/history.html", "")
    message = f"the page cannot be written to {tmp_path / 'nowhere/history.html'}: No such file or directory"
    assert told(error) == ("NA420", message, "name a file in a folder that you may write to")
