"""The engine of the last time is remembered for each environment, and read back as it was written."""

from pathlib import Path

from nox_alembic.edges.home import last_engine


def test_what_was_written_is_read_and_nothing_is_known_before(tmp_path: Path) -> None:
    dev, test = tmp_path / "dev", tmp_path / "test"
    assert last_engine.read(dev) == ""
    last_engine.write(dev, "compose")
    last_engine.write(test, "embedded")
    assert (last_engine.read(dev), last_engine.read(test)) == ("compose", "embedded")


def test_the_same_engine_again_writes_nothing(tmp_path: Path) -> None:
    last_engine.write(tmp_path, "compose")
    before = (tmp_path / "engine").stat()
    last_engine.write(tmp_path, "compose")
    after = (tmp_path / "engine").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_a_newer_version_wrote_or_nobody_can_read_is_no_engine_that_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "engine").write_bytes(b"server\n")
    assert last_engine.read(tmp_path) == "server"
    (tmp_path / "engine").write_bytes(b"\xff\n")
    assert last_engine.read(tmp_path) == "\ufffd"
