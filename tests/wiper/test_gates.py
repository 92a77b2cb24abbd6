"""The gates on a real disk: each refusal with its whole message, and nothing changed."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nox_alembic.core.errors import RefusedError
from nox_alembic.edges import wiper
from nox_alembic.edges.wiper import Content
from tests.users import UID, as_normal_user, give
from tests.wiper.places import (
    as_root,
    belongs_to,
    make_database,
    mounted,
    on_linux,
    refusal,
    run_as_stranger,
    with_links,
)


def test_a_database_below_the_project_passes(database: Path, tmp_path: Path) -> None:
    target = wiper.check(f"{database}/", within=tmp_path)
    assert (target.path, target.content, target.data) == (database, Content.DATABASE, (database,))
    assert wiper.check("volumes/db", within=tmp_path).path == database


def test_nothing_and_an_empty_folder_are_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert wiper.check(tmp_path / "no/such/folder", within=tmp_path).nothing_to_do
    assert wiper.wipe(tmp_path / "empty", within=tmp_path).trash is None


def test_a_place_that_is_not_there_yet_has_nothing_to_lose(tmp_path: Path) -> None:
    assert wiper.check(tmp_path / "home/pgdata", within=tmp_path / "home").content is Content.MISSING


def test_what_an_interrupted_initdb_left_passes(tmp_path: Path) -> None:
    (tmp_path / "db/base").mkdir(parents=True)
    (tmp_path / "db/postgresql.conf").touch()
    assert wiper.check(tmp_path / "db", within=tmp_path).content is Content.REMAINS


def test_a_database_below_the_mount_passes_where_the_image_puts_it(tmp_path: Path) -> None:
    data = make_database(tmp_path / "db/18/docker")
    (tmp_path / "db/.bash_history").touch()
    assert wiper.check(tmp_path / "db", within=tmp_path, data_subpaths=("data", "*/docker")).data == (data,)
    assert refusal(tmp_path / "db", tmp_path)[0] == "NA306"


@pytest.mark.parametrize("stranger", ["photos/cat.jpg", "18/photos/cat.jpg"])
def test_what_lies_beside_the_data_below_a_mount_is_refused(tmp_path: Path, stranger: str) -> None:
    make_database(tmp_path / "db/18/docker")
    (tmp_path / "db" / stranger).parent.mkdir()
    (tmp_path / "db" / stranger).touch()
    assert refusal(tmp_path / "db", tmp_path, data_subpaths=("*/docker",))[0] == "NA306"


def test_a_folder_above_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RefusedError) as error:
        wiper.check(tmp_path / "file/db", within=tmp_path / "file")
    assert error.value.id == "NA307"
    assert error.value.message.startswith(
        f"refused to wipe '{tmp_path / 'file/db'}': a folder above it cannot be opened ("
    )
    assert error.value.hint == f"look at {tmp_path / 'file'}"
    assert wiper.sweep(tmp_path / "file").removed == ()


@as_root
@pytest.mark.parametrize("mode", [0o300, 0o711])
def test_a_closed_foreign_folder_of_another_mode_is_refused(tmp_path: Path, mode: int) -> None:
    assert "its mode is not that of a PostgreSQL data folder" in _check_as_stranger(tmp_path, mode)


@as_root
@pytest.mark.parametrize("mode", [0o700, 0o750])
def test_a_closed_foreign_folder_of_a_server_passes(tmp_path: Path, mode: int) -> None:
    assert _check_as_stranger(tmp_path, mode) == ""


def _check_as_stranger(tmp_path: Path, mode: int) -> str:
    """Run `check` as a user without any power on a closed folder of uid 999; return what it raised."""
    (tmp_path / "db/base").mkdir(parents=True)
    belongs_to(tmp_path / "db", 999, mode)
    return run_as_stranger(tmp_path, "from nox_alembic.edges import wiper; wiper.check('db', within='.')")


def test_a_path_outside_of_the_project_is_refused(database: Path, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    assert refusal(database, tmp_path / "project") == (
        "NA302",
        f"refused to wipe '{database}': it is not below {tmp_path / 'project'}, and nothing outside is ever wiped",
        "correct the mount in the Compose file, or delete it by hand",
    )
    assert database.exists()


def test_the_project_itself_is_not_below_the_project(database: Path) -> None:
    assert refusal(database, database)[0] == "NA302"


@with_links
@pytest.mark.parametrize("given", ["link", "link/"])
def test_a_link_is_refused_with_and_without_a_separator(tmp_path: Path, given: str) -> None:
    outside = make_database(tmp_path / "outside/db")
    (tmp_path / "project").mkdir()
    link = tmp_path / "project/link"
    link.symlink_to(outside)
    given = f"{tmp_path}/project/{given}"
    shown = f"'{given}' ({link})" if given.endswith("/") else f"'{link}'"
    assert refusal(given, tmp_path / "project") == (
        "NA303",
        f"refused to wipe {shown}: {link} is a link to {outside}, and what lies behind a link is never wiped",
        f"replace the link {link} by a folder, or name the folder itself",
    )
    assert (outside / "base/1/1259").read_text() == "rows"


@with_links
def test_a_link_above_the_target_is_refused(tmp_path: Path) -> None:
    outside = make_database(tmp_path / "outside/db").parent
    (tmp_path / "project").mkdir()
    (tmp_path / "project/volumes").symlink_to(outside)
    id_, message, _ = refusal(tmp_path / "project/volumes/db", tmp_path / "project")
    assert (id_, message.partition(": ")[2]) == (
        "NA303",
        f"{tmp_path / 'project/volumes'} is a link to {outside}, and what lies behind a link is never wiped",
    )


@pytest.mark.parametrize("kind", ["file", "FIFO", "socket"])
def test_what_is_no_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    if kind == "file":
        (tmp_path / "db").touch()
    elif sys.platform == "win32":
        pytest.skip("Windows has no FIFO in a folder")
    elif kind == "FIFO":
        os.mkfifo(tmp_path / "db")
    else:
        monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("db")
        monkeypatch.undo()
    assert refusal(tmp_path / "db", tmp_path) == (
        "NA304",
        f"refused to wipe '{tmp_path / 'db'}': {tmp_path / 'db'} is not a folder",
        "look what it is, and move it away",
    )


def test_what_is_protected_and_what_contains_it_are_refused(database: Path, tmp_path: Path) -> None:
    for protected in (database, database / "base", database / "compose.yml"):
        assert refusal(database, tmp_path, protect=(protected,)) == (
            "NA305",
            f"refused to wipe '{database}': it is or contains {protected}",
            "give the database a folder of its own",
        )


def test_home_and_the_current_folder_are_always_protected(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(database / "base"))
    monkeypatch.setenv("USERPROFILE", str(database / "base"))
    assert refusal(database, tmp_path)[1].endswith(f"it is or contains {database / 'base'}")
    monkeypatch.undo()
    monkeypatch.chdir(database / "global")
    assert refusal(database, tmp_path)[0] == "NA305"


def test_a_folder_that_is_no_database_is_refused_with_what_it_holds(database: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/cat.jpg").touch()
    assert refusal(tmp_path / "photos", tmp_path) == (
        "NA306",
        f"refused to wipe '{tmp_path / 'photos'}': it is not a PostgreSQL data folder: it holds 'cat.jpg'",
        "look what it is; if nobody needs it, delete it by hand",
    )


def test_a_container_on_it_is_named(database: Path, tmp_path: Path) -> None:
    rules = {"in_use": lambda path: [f"container other-db-1 of {path.name}"]}
    assert refusal(database, tmp_path, **rules) == (
        "NA308",
        f"refused to wipe '{database}': it is in use by container other-db-1 of db",
        "stop it, and run the same command again",
    )


@on_linux
def test_a_server_on_it_is_named(database: Path, tmp_path: Path) -> None:
    server = subprocess.Popen([sys.executable, "-c", "input()"], cwd=database, stdin=subprocess.PIPE)
    try:
        (database / "postmaster.pid").write_text(f"{server.pid}\n{database}\n")
        assert refusal(database, tmp_path) == (
            "NA309",
            f"refused to wipe '{database}': a PostgreSQL server (process {server.pid}) runs on it",
            "stop the server, and run it again",
        )
    finally:
        server.communicate(b"\n")


def test_a_pid_file_of_a_container_that_was_killed_is_stale(database: Path, tmp_path: Path) -> None:
    """Process 1 lives on every machine; the one in the file was the container's."""
    (database / "postmaster.pid").write_text("1\n/var/lib/postgresql/data\n")
    assert wiper.wipe(database, within=tmp_path).trash is not None


