"""Windows, or a Windows Python under Wine: `nox -s test-windows`. Elsewhere there is nothing to collect here.

Never put a Unix symlink into a tree that one of these tests wipes: Wine deletes through it.
"""

import sys
from pathlib import Path

import pytest

from tests.wiper.places import make_database

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make_database(tmp_path / "volumes/db")
