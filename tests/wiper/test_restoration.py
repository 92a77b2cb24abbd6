"""The way back: kept data in its place again, and what was there kept instead."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nox_alembic.core.errors import RefusedError
from nox_alembic.edges import wiper
from tests.wiper.places import make_database, trash_in


def set_aside(database: Path, within: Path) -> str:
    done = wiper.set_aside(database, within=within)
    assert done.trash is not None
    return done.trash.name


@pytest.mark.parametrize("keep_root", [False, True])
def test_both_change_places(database: Path, tmp_path: Path, keep_root: bool) -> None:
    trash = set_aside(database, tmp_path)
    database.rmdir()
    make_database(database)
    (database / "PG_VERSION").write_text("new")
    aside = wiper.new_trash_name("db")
    inode = database.stat().st_ino
    assert wiper.put_back(database, trash, aside=aside, keep_root=keep_root, within=tmp_path)
    assert (database / "PG_VERSION").read_text() != "new"
    assert (database.parent / aside / "PG_VERSION").read_text() == "new"
    assert trash_in(database.parent) == [database.parent / aside]
    assert (database.stat().st_ino == inode) == keep_root


@pytest.mark.parametrize("missing", [False, True])
def test_an_empty_or_missing_place_is_simply_filled(database: Path, tmp_path: Path, missing: bool) -> None:
    trash = set_aside(database, tmp_path)
    if missing:
        database.rmdir()
    assert not wiper.put_back(database, trash, aside=wiper.new_trash_name("db"), within=tmp_path)
    assert (database / "PG_VERSION").exists()
    assert trash_in(database.parent) == []


@pytest.mark.parametrize("name", [".db.wipe-20261124T093000Z-1-12345678", "db", "../outside", ".other.wipe-x", ""])
def test_only_what_was_set_aside_of_this_folder_is_put_back(database: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").mkdir()
    with pytest.raises(RefusedError) as error:
        wiper.put_back(database, name, aside=wiper.new_trash_name("db"), within=tmp_path)
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA314",
        f"there is no {name} beside {database} that could be put back",
        "`nox -s undo -- --list` shows what can be",
    )
    assert (database / "PG_VERSION").exists()


@pytest.mark.parametrize("kind", ["base", "ready"])
def test_a_spare_of_this_folder_takes_its_place_and_one_that_is_being_made_does_not(
    database: Path, tmp_path: Path, kind: str
) -> None:
    name, making = wiper.spare_name("db", kind), wiper.spare_name("db", "making")
    for spare in (name, making):
        make_database(database.with_name(spare))
    (database.with_name(name) / "PG_VERSION").write_text("spare")
    assert wiper.list_spares(database.parent, "db") == tuple(sorted((name, making)))
    assert wiper.list_spares(database.parent, "other") == ()
    with pytest.raises(RefusedError):
        wiper.put_back(database, making, aside=wiper.new_trash_name("db"), within=tmp_path)
    assert wiper.put_back(database, name, aside=wiper.new_trash_name("db"), within=tmp_path)
    assert (database / "PG_VERSION").read_text() == "spare"
    assert wiper.remove_spare(database.parent, making) is None
    assert wiper.list_spares(database.parent, "db") == ()


def test_a_server_starts_on_a_spare_only_where_one_ended_well(database: Path) -> None:
    assert wiper.can_start(database)
    assert wiper.can_start(database.parent, ("data", "db"))
    (database / "postmaster.pid").write_text("1\n")
    assert not wiper.can_start(database)
    assert not wiper.can_start(database.with_name("none"))
    (database / "postmaster.pid").unlink()
    (database / "PG_VERSION").unlink()
    assert not wiper.can_start(database)


def test_the_gates_hold_for_the_way_back_too(database: Path, tmp_path: Path) -> None:
    trash = set_aside(database, tmp_path)
    with pytest.raises(RefusedError) as error:
        wiper.put_back(
            database, trash, aside=wiper.new_trash_name("db"), within=tmp_path, in_use=lambda _: ["container x"]
        )
    assert error.value.id == "NA308"


DIE = """
import os, sys
from pathlib import Path
from nox_alembic.edges import wiper
point, trash, aside, root = sys.argv[1:]
wiper.put_back(Path(root) / "volumes/db", trash, aside=aside, within=Path(root),
               on_event=lambda now, _: os.kill(os.getpid(), 9) if now == point else None)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("point", ["aside", "back"])
def test_a_killed_run_leaves_both_and_the_next_finishes(database: Path, tmp_path: Path, point: str) -> None:
    trash = set_aside(database, tmp_path)
    database.rmdir()
    make_database(database)
    (database / "PG_VERSION").write_text("new")
    aside = wiper.new_trash_name("db")
    words = [sys.executable, "-c", DIE, point, trash, aside, str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": str(Path(wiper.__file__).parents[3])}
    assert subprocess.run(words, env=environ, check=False).returncode == -signal.SIGKILL
    assert (database.parent / aside / "PG_VERSION").read_text() == "new"
    if point == "aside":
        assert not wiper.put_back(database, trash, aside=wiper.new_trash_name("db"), within=tmp_path)
    assert (database / "PG_VERSION").read_text() != "new"