@pytest.fixture(params=["bind", "tmpfs"])
def kept(request: pytest.FixtureRequest, database: Path, tmp_path: Path) -> Iterator[Path]:
    """A mount inside. `st_dev` and `ismount` do not see a bind mount of the same file system."""
    (tmp_path / "precious").mkdir()
    words = {"bind": ["--bind", str(tmp_path / "precious")], "tmpfs": ["-t", "tmpfs", "tmpfs"]}[request.param]
    with mounted(database / "pg_wal", *words) as place:
        (place / "data").write_text("kept")
        yield place / "data"


@as_root
def test_a_mount_inside_is_refused_with_the_command_that_takes_it_away(
    database: Path, kept: Path, tmp_path: Path
) -> None:
    assert refusal(database, tmp_path) == (
        "NA310",
        f"refused to wipe '{database}': {database / 'pg_wal'} in it is a mount point",
        f"sudo umount '{database / 'pg_wal'}'",
    )
    assert kept.read_text() == "kept"


@as_root
def test_a_mount_inside_is_not_entered_by_the_deletion_alone(database: Path, kept: Path) -> None:
    with pytest.raises(OSError, match="something is mounted there"):
        wiper.remove_tree(database)
    assert kept.read_text() == "kept"


@as_root
def test_a_mount_point_as_the_target_is_refused(database: Path, tmp_path: Path) -> None:
    with mounted(database, "-t", "tmpfs", "tmpfs"):
        make_content(database)
        assert refusal(database, tmp_path)[1] == f"refused to wipe '{database}': it is a mount point"


