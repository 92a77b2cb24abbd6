"""What the settings name has to be there, and each environment may name another configuration."""

from pathlib import Path

import pytest

from nox_alembic.core.errors import UsageError
from nox_alembic.edges.project.settings import alembic_key, read_config
from tests.unit.core.make import told


def table(root: Path, *lines: str) -> Path:
    (root / "pyproject.toml").write_text("\n".join(["[tool.nox-alembic]", *lines, ""]))
    return root


@pytest.mark.parametrize(
    ("line", "id_", "message"),
    [
        ('compose-files = ["x.yml"]', "NA104", 'the Compose file "x.yml" in "compose-files" does not exist in'),
        ('alembic = "x.ini"', "NA007", 'the Alembic configuration "x.ini" does not exist in'),
        ('alembic-folder = "x"', "NA007", 'the folder "x" in which Alembic is to be run does not exist in'),
    ],
)
def test_what_is_named_and_not_there(tmp_path: Path, line: str, id_: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_config(table(tmp_path, line), None)
    assert told(error)[:2] == (id_, f"{message} {tmp_path}")


@pytest.mark.parametrize(
    ("lines", "environment", "found"),
    [
        ((), None, None),
        (('alembic = "a.ini"',), None, "a.ini"),
        (('alembic = "a.ini"', "[tool.nox-alembic.env.b]", 'alembic = "../b.ini"'), "b", "../b.ini"),
        (('default-env = "b"', "[tool.nox-alembic.env.b]", 'alembic = "b.ini"'), None, "b.ini"),
        (("alembic = 5", "env = 3"), None, None),
    ],
)
def test_the_configuration_of_an_environment(
    tmp_path: Path, lines: tuple[str, ...], environment: str | None, found: str | None
) -> None:
    (tmp_path / "project").mkdir()
    root = table(tmp_path / "project", *lines)
    assert alembic_key(root, environment) == (found and (root / found).resolve())
