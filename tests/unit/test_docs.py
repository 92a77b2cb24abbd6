"""What the documentation says is there, and what is there is in the documentation."""

import re
from pathlib import Path

import pytest

from nox_alembic import cli
from nox_alembic.core.config import KEYS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_error_id_is_documented_and_every_documented_one_exists() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/nox_alembic").rglob("*.py"))
    raised = set(re.findall(r'"(NA\d{3})"', source))
    documented = re.findall(r"^\| (NA\d{3}) \|", text("docs/reference/errors.md"), re.MULTILINE)
    assert documented == sorted(raised)


def test_every_key_is_documented_and_every_documented_one_exists() -> None:
    documented = re.findall(r"^\| `([a-z-]+)`", text("docs/reference/configuration.md"), re.MULTILINE)
    assert sorted(documented) == sorted([*KEYS, "default-env"])


@pytest.mark.parametrize("page", ["docs/reference/glossary.md", "CONTRIBUTING.md"])
def test_the_places_in_the_source_that_a_page_names_exist(page: str) -> None:
    places = re.findall(r"`((?:cli|run|core|edges)/[a-z_/.*]+)`", text(page))
    assert [place for place in places if not list((ROOT / "src/nox_alembic").glob(place))] == []
    assert len(places) > 20


def test_every_verb_is_in_the_table_of_the_readme_and_a_nox_session() -> None:
    readme, noxfile = text("README.md"), text("noxfile.py")
    for verb in cli.nox_alembic.commands:
        assert re.search(rf"\| `{verb}[ `]", readme), verb
        assert f"\ndef {verb}(session: nox.Session)" in noxfile, verb


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target
