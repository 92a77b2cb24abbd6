"""What a full disk does to the settings of a server."""

import os
from pathlib import Path

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.edges.engines.embedded.programs import Programs
from nox_alembic.edges.engines.embedded.server import Server


def test_settings_that_cannot_be_written_stay_as_they_were_and_the_server_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "postgresql.auto.conf"
    settings.write_text("work_mem = '4MB'\n")

    def no_room(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", no_room)
    server = Server(programs=Programs(tmp_path, {}), data=tmp_path, logs=tmp_path / "log")
    with pytest.raises(FailedError) as error:
        server.start({"port": "5432"})
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA125",
        f"the PostgreSQL server on {tmp_path} did not start",
        "make room if the disk is full, then `nox -s dev`; `nox -s reset` starts afresh, keeping this data",
    )
    assert error.value.detail == f"[Errno 28] {os.strerror(28)}: '{settings}'"
    assert settings.read_text() == "work_mem = '4MB'\n"
    assert [path.name for path in tmp_path.iterdir()] == [settings.name]
