"""Revision files read through their cache: never stale, and read again only where they are not what they were."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nox_alembic.core.errors import FailedError, UsageError
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.edges.project import revisions
from nox_alembic.edges.system import cache
from tests.unit.core.make import told

MINUTE = 60_000_000_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two revisions that nobody has touched for a minute; its cache is not written yet."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    write(tmp_path, "a1", None)
    write(tmp_path, "b2", "a1")
    return tmp_path


def configured(project: Path) -> Configuration:
    return Configuration(file=project / "alembic.ini", folder=project)


def write(project: Path, key: str, down: str | None, *, message: str = "make it", age: int = MINUTE) -> Path:
    path = project / f"versions/{key}.py"
    path.write_text(f'"""{message}"""\nrevision = "{key}"\ndown_revision = {down!r}\n')
    set_age(path, age)
    return path


def set_age(path: Path, age: int) -> None:
    now = path.stat().st_mtime_ns
    os.utime(path, ns=(now - age, now - age))


def messages(project: Path, *, later: int = MINUTE) -> dict[str, str]:
    """Read the project's messages, as it would be done `later`: nobody can set the time of a change itself."""
    history = revisions.read_history(configured(project), project / "cache.json", clock=lambda: time.time_ns() + later)
    return {key: revision.message for key, revision in history.revisions.items()}


def kept(project: Path) -> Any:
    return cache.load(project / "cache.json", revisions.KIND)


def test_what_has_not_changed_is_not_read_again(project: Path) -> None:
    messages(project)
    content = kept(project)
    for entry in content.values():
        entry[1][4] = "remembered"
    cache.store(project / "cache.json", revisions.KIND, content)
    assert messages(project) == {"a1": "remembered", "b2": "remembered"}
    write(project, "b2", "a1", message="another")
    assert messages(project) == {"a1": "remembered", "b2": "another"}


def test_the_cache_gives_back_all_that_a_file_says(project: Path) -> None:
    text = '"""Join"""\nrevision = "m1"\ndown_revision = ("a1", "b2")\nbranch_labels = "l"\ndepends_on = ["a1"]\n'
    (project / "versions/m1.py").write_text(text)
    (project / "versions/helpers.py").write_text("x = 1\n")
    messages(project)
    assert set(kept(project)) == {str(path) for path in (project / "versions").iterdir()}
    from_cache = revisions.read_history(configured(project), project / "cache.json")
    assert from_cache == revisions.read_history(configured(project))


def test_a_file_changed_just_now_is_not_remembered(project: Path) -> None:
    """It could change again within the tick of the clock, without another time or size."""
    path = write(project, "b2", "a1", message="first one", age=0)
    assert messages(project, later=0)["b2"] == "first one"
    times = path.stat()
    path.write_text(path.read_text().replace("first one", "other one"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_size == times.st_size
    assert kept(project) is None
    assert messages(project, later=0)["b2"] == "other one"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no time of the last change of what is not content")
def test_a_file_whose_time_was_set_back_is_read_again(project: Path) -> None:
    path = write(project, "b2", "a1", message="first one")
    messages(project)
    times = path.stat()
    path.write_text(path.read_text().replace("first one", "other one"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert messages(project)["b2"] == "other one"


def test_a_deleted_file_is_forgotten(project: Path) -> None:
    messages(project)
    (project / "versions/b2.py").unlink()
    assert messages(project) == {"a1": "make it"}
    assert set(kept(project)) == {str(project / "versions/a1.py")}


def test_a_broken_cache_is_ignored_and_written_anew(project: Path) -> None:
    (project / "cache.json").write_bytes(b"\x00 of somebody else")
    assert messages(project) == {"a1": "make it", "b2": "make it"}
    assert len(kept(project)) == 2


def test_an_unchanged_project_leaves_its_cache_alone(project: Path) -> None:
    messages(project)
    before = (project / "cache.json").stat()
    messages(project)
    after = (project / "cache.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_an_editors_dangling_link_is_no_revision(project: Path) -> None:
    (project / "versions/.#b2.py").symlink_to("somebody@host.1234")
    assert set(messages(project)) == {"a1", "b2"}


def test_a_folder_of_versions_that_is_not_there_yet_has_no_revisions(project: Path) -> None:
    """Git keeps no empty folder."""
    (project / "alembic").mkdir()
    (project / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\n")
    assert messages(project) == {}


def test_without_the_folder_of_env_py_nothing_is_known(project: Path) -> None:
    (project / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\n")
    with pytest.raises(UsageError) as error:
        messages(project)
    assert told(error) == (
        "NA009",
        f"there is no folder {project / 'nowhere'}",
        f'correct "script_location" in {project / "alembic.ini"}',
    )


@pytest.mark.parametrize(
    ("locations", "empty", "of_none"),
    [
        ("", (), ("versions",)),
        ("versions v2", ("v2",), ("versions", "v2")),
        ("%(here)s/versions /nowhere", ("/nowhere",), ("versions", "/nowhere")),
        ("package:versions", (), ()),
    ],
)
def test_folders_without_a_revision_are_those_that_are_missing_or_all(
    project: Path, locations: str, empty: tuple[str, ...], of_none: tuple[str, ...]
) -> None:
    ini = project / "alembic.ini"
    ini.write_text(f"[alembic]\nscript_location = .\nversion_locations = {locations}\n")
    history = History.of([Revision(id="a1")])
    assert revisions.empty_folders(configured(project), history) == tuple(map(str, map(Path, empty)))
    assert revisions.empty_folders(configured(project), History()) == tuple(map(str, map(Path, of_none)))


def test_folders_below_are_read_where_alembic_reads_them(project: Path) -> None:
    (project / "versions/2026").mkdir()
    (project / "versions/2026/c3.py").write_text('revision = "c3"\ndown_revision = "b2"\n')
    assert set(messages(project)) == {"a1", "b2"}
    with (project / "alembic.ini").open("a") as file:
        file.write("recursive_version_locations = true\n")
    assert set(messages(project)) == {"a1", "b2", "c3"}


def test_a_file_that_is_not_python_is_an_error_each_time(project: Path) -> None:
    (project / "versions/b2.py").write_text("def (\n")
    for _ in range(2):
        with pytest.raises(FailedError, match=r"b2\.py is not valid Python"):
            messages(project)
