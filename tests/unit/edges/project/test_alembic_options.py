"""Alembic's configuration is read as Alembic reads it, and run where its team does."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from nox_alembic.core.errors import UsageError
from nox_alembic.core.revisions.configuration import Configuration, differences
from nox_alembic.core.revisions.parsing import NotLiteralError
from nox_alembic.edges.project import revisions
from nox_alembic.edges.project.alembic_folder import configuration_of
from nox_alembic.edges.project.discovery import find_project
from tests.unit.core.make import config, told

HEAD = "[alembic]\nscript_location = %(here)s/db\n"


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / {"ini": "alembic.ini", "toml": "pyproject.toml"}[name]
        path.write_text(text)


def found(root: Path, **keys: object) -> Configuration:
    configuration = configuration_of(find_project(root), config(root=root, **keys))
    assert configuration is not None
    return configuration


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / ".git").mkdir()
    for folder in ("db/versions", "two words/versions", "src/shop/db/versions"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder).with_name("env.py").touch()
    (tmp_path / "src/shop/__init__.py").touch()
    with contextlib.chdir(tmp_path):
        yield tmp_path


@pytest.mark.parametrize(
    ("ini", "toml"),
    [
        (HEAD, None),
        (HEAD + "version_locations = %(here)s/db/versions more\n", None),
        (HEAD + "version_locations = %(here)s/db/versions, more\n", None),
        (HEAD + f"path_separator = os\nversion_locations = two words/versions{os.pathsep}db/versions\n", None),
        (HEAD + "path_separator = newline\nversion_locations = two words/versions\n  db/versions\n", None),
        (HEAD + "path_separator = space\nversion_locations = db/versions more\n", None),
        ("[DEFAULT]\nname = db\n[alembic]\nscript_location = %(here)s/%(name)s\n", None),
        (None, '[tool.alembic]\nscript_location = "%(here)s/db"\n'),
        (
            None,
            '[tool.alembic]\nscript_location = "db"\nversion_locations = ["two words/versions", "%(here)s/100%%"]\n',
        ),
        (None, '[tool.alembic]\nscript_location = "db"\nrecursive_version_locations = true\n'),
        ("[alembic]\n[loggers]\nkeys = root\n", '[tool.alembic]\nscript_location = "db"\n'),
        ("[loggers]\nkeys = root\n", '[tool.alembic]\nscript_location = "db"\n'),
        (HEAD, '[tool.alembic]\nscript_location = "elsewhere"\nversion_locations = ["two words/versions"]\n'),
        ("[alembic]\nscript_location = shop:db\nprepend_sys_path = src\n", None),
        (HEAD + "prepend_sys_path = src\nversion_locations = shop:db/versions db/versions\n", None),
    ],
)
@pytest.mark.filterwarnings("ignore:No path_separator found:DeprecationWarning")
def test_folders_are_those_that_alembic_itself_finds(
    root: Path, ini: str | None, toml: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, **{name: text for name, text in (("ini", ini), ("toml", toml)) if text is not None})
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.delitem(sys.modules, "shop", raising=False)
    scripts = ScriptDirectory.from_config(
        AlembicConfig(file_=str(root / "alembic.ini") if ini else None, toml_file=str(root / "pyproject.toml"))
    )
    folders, recursive = revisions.version_folders(found(root))
    assert [os.path.normpath(folder) for folder in folders] == [
        os.path.normpath(folder) for folder in scripts._version_locations
    ]
    assert recursive is scripts.recursive_version_locations
    assert revisions.script_folder(found(root)) == Path(scripts.dir).absolute()


def test_a_package_that_is_not_the_project_s_is_for_python_to_find(root: Path) -> None:
    write(root, ini="[alembic]\nscript_location = elsewhere:db\n")
    with pytest.raises(NotLiteralError):
        revisions.version_folders(found(root))


def test_the_only_section_counts_and_one_of_several_has_to_be_named(root: Path) -> None:
    write(root, ini="[core]\nscript_location = db\n")
    assert found(root).section == "core"
    write(root, ini="[core]\nscript_location = db\n[tenant]\nscript_location = db\n")
    with pytest.raises(UsageError) as error:
        revisions.version_folders(found(root))
    assert told(error) == (
        "NA007",
        f"{root / 'alembic.ini'} has no [alembic] section; those with a script_location are: [core], [tenant]",
        'set `alembic-section = "core"` in [tool.nox-alembic] of pyproject.toml',
    )
    assert revisions.version_folders(found(root, alembic_section="tenant"))[0] == (root / "db/versions",)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"ini": "script_location = db\n"}, "alembic.ini cannot be read: File contains no section headers."),
        ({"ini": "[alembic]\nscript_location = %(nowhere)s\n"}, "alembic.ini cannot be read: Bad value substitution"),
        ({"toml": '[tool.alembic]\nscript_location = "100%"\n'}, "[tool.alembic] of "),
        ({"ini": "[alembic]\n"}, "alembic.ini does not set script_location"),
    ],
)
def test_what_cannot_be_read_is_an_error(root: Path, files: dict[str, str], reason: str) -> None:
    write(root, **files)
    with pytest.raises(UsageError) as error:
        revisions.version_folders(found(root))
    assert told(error)[0] == "NA007"
    assert reason in told(error)[1]


@pytest.mark.parametrize(
    ("text", "files", "folder"),
    [
        ("[alembic]\nscript_location = %(here)s\n", (), "backend/migrations"),
        ("[alembic]\nscript_location = migrations\n", (), "backend"),
        ("[alembic]\nscript_location = backend/migrations\n", (), "."),
        ("[alembic]\nscript_location = %(here)s\n", ("backend/app/__init__.py",), "backend"),
        ("[alembic]\nscript_location = %(here)s\n", ("app.py",), "."),
        ("[alembic]\nscript_location = %(here)s\nprepend_sys_path = src\n", ("src/app.py",), "."),
        ("[alembic]\nscript_location = %(here)s\n", ("backend/migrations/app.py", "app.py"), "backend/migrations"),
    ],
)
def test_it_is_run_where_the_scripts_are_and_env_py_finds_what_it_imports(
    root: Path, text: str, files: tuple[str, ...], folder: str
) -> None:
    (root / "backend/migrations/versions").mkdir(parents=True)
    (root / "backend/pyproject.toml").write_text("[tool.nox-alembic]\n")
    (root / "backend/migrations/alembic.ini").write_text(text)
    (root / "backend/migrations/env.py").write_text("import os\nfrom alembic import context\nfrom app import models\n")
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    project = find_project(root / "backend")
    assert project.root == root / "backend"
    configuration = configuration_of(project, config(root=project.root))
    assert configuration is not None
    assert configuration.folder == root / folder
    named = configuration_of(project, config(root=project.root, alembic_folder="../src"))
    assert named is not None
    assert named.folder == root / "src"


def test_flask_migrate_says_nothing_and_is_run_above_its_folder(root: Path) -> None:
    (root / "migrations/versions").mkdir(parents=True)
    (root / "migrations/alembic.ini").write_text("[alembic]\n# template used to generate migration files\n")
    (root / "migrations/env.py").touch()
    configuration = found(root)
    assert configuration.is_of_flask
    assert configuration.folder == root
    assert revisions.version_folders(configuration) == ((root / "migrations/versions",), False)


def test_only_what_is_not_usual_makes_another_spare(root: Path) -> None:
    write(root, ini=HEAD)
    usual = found(root)
    assert differences(usual) == {}
    assert differences(replace(usual, arguments=("tenant=a",), section="core")) == {
        "section": "core",
        "arguments": ("tenant=a",),
    }
