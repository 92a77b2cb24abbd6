"""The wiper on a real disk: a folder that looks like a database, in a folder that looks like a project's."""

from pathlib import Path

import pytest

from tests.wiper.places import make_database


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make_database(tmp_path / "volumes/db")
