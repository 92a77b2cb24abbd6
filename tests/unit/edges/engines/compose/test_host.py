"""Whether there is any Docker, and which daemon is meant."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from nox_alembic.core.daemons import USUAL, Meant
from nox_alembic.core.errors import PreconditionError
from nox_alembic.edges.engines.compose import host
from tests.unit.core.make import told

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files as sockets, and shell scripts")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of Docker's own settings; the SDK reads it from the environment of this process."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "settings"))
    (tmp_path / "settings").mkdir()
    return tmp_path / "settings"


def context(settings: Path, name: str, address: str) -> None:
    meta = settings / "contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    endpoints = {"docker": {"Host": address, "SkipTLSVerify": False}}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoints}))


def refusal(environ: dict[str, str]) -> tuple[str, str, str]:
    with pytest.raises(PreconditionError) as error:
        host.meant(environ)
    return told(error)


def test_docker_is_there_by_its_program_a_variable_or_a_socket(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o755)
    assert host.is_there({"PATH": str(tmp_path)})
    for variable in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        assert host.is_there({"PATH": "/nonexistent", variable: "x"})
    nowhere = {"PATH": "/nonexistent", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert host.is_there(nowhere) == Path("/var/run/docker.sock").exists()
    (tmp_path / "docker.sock").touch()
    assert host.is_there(nowhere)


def test_the_daemon_that_is_meant_is_that_of_docker_itself(settings: Path) -> None:
    environ = {"DOCKER_CONFIG": str(settings)}
    assert host.meant(environ) == Meant(address=USUAL)
    context(settings, "far", "tcp://far:1")
    context(settings, "near", "unix:///near.sock")
    (settings / "config.json").write_text('{"currentContext": "far"}')
    assert host.meant(environ) == Meant(address="tcp://far:1", named_by='the context "far"')
    environ["DOCKER_CONTEXT"] = "near"
    assert host.meant(environ) == Meant(address="unix:///near.sock", named_by='the context "near"')
    assert host.meant({**environ, "DOCKER_CONTEXT": "default"}) == Meant(address=USUAL)
    environ["DOCKER_HOST"] = "unix:///mine.sock"
    assert host.meant(environ) == Meant(address="unix:///mine.sock", named_by="DOCKER_HOST")


def test_a_context_that_is_gone_is_no_other_daemon(settings: Path) -> None:
    (settings / "config.json").write_text('{"currentContext": "gone"}')
    environ = {"DOCKER_CONFIG": str(settings), "PATH": "/nonexistent"}
    text = f'the Docker context "gone", which {settings / "config.json"} names, does not exist'
    assert refusal(environ)[:2] == ("NA101", text)
    context(settings, "gone", "unix:///near.sock")
    (next((settings / "contexts/meta").iterdir()) / "meta.json").write_text("{")
    assert refusal({**environ, "DOCKER_CONTEXT": "gone"})[1].startswith(
        'the Docker context "gone", which DOCKER_CONTEXT names, cannot be read: Detected corrupted meta file'
    )
