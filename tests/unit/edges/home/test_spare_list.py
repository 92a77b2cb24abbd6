"""What of a project's files a spare depends on, and its sidecar."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.edges.home import spare_list
from nox_alembic.edges.home.spare_list import Sources
from nox_alembic.edges.system import digests
from tests.unit.core.make import SPARE

SEED = ("python", "-m", "shop.seed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "alembic.ini": "[alembic]\n",
        "alembic/env.py": "from shop import models\n",
        "alembic/head": "a1\n",
        "alembic/versions/a1.py": "from alembic import op\nimport os, shop.money\n",
        "alembic/versions/b2.py": "from alembic import op\n",
        "src/shop/__init__.py": "",
        "src/shop/seed.py": "",
        "src/shop/rows.csv": "1\n",
        "src/shop/logo.png": "",
        "seed.py": "import helper\n",
        "helper.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def sources(root: Path) -> Sources:
    versions = root / "alembic/versions"
    history = History.of(
        Revision(id=path.stem, down=("a1",) if path.stem != "a1" else (), path=str(path))
        for path in versions.glob("*.py")
    )
    return Sources(root, Configuration(file=root / "alembic.ini", folder=root), root / "alembic", history)


def all_of(root: Path) -> dict[str, object]:
    now = sources(root)
    return {"files": dict(now.revisions()), "around": now.surroundings(), "ini": now.alembic(), "seed": now.seed(SEED)}


CHANGES: list[tuple[str, set[str]]] = [
    ("alembic/versions/b2.py", {"files"}),
    ("alembic/env.py", {"around"}),
    ("alembic/versions/rows.sql", {"around"}),
    ("alembic/helpers.py", {"around"}),
    ("alembic.ini", {"ini"}),
    ("src/shop/rows.csv", {"files", "seed"}),
    ("src/shop/logo.png", set()),
    ("src/shop/__pycache__/seed.py", set()),
    ("alembic/head", set()),
    ("README.md", set()),
]


@pytest.mark.parametrize(("name", "changed"), CHANGES)
def test_a_change_reaches_what_depends_on_the_file_and_nothing_else(root: Path, name: str, changed: set[str]) -> None:
    before = all_of(root)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("# another\n")
    after = all_of(root)
    assert {key for key, value in before.items() if after[key] != value} == changed


def test_of_the_revisions_only_those_change_that_import_the_package(root: Path) -> None:
    before = sources(root).revisions()
    (root / "src/shop/money.py").write_text("")
    after = sources(root).revisions()
    assert {key for key in before if before[key] != after[key]} == {"a1"}


def test_a_seed_that_is_a_file_depends_on_what_it_imports(root: Path) -> None:
    command = ("python", "seed.py")
    before = sources(root).seed(command)
    (root / "helper.py").write_text("# another\n")
    assert before != sources(root).seed(command) != ""
    assert sources(root).seed((*command, "--all")) != sources(root).seed(command)


@pytest.mark.parametrize("command", [(), ("make", "seed"), ("python", "-m", "json.tool"), ("psql", "-f", "none.sql")])
def test_of_a_seed_that_names_nothing_of_ours_nothing_is_known(root: Path, command: tuple[str, ...]) -> None:
    assert sources(root).seed(command) == ""


def test_of_a_pyproject_the_table_of_alembic_counts(root: Path) -> None:
    path = root / "pyproject.toml"

    def digest(text: str) -> str:
        path.write_text(text)
        return Sources(root, Configuration(file=path, folder=root), root / "alembic", History()).alembic()

    table = '[tool.alembic]\nscript_location = "alembic"\n'
    assert digest(table) == digest(f'{table}[tool.ruff]\nsrc = ["src"]\n') != digest(table.replace('"alembic"', '"a"'))


def test_the_sidecar_is_read_as_it_was_written_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "dev/spares.json"
    spare_list.write(path, [SPARE])
    assert spare_list.read(path) == (SPARE,)
    assert path.stat().st_mode & 0o077 == 0


BREAKS: list[Callable[[str], str]] = [
    lambda text: text[:-9],
    lambda _: "{}",
    lambda _: "7",
    lambda text: json.dumps([{**json.loads(text)[0], "more": 1}]),
    lambda text: text.replace('"needs"', '"need"'),
]


@pytest.mark.parametrize("broken", BREAKS)
def test_a_sidecar_that_is_not_whole_names_no_spare(tmp_path: Path, broken: Callable[[str], str]) -> None:
    path = tmp_path / "spares.json"
    spare_list.write(path, [SPARE])
    path.write_text(broken(path.read_text()))
    assert spare_list.read(path) == ()


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digests.of({"a": 1, "b": 2}) == digests.of({"b": 2, "a": 1}) != digests.of({"a": 1})
