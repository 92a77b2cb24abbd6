"""The Nox sessions of this repository, run as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def nox(*words: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run Nox without virtual environments: what is installed here is what a session would install."""
    return subprocess.run(
        [sys.executable, "-m", "nox", "--no-venv", *words],
        cwd=ROOT,
        env={
            **os.environ,
            "NOX_ALEMBIC_HOME": str(home),
            "NOX_ALEMBIC_SPARE": "off",
            "NOX_ALEMBIC_ENGINE": "embedded",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_plain_nox_lists_the_sessions(tmp_path: Path) -> None:
    done = nox(home=tmp_path)
    assert done.returncode == 0
    for name in ("dev", "down", "reset", "migrate", "downgrade", "status", "logs", "test", "lint"):
        assert f"- {name} [" in done.stdout


def test_json_through_nox_is_all_that_is_on_stdout(tmp_path: Path) -> None:
    done = nox("-s", "status", "--", "--json", home=tmp_path)
    assert done.returncode == 1  # a finding, which is 3 without Nox
    assert json.loads(done.stdout)["findings"] == ["the database does not answer"]
    assert "environment dev on embedded" in done.stderr
