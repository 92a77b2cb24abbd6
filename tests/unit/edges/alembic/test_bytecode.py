"""A revision file that was corrected at once runs as it is now, not as Python has cached it."""

import os
import py_compile
from pathlib import Path

from nox_alembic.edges.alembic.worker import bytecode


def test_bytecode_that_is_not_younger_than_its_file_goes(tmp_path: Path) -> None:
    kept = [_compiled(tmp_path / name, by) for name, by in (("older.py", -1), ("same.py", 0), ("younger.py", 1))]
    bytecode.forget_outdated([tmp_path, tmp_path / "none"])
    assert [cached.exists() for cached in kept] == [False, False, True]


def _compiled(source: Path, by: int) -> Path:
    """Return the bytecode of a file, younger than it by so many milliseconds."""
    source.write_text("")
    cached = Path(py_compile.compile(str(source), doraise=True) or "")
    now = source.stat().st_mtime_ns // 1000 * 1000
    os.utime(source, ns=(now, now))
    os.utime(cached, ns=(now, now + by * 1_000_000))
    return cached
