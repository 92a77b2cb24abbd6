"""Which engine an environment runs on: the rule of `auto`, what is said, and what is refused."""

from typing import Any

import pytest

from nox_alembic.core import engines
from nox_alembic.core.engines import Choice, ComposeFiles, Wanted, choose, wanted
from nox_alembic.core.errors import PreconditionError, UsageError
from tests.unit.core.make import ROOT, told

FILES = ComposeFiles(names=("compose.yml",))
NONE = ComposeFiles()
ABOVE = ComposeFiles(above="../../compose.yml")
AUTO = Wanted("auto")
OR_EMBEDDED = (
    '`--engine embedded`, or `engine = "embedded"` in [tool.nox-alembic], takes another database without Docker'
)


def chosen(
    engine: Wanted = AUTO, *, last: str = "", files: ComposeFiles = FILES, docker: bool = True
) -> Choice | tuple[str, str, str]:
    try:
        return choose(engine, last=last, files=files, docker=docker, root=ROOT)
    except PreconditionError as error:
        return error.id, error.message, error.hint


def test_the_option_comes_first_then_the_variable_then_the_configuration() -> None:
    assert wanted("compose", "embedded", "auto") == Wanted("compose", "as `--engine` says")
    assert wanted(None, "embedded", "compose") == Wanted("embedded", "as NOX_ALEMBIC_ENGINE says")
    assert wanted(None, "", "compose") == Wanted("compose", "as configured")
    with pytest.raises(UsageError) as error:
        wanted(None, "Compose", "auto")
    possible = '"auto", "compose", "embedded"'
    assert told(error) == (
        "NA004",
        f'the environment variable NOX_ALEMBIC_ENGINE must be one of {possible}, not "Compose"',
        "correct or unset NOX_ALEMBIC_ENGINE",
    )


def test_auto_is_compose_where_there_is_a_compose_file_and_any_docker() -> None:
    assert chosen() == Choice("compose", "there is a Compose file")


def test_auto_is_embedded_where_there_is_no_compose_file() -> None:
    for docker in (True, False):
        assert chosen(files=NONE, docker=docker) == Choice("embedded", "there is no Compose file")


@pytest.mark.parametrize(("files", "name"), [(FILES, "compose.yml"), (ABOVE, "../../compose.yml")])
def test_a_compose_file_without_any_docker_is_embedded_and_said_loudly(files: ComposeFiles, name: str) -> None:
    missing = "no Docker on this machine, neither a program `docker` nor the socket of a daemon"
    what = "the environment runs on the embedded engine, with a database of its own, until `--engine compose`"
    warning = f"there is a Compose file, {name}, and {missing}: {what}"
    assert chosen(files=files, docker=False) == Choice("embedded", "there is no Docker here", warning)


def test_a_compose_file_from_above_the_repository_is_taken_by_nobody_unasked() -> None:
    message = f"there is no Compose file in {ROOT}, and Compose would take ../../compose.yml, from above the repository"
    hint = 'set `compose-files = ["../../compose.yml"]` in [tool.nox-alembic] if it is this project\'s'
    refusal = ("NA104", message, f"{hint}; {OR_EMBEDDED}")
    assert chosen(files=ABOVE) == refusal
    assert chosen(Wanted("compose"), files=ABOVE, last="compose") == refusal
    assert chosen(files=ABOVE, last="embedded") == Choice("embedded", "as the last time")


def test_compose_without_a_file_is_refused_where_it_is_asked_for() -> None:
    hint = 'name it in "compose-files", or set `engine = "embedded"`'
    assert chosen(Wanted("compose"), files=NONE) == ("NA104", f"there is no Compose file in {ROOT}", hint)


def test_auto_goes_on_with_the_engine_of_the_last_time() -> None:
    for docker in (True, False):
        for files in (FILES, NONE):
            assert chosen(last="embedded", files=files, docker=docker) == Choice("embedded", "as the last time")
        assert chosen(last="compose", docker=docker) == Choice("compose", "as the last time")


def test_auto_takes_no_other_engine_where_the_last_one_cannot_be_had() -> None:
    message = 'the environment ran on the engine "compose" the last time, and there is no Compose file now'
    hint = f'bring the file back, or name it in "compose-files"; {OR_EMBEDDED}'
    for docker in (True, False):
        assert chosen(last="compose", files=NONE, docker=docker) == ("NA117", message, hint)
    message = 'the environment ran on the engine "server" the last time, and this version does not know it'
    assert chosen(last="server") == ("NA117", message, OR_EMBEDDED)


@pytest.mark.parametrize(("engine", "other"), [("compose", "embedded"), ("embedded", "compose")])
def test_another_engine_that_is_asked_for_is_taken_and_the_other_database_is_told(engine: Any, other: str) -> None:
    said = "as configured"
    warning = f'the environment ran on the engine "{other}" the last time: that is another database, and stays as it is'
    assert chosen(Wanted(engine), last=other) == Choice(engine, said, warning)
    for last in ("", engine):
        assert chosen(Wanted(engine), last=last) == Choice(engine, said)


def test_containers_of_the_folder_without_a_compose_file_are_not_forgotten() -> None:
    error = engines.forgotten(ROOT, ("app-db-1", "app-web-1"))
    assert (error.id, error.message, error.hint) == (
        "NA117",
        f"there is no Compose file in {ROOT}, and Docker has containers of that folder: app-db-1, app-web-1",
        f'bring the file back, or name it in "compose-files"; {OR_EMBEDDED}',
    )


def test_data_of_an_older_version_is_told() -> None:
    what = "the environment has a database of the embedded engine, too, in /data/dev/pgdata"
    assert engines.unused("/data/dev/pgdata") == f"{what}: `--engine embedded` takes that one"
