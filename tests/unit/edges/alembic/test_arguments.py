"""What env.py sees as `cmd_opts` is what the command `alembic` has."""

from typing import Any

import pytest

from nox_alembic.edges.alembic.worker.arguments import arguments

FOUND = {"ini": "/app/alembic.ini", "section": "core", "arguments": ["tenant=a", "dry"]}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"do": "upgrade", "target": "heads"}, {"revision": "heads", "sql": False}),
        ({"do": "downgrade", "target": "base"}, {"revision": "base", "sql": False}),
        ({"do": "sql", "start": "a1", "target": "b2"}, {"revision": "a1:b2", "sql": True}),
        ({"do": "sql", "start": "", "target": "heads"}, {"revision": "heads", "sql": True}),
        (
            {"do": "draft", "message": "more", "head": "", "autogenerate": True},
            {"message": "more", "autogenerate": True, "head": None},
        ),
        (
            {"do": "draft", "message": "-m", "head": "a1", "autogenerate": False},
            {"message": "-m", "autogenerate": False, "head": "a1"},
        ),
        ({"do": "table"}, {}),
        ({"do": "probe"}, {"revision": "heads"}),
        ({"do": "merge", "message": "join", "heads": ["a1", "b2"]}, {"message": "join", "revisions": ["a1", "b2"]}),
        ({"do": "compare"}, {}),
        ({"do": "history"}, {}),
    ],
)
def test_each_request_is_a_command(request_: dict[str, Any], expected: dict[str, Any]) -> None:
    found = vars(arguments(FOUND, request_))
    assert {name: found[name] for name in expected} == expected
    assert (found["name"], found["x"]) == ("core", ["tenant=a", "dry"])


def test_without_any_they_are_those_of_alembic_alone() -> None:
    found = arguments({"ini": None, "section": "alembic", "arguments": []}, {"do": "compare"})
    assert (found.x, found.name) == (None, "alembic")
