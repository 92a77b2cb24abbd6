"""`python -m ddsurveys` and its seed, run as programs."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from nox_alembic.edges.system.ports import free_port
from tests.integration.ddsurveys.conftest import ROOT


def environment(url: URL, **variables: str) -> dict[str, str]:
    address = url.render_as_string(hide_password=False)
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "DATABASE_URL": address, **variables}


def run(url: URL, *words: str, **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        env=environment(url, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("reload", ["0", "1"])
def test_it_ends_at_once_on_a_database_that_is_not_initialised(url: URL, reload: str) -> None:
    assert run(url, "ddsurveys", RELOAD=reload) == (
        3,
        "",
        "ddsurveys: the database is not initialised: run `nox -s migrate`\n",
    )


def test_it_ends_at_once_on_a_database_that_is_not_at_head(url: URL, alembic_config: Config) -> None:
    command.upgrade(alembic_config, "3f1c9a7b2d64")
    assert run(url, "ddsurveys") == (
        3,
        "",
        "ddsurveys: the database is at 3f1c9a7b2d64 and the code needs a9f60d13e5c2: run `nox -s migrate`\n",
    )


def test_it_ends_at_once_without_a_database(url: URL) -> None:
    assert run(url.set(port=1), "ddsurveys") == (
        3,
        "",
        "ddsurveys: the database does not answer: start it with `nox -s dev`\n",
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL must be a PostgreSQL URL, not one of sqlite"),
        ({"DATABASE_URL": "postgresql://db:port/x"}, "DATABASE_URL is not a database URL"),
        (
            {"DATABASE_URL": "postgresql://db/x?colour=red"},
            "the database does not answer: start it with `nox -s dev`",
        ),
        ({"PORT": "http"}, "PORT must be a port number, not 'http'"),
    ],
)
def test_a_setting_that_is_wrong_is_named(url: URL, variables: dict[str, str], sentence: str) -> None:
    assert run(url, "ddsurveys", **variables) == (3, "", f"ddsurveys: {sentence}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM: the process is ended there")
@pytest.mark.parametrize("reload", ["0", "1"])
def test_it_serves_and_ends_soon_after_sigterm(url: URL, migrated: Config, reload: str) -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "ddsurveys"],
        env=environment(url, PORT=str(port), RELOAD=reload),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert _answers(f"http://127.0.0.1:{port}/health")
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=10)  # Compose kills what takes longer
    finally:
        server.kill()
        server.wait()


def _answers(url: str) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    return False


def test_the_seed_may_be_run_twice(url: URL, migrated: Config, engine: Engine) -> None:
    code, out, _ = run(url, "ddsurveys.seed")
    assert (code, out) == (0, "seeded 60 rows\n")
    assert run(url, "ddsurveys.seed") == (0, "nothing to seed: all rows are there\n", "")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM respondents")) == 20


def test_the_seed_leaves_the_numbering_ready_for_the_service(url: URL, migrated: Config, engine: Engine) -> None:
    run(url, "ddsurveys.seed")
    with engine.begin() as connection:
        statement = "INSERT INTO projects (researcher_id, name, short_name) VALUES (1, 'x', 'x') RETURNING id"
        assert connection.scalar(text(statement)) == 3


def test_seeded_data_goes_down_to_base(url: URL, migrated: Config) -> None:
    run(url, "ddsurveys.seed")
    command.downgrade(migrated, "base")
    command.upgrade(migrated, "head")
