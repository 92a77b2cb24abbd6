"""This repository's own environments on Compose: the backend that the tool is used on every day."""

import json
import secrets
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import containers, docker, starts
from tests.project import Project

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of this checkout under Compose project names of its own and on free ports."""
    folder = tmp_path_factory.mktemp("repository")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "clone" / name)
    pyproject = (folder / "clone/pyproject.toml").read_text(encoding="utf-8")
    names = [f"naa-{secrets.token_hex(4)}-{name}" for name in ("dev", "test")]
    dev = "[tool.nox-alembic.env.dev]\n"
    named = pyproject.replace(dev, f'{dev}compose-project = "{names[0]}"\n').replace('"dds-test"', f'"{names[1]}"')
    (folder / "clone/pyproject.toml").write_text(named, encoding="utf-8")
    variables = {"PROJECT": names[0], "DDS_DB_PORT": "0", "DDS_BACKEND_PORT": "0"}
    project = Project(folder / "clone", folder / "home", variables)
    project.variables["PYTHONPATH"] = str(project.root / "src")
    yield project
    for name in names:
        docker("compose", "-p", name, "down", "-v", "--remove-orphans", "-t", "0")


def health(project: Project, *words: str) -> object:
    url = project.good("status", "--json", *words).json["backend"]["url"]
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def post(project: Project, *words: str) -> int:
    """Add a researcher's project over HTTP and return the status code."""
    url = project.good("status", "--json", *words).json["backend"]["url"].replace("/health", "/projects")
    body = json.dumps({"researcher_id": 1, "name": "Mine", "short_name": "mine"}).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


def projects(project: Project, *words: str) -> list[str]:
    url = project.good("status", "--json", *words).json["backend"]["url"].replace("/health", "/projects")
    with urllib.request.urlopen(url, timeout=30) as answer:
        return [row["short_name"] for row in json.load(answer)]


def test_dev_and_test_run_side_by_side_and_reset_of_one_leaves_the_other_alone(repository: Project) -> None:
    since = time.time()
    repository.good("reset")
    assert starts(repository, "backend", since, time.time() + 1) == 1
    head = "a9f60d13e5c2"
    assert health(repository) == {"status": "ok", "revision": head, "head": head}
    repository.good("dev", "--env", "test")
    assert post(repository) == 201
    assert post(repository, "--env", "test") == 201
    repository.good("reset", "--yes", "--env", "test")
    assert projects(repository) == ["screen-time", "music-taste", "mine"]
    assert projects(repository, "--env", "test") == ["screen-time", "music-taste"]
    repository.good("down", "--env", "test")
    assert containers(repository) == ["backend running", "db running"]


def test_the_backend_notices_a_downgrade_and_is_well_after_migrate(repository: Project) -> None:
    repository.good("dev")
    repository.good("downgrade", "--yes", "--", "-3")
    status = repository.run("status", "--json").json
    assert (len(status["pending"]), status["backend"]["healthy"]) == (3, False)
    repository.good("migrate")
    assert repository.good("status", "--json").json["findings"] == []
