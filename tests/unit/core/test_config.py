"""The table in pyproject.toml: what it may say, and what each mistake is answered with."""

from dataclasses import fields
from pathlib import PurePath
from typing import Any

import pytest

from nox_alembic.core.config import KEYS, Config, parse
from nox_alembic.core.errors import UsageError

ROOT = PurePath("/project")


def refusal(table: dict[str, Any], environment: str | None = None) -> tuple[str, str, str]:
    with pytest.raises(UsageError) as error:
        parse(table, root=ROOT, environment=environment)
    return error.value.id, error.value.message, error.value.hint


def test_nothing_is_required() -> None:
    assert parse({}, root=ROOT) == Config(root=ROOT, environment="dev", engine="auto")


def test_every_key_has_its_field() -> None:
    assert {key.replace("-", "_") for key in KEYS} == {entry.name for entry in fields(Config)} - {
        "root",
        "kept_as",
        "environment",
    }


def test_two_environments_do_not_share_a_data_folder() -> None:
    table = {"data": "volumes/db", "env": {"dev": {}, "test": {"data": "./volumes//db"}}}
    assert refusal(table) == (
        "NA015",
        'the environments "dev" and "test" have the same "data" folder, volumes/db',
        'set "data" in [tool.nox-alembic.env.test] of pyproject.toml to a folder of its own',
    )
    assert refusal({"data": "volumes/db", "env": {"dev": {}, "test": {}}}, "test")[0] == "NA015"
    assert parse({"data": "volumes/db", "env": {"test": {"data": "volumes/test"}}}, root=ROOT).data == "volumes/db"
    assert parse({"env": {"dev": {}, "test": {}}}, root=ROOT).data == ""


def test_the_home_is_no_data_folder() -> None:
    assert refusal({"data": "~/db"})[0] == "NA004"


def test_an_environment_overrides_what_the_table_says_for_all() -> None:
    table = {"seed": "python seed.py", "timeout": 5, "env": {"dev": {"timeout": 9}, "test": {}}}
    assert parse(table, root=ROOT).timeout == 9
    assert parse(table, root=ROOT, environment="test").timeout == 5
    assert parse(table, root=ROOT, environment="test").seed == ("python", "seed.py")


def test_the_default_environment_is_configurable() -> None:
    assert parse({"default-env": "work", "env": {"work": {}}}, root=ROOT).environment == "work"


def test_dev_needs_no_table_of_its_own() -> None:
    assert parse({"env": {"test": {}}}, root=ROOT, environment="dev").environment == "dev"


def test_a_command_is_split_as_a_shell_would_and_may_be_a_list() -> None:
    assert parse({"seed": "python -c 'print(1)'"}, root=ROOT).seed == ("python", "-c", "print(1)")
    assert parse({"seed": ["C:\\py.exe", "seed.py"]}, root=ROOT).seed == ("C:\\py.exe", "seed.py")


def test_a_size_has_a_unit_or_is_in_bytes() -> None:
    assert [parse({"undo-limit": size}, root=ROOT).undo_limit for size in ("1.5 GB", 7, 0)] == [1_500_000_000, 7, 0]


def test_an_unknown_environment_names_the_nearest_one() -> None:
    assert refusal({"env": {"test": {}}}, "tset") == (
        "NA002",
        'there is no environment "tset" in pyproject.toml. Did you mean "test"?',
        "the environments are: dev, test",
    )


def test_a_misspelt_key_names_the_nearest_one() -> None:
    assert refusal({"env": {"dev": {"databse-service": "db"}}})[:2] == (
        "NA003",
        (
            'the key "databse-service" in [tool.nox-alembic.env.dev] of pyproject.toml is not known.'
            ' Did you mean "database-service"?'
        ),
    )


def test_a_key_that_is_near_to_nothing_lists_them_all() -> None:
    id_, message, hint = refusal({"zzz": 1})
    assert (id_, message) == ("NA003", 'the key "zzz" in [tool.nox-alembic] of pyproject.toml is not known.')
    assert hint.startswith("the keys are: alembic, alembic-folder, alembic-in, ")


def test_a_mistake_in_an_environment_that_is_not_used_is_found_too() -> None:
    assert refusal({"env": {"test": {"enginee": "auto"}}}, "dev")[0] == "NA003"


@pytest.mark.parametrize(
    ("text", "name", "nearest"),
    [("{prot}", "prot", ' Did you mean "port"?'), ("{port:d}", "port:d", ' Did you mean "port"?'), ("{}", "", ""),
     ("{host.x}", "host.x", ' Did you mean "host"?'), ("{zzz}", "zzz", "")],
)  # fmt: skip
def test_a_placeholder_that_is_none_names_the_nearest_one(text: str, name: str, nearest: str) -> None:
    assert refusal({"alembic-variables": {"A": f"{{host}}-{text}"}}) == (
        "NA004",
        f'the placeholder "{{{name}}}" of "alembic-variables.A" in [tool.nox-alembic] is not known.{nearest}',
        "the placeholders are: {host}, {port}, {user}, {password}, {database}, {url}; any other brace is doubled",
    )


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("engine", "podman", 'one of "auto", "compose", "embedded"'),
        ("compose-files", "compose.yml", "a list of strings"),
        ("compose-files", [1], "a list of strings"),
        ("variables", {"A": 1}, "a string"),
        ("variables", "A=1", "a table"),
        ("alembic-variables", {"A": 1}, "a string"),
        ("alembic-variables", {"A": "{port"}, "a string in which a brace that is no placeholder's is doubled"),
        ("database-port", "5432", "a port number, 0 for any free one"),
        ("database-port", True, "a port number, 0 for any free one"),
        ("backend-port", 70000, "a port number, 0 for any free one"),
        ("protected", "yes", "true or false"),
        ("timeout", 0, "a whole number of seconds"),
        ("undo-limit", "2 gigs", 'a size such as "2 GB", 0 to keep nothing'),
        ("undo-limit", -1, 'a size such as "2 GB", 0 to keep nothing'),
        ("undo-limit", True, 'a size such as "2 GB", 0 to keep nothing'),
        ("seed", "python 'seed", "a command (No closing quotation)"),
        ("alembic", 3, "a string"),
        ("env", [], "a table"),
    ],
)
def test_a_wrong_type_names_the_key_and_what_it_must_be(key: str, value: object, wanted: str) -> None:
    id_, message, _ = refusal({key: value})
    assert id_ == "NA004"
    assert f"must be {wanted}, not " in message
    assert f'"{key}' in message