def make_content(folder: Path) -> None:
    for name in ("base", "global"):
        (folder / name).mkdir()
    (folder / "PG_VERSION").touch()


@on_linux
@pytest.mark.parametrize("name", ["-rf", "new\nline", "sp ace", "\udcff", "it's"])
def test_a_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    database = make_database(tmp_path / name)
    done = wiper.wipe(database, within=tmp_path)
    assert (list(database.iterdir()), done.swept.removed) == ([], (done.trash,))


@as_root
def test_a_folder_of_ours_that_may_not_be_read_is_refused_with_the_cure(tmp_path: Path) -> None:
    make_database(tmp_path / "db").chmod(0o000)
    os.chown(tmp_path / "db", UID, UID)
    said = run_as_stranger(tmp_path, "from nox_alembic.edges import wiper; wiper.check('db', within='.')")
    assert f"refused to wipe 'db' ({tmp_path / 'db'}): it cannot be read, though it is yours" in said


@as_root
def test_a_foreign_closed_folder_passes_for_a_normal_user(database: Path, tmp_path: Path) -> None:
    """As a container leaves it: uid 999, mode 0700, in a folder of the user's own."""
    give(tmp_path)
    for path in (database, *database.rglob("*")):
        os.chown(path, 999, 999)
    database.chmod(0o700)
    script = f"from nox_alembic.edges import wiper; from pathlib import Path; t = Path({str(tmp_path)!r})\n"
    script += "r = wiper.wipe(t / 'volumes/db', within=t, keep=1); print(r.target.content.name, r.in_place, r.trash)"
    done = subprocess.run(
        [*as_normal_user(), sys.executable, "-c", script],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(Path(wiper.__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    content, in_place, trash = done.stdout.split()
    assert (content in {"UNREADABLE", "DATABASE"}, in_place) == (True, "False")
    assert (Path(trash) / "base/1/1259").read_text() == "rows"
    assert (database.stat().st_uid, list(database.iterdir())) == (UID, [])
