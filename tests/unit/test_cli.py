"""The words of the command line: help, mistakes, consent, and what `--help` must not import."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from nox_alembic import cli
from nox_alembic.core.verbs import VERBS

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Run words and return exit code, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.run(words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_verbs_are_listed_in_an_order_that_has_them_all() -> None:
    assert sorted(all_verbs(cli.nox_alembic)) == sorted(set(VERBS) - {"snapshot"})
    assert cli.nox_alembic.list_commands(click.Context(cli.nox_alembic)) == [name for name in VERBS if " " not in name]


def test_every_recipe_is_a_verb_with_help(told: Told) -> None:
    _, out, _ = told("--help")
    for verb in VERBS:
        assert f"\n  {verb.split()[0]} " in out


def test_a_verb_has_the_names_that_other_tools_have_for_it(told: Told) -> None:
    aliases = [alias for verb in VERBS.values() for alias in verb.aliases]
    assert aliases == ["up", "start", "stop", "upgrade", "current"]
    for verb in VERBS.values():
        for alias in verb.aliases:
            code, out, _ = told(alias, "--help")
            assert (code, out.splitlines()[2].strip()) == (0, told(verb.name, "--help")[1].splitlines()[2].strip())


def all_verbs(group: click.Group) -> list[str]:
    """Return every verb, those of a family by both of their words."""
    found = group.commands.items()
    return [
        word
        for name, command in found
        for word in ([f"{name} {more}" for more in all_verbs(command)] if isinstance(command, click.Group) else [name])
    ]


@pytest.mark.parametrize("verb", all_verbs(cli.nox_alembic))
def test_every_verb_explains_itself_and_takes_the_shared_options(told: Told, verb: str) -> None:
    code, out, _ = told(*verb.split(), "--help")
    assert code == 0
    for option in ("--project", "--env", "--json", "--dry-run", "--yes", "--verbose"):
        assert option in out


def test_the_version_is_one_line(told: Told) -> None:
    assert told("--version")[:2] == (0, "nox-alembic, version 0.1.0\n")


def test_a_mistyped_verb_names_the_nearest(told: Told) -> None:
    verbs = ", ".join(name for name in VERBS if " " not in name)
    message = f'error NA006: there is no verb "rest". Did you mean "reset"? The verbs are: {verbs}\n'
    assert told("rest") == (2, "", f"{message}hint: `nox-alembic --help` shows the usage\n")


def test_a_mistyped_option_names_the_nearest(told: Told) -> None:
    code, _, err = told("reset", "--dryrun")
    assert code == 2
    assert err.startswith("error NA006: No such option '--dryrun'.")
    assert "--dry-run" in err
    assert err.endswith("hint: `nox-alembic reset --help` shows the usage\n")


def test_a_mistake_is_json_where_json_is_asked_for(told: Told) -> None:
    code, out, _ = told("rest", "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["verb"], document["error"]["id"]) == (2, False, "rest", "NA006")


def test_no_project_is_an_error_with_its_cure(told: Told, empty: Path) -> None:
    message = f"no project found in {empty} or above it: there is no alembic.ini and no [tool.alembic]"
    hint = "change into the project, or name it with `--project DIR`"
    assert told("status") == (2, "", f"error NA001: {message}\nhint: {hint}\n")


def test_json_is_one_object_also_on_failure(told: Told, empty: Path) -> None:
    code, out, _ = told("reset", "--json", "--yes")
    document = json.loads(out)
    assert code == 2
    assert document["error"] == {
        "id": "NA001",
        "message": f"no project found in {empty} or above it: there is no alembic.ini and no [tool.alembic]",
        "hint": "change into the project, or name it with `--project DIR`",
    }
    assert set(document) == {"ok", "verb", "environment", "engine", "steps", "seconds", "error"}


def test_help_imports_nothing_that_takes_long() -> None:
    """Docker's SDK, SQLAlchemy and Alembic cost a second that completion and `--help` do not have."""
    script = (
        "import sys; from nox_alembic import cli; cli.run(['reset', '--help']);"
        "print([m for m in ('docker', 'sqlalchemy', 'alembic', 'psycopg2', 'rich', 'psutil') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
