"""The page of instructions on real Compose."""

import sqlalchemy

from nox_alembic.core.facts import DatabaseAddress
from tests.integration.conftest import execute
from tests.page import walk
from tests.project import Project


def test_the_page_of_instructions_line_by_line(project: Project) -> None:
    def query(text: str) -> list[tuple[object, ...]]:
        url = sqlalchemy.make_url(project.run("status", "--json").json["database"]["url"])
        address = DatabaseAddress(
            host=url.host or "", port=url.port or 0, user="dds", password="a$b%c", name=url.database or ""
        )
        return execute(address, text)

    walk(project, query)
