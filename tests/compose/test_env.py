"""What `env` prints leads Docker Compose to the project from any folder."""

import json
import subprocess
from pathlib import Path

from tests.compose.conftest import MakeProject

VALUES = {"A": "plain", "B": "a b", "C": "it's", "D": 'a "$b" \\ c', "E": "$HOME", "F": "", "G": "it's\n$two"}


def test_compose_finds_the_project_and_reads_each_value_as_it_is(
    make_compose_project: MakeProject, tmp_path: Path
) -> None:
    written = ", ".join(f"{name} = {json.dumps(value)}" for name, value in VALUES.items())
    project = make_compose_project(f"variables = {{ {written} }}")

    def compose(*words: str, **variables: str) -> str:
        environ = {**project.environ, **variables}
        command = ["docker", "compose", *words]
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True).stdout

    ran = project.run("env")
    assert (ran.code, "error NA202: the compose database has no port yet" in ran.err) == (4, True)
    project.good("dev")
    variables = json.loads(project.good("env", "--format", "json").out)
    assert variables["COMPOSE_PROJECT_NAME"] == project.variables["PROJECT"]
    assert "db" in compose("ps", "--services", **variables).split()

    (tmp_path / "it.env").write_text(project.good("env").out, encoding="utf-8")
    seen = ", ".join(f"{name}: '${{{name}}}'" for name in VALUES)
    (tmp_path / "other.yml").write_text(f"services: {{one: {{image: one, environment: {{{seen}}}}}}}\n")
    words = ("--env-file", "it.env", "-f", "other.yml", "-p", "other", "config", "--format", "json")
    found = json.loads(compose(*words))["services"]["one"]["environment"]
    # Compose doubles each dollar of what it prints.
    assert {name: value.replace("$$", "$") for name, value in found.items()} == VALUES


def test_what_another_clone_has_started_is_not_shown(make_compose_project: MakeProject) -> None:
    first = make_compose_project()
    second = make_compose_project(name=first.variables["PROJECT"])
    first.good("dev")
    ran = second.run("env")
    assert (ran.code, ran.out) == (5, "")
    assert f"error NA112: the Compose project is in use by another clone, in {first.root}" in ran.err
