"""Paths as they are named from the project's folder on."""

from pathlib import PurePath

import pytest

from nox_alembic.core.paths import from_root, outermost

ROOT = PurePath("/shop")


def test_a_path_is_named_from_the_project_on() -> None:
    assert from_root(ROOT, PurePath("/shop/db/a.py")) == PurePath("db/a.py")
    assert from_root(ROOT, PurePath("/elsewhere/a.py")) == PurePath("/elsewhere/a.py")


@pytest.mark.parametrize(
    ("folder", "found"), [("/shop/docker", "/shop"), ("/shop", "/shop"), ("/", "/"), ("/shopping", "/shopping")]
)
def test_a_folder_of_the_project_is_within_it(folder: str, found: str) -> None:
    assert outermost(PurePath(folder), ROOT) == PurePath(found)
