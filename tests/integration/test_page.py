"""The page of instructions on the embedded engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute
from tests.page import walk
from tests.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"')
    yield project
    project.run("down")


def test_the_page_of_instructions_line_by_line(project: Project) -> None:
    walk(project, lambda text: execute(address_of(project), text))
