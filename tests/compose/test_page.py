"""The page of instructions on real Compose."""

import functools

from tests.compose.conftest import query
from tests.page import walk
from tests.project import Project


def test_the_page_of_instructions_line_by_line(project: Project) -> None:
    walk(project, functools.partial(query, project))
