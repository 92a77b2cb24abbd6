"""Whose containers run under a Compose project's name, by the folder and the files that their labels name."""

from pathlib import Path

import pytest

from nox_alembic.core.facts import Foreign
from nox_alembic.edges.engines.compose.owners import Owner, foreign, owner_of


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Our own Compose files."""
    names = ("compose.yml", "compose.override.yml", "compose.prod.yml")
    for name in names:
        (tmp_path / name).touch()
    return str(tmp_path / names[0]), str(tmp_path / names[1])


def test_labels_name_a_folder_and_files() -> None:
    prefix = "com.docker.compose.project"
    labels = {f"{prefix}.working_dir": "/p", f"{prefix}.config_files": "/p/a.yml,/p/b.yml"}
    assert owner_of(labels) == Owner("/p", ("/p/a.yml", "/p/b.yml"))
    assert owner_of({**labels, f"{prefix}.config_files": "-"}) == Owner("/p")
    assert owner_of({}) == Owner("")


def test_containers_of_our_own_files_are_ours(files: tuple[str, str], tmp_path: Path) -> None:
    """Also when they were made before an override came, or by something older than Compose's labels."""
    folder = str(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    made = [Owner(folder, files), Owner(folder, files[:1]), Owner(folder), Owner(""), Owner(str(link), files)]
    assert foreign(made, "p", files) is None
    assert foreign([], "p", files) is None


def test_another_folder_is_another_clone(files: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    there, gone = Owner(str(tmp_path / "other")), Owner("/gone", ("/gone/compose.yml",))
    assert foreign([Owner(str(tmp_path), files), there], "p", files) == Foreign(root=there.folder, project="p")
    assert foreign([gone, there], "p", files) == Foreign(root="/gone", project="p", gone=True)


def test_other_files_of_our_folder_are_another_project_unless_they_were_renamed(
    files: tuple[str, str], tmp_path: Path
) -> None:
    production = Owner(str(tmp_path), (str(tmp_path / "compose.prod.yml"),))
    named = Foreign(root=str(tmp_path), project="p", files=("compose.prod.yml",))
    assert foreign([production], "p", files) == named
    (tmp_path / "compose.prod.yml").rename(tmp_path / "compose.stage.yml")
    assert foreign([production], "p", files) is None
