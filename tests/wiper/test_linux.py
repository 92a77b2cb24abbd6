"""Owners, mounts, attributes and full disks: real ones, which takes root on Linux."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.edges import wiper
from tests.project import tree
from tests.users import UID, give
from tests.wiper.places import as_root, as_stranger, belongs_to, make_database, mounted, run_as_stranger, trash_in

pytestmark = as_root

CONTAINER = 999  # the user of the public image
SUBUID = 100_000  # where a rootless engine's users begin
SET_ASIDE = "from nox_alembic.edges import wiper\nprint(wiper.set_aside('volumes/db', within='.'))"


def failure(database: Path, within: Path, **rules: object) -> tuple[str, str, str]:
    """Return the error, which must leave everything as it was, but for the time of a folder that was renamed in."""
    before = set(tree(within)), tree(database)
    with pytest.raises(FailedError) as error:
        wiper.set_aside(database, within=within, **rules)  # type: ignore[arg-type] # rules of one test each
    assert (set(tree(within)), tree(database)) == before
    return error.value.id, error.value.message, error.value.hint


@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_a_parent_of_root_and_a_sticky_one_leave_the_data_and_say_what_to_type(
    database: Path, tmp_path: Path, mode: int
) -> None:
    belongs_to(database, CONTAINER)
    database.parent.chmod(mode)
    before = tree(database)
    said = run_as_stranger(tmp_path, SET_ASIDE).splitlines()[-1]
    assert said.endswith(f"{database} could not be set aside: Permission denied; it is as it was")
    assert tree(database) == before


def test_a_daemon_that_is_gone_before_the_helper_leaves_the_data(database: Path, tmp_path: Path) -> None:
    belongs_to(database, CONTAINER)
    before = tree(database)
    script = """
from nox_alembic.edges import wiper
def gone(parent, name):
    raise OSError("no daemon answers")
wiper.set_aside("volumes/db", within=".", remover=gone)
"""
    said = run_as_stranger(tmp_path, script).splitlines()[-1]
    assert said.endswith(f"{database} could not be set aside: no daemon answers; it is as it was")
    assert tree(database) == before


def test_an_empty_foreign_folder_needs_no_power(tmp_path: Path) -> None:
    (tmp_path / "victim/empty").mkdir(parents=True)
    give(tmp_path / "victim")
    os.chown(tmp_path / "victim", UID, UID)
    belongs_to(tmp_path / "victim/empty", CONTAINER)
    os.chown(tmp_path, UID, UID)
    assert run_as_stranger(tmp_path, "from nox_alembic.edges import wiper; wiper.remove_tree('victim')") == ""
    assert not (tmp_path / "victim").exists()


def test_closed_folders_of_our_own_are_opened(tmp_path: Path) -> None:
    for mode in (0o500, 0o000):
        (tmp_path / f"victim/{mode:o}/inner").mkdir(parents=True)
        (tmp_path / f"victim/{mode:o}/file").touch()
    give(tmp_path)
    for mode in (0o500, 0o000):
        (tmp_path / f"victim/{mode:o}").chmod(mode)
    assert run_as_stranger(tmp_path, "from nox_alembic.edges import wiper; wiper.remove_tree('victim')") == ""
    assert not (tmp_path / "victim").exists()


SWEEP_WITH_HELPER = """
from pathlib import Path
from nox_alembic.edges import wiper
def ask(parent, name):
    print(parent / name, flush=True)
    input()
wiper.set_aside("volumes/db", within=".")
swept = wiper.sweep(Path("volumes"), "db", remover=ask)
print(len(swept.removed), len(swept.left))
"""


@pytest.mark.parametrize("own_user", [True, False], ids=["rootless: our user is its root", "userns-remap: it is not"])
def test_a_helper_in_a_user_namespace_deletes_what_its_users_own(
    database: Path, tmp_path: Path, own_user: bool
) -> None:
    """The container's 999 is 100999 outside; a remapping daemon may not even touch our folder around it."""
    give(tmp_path)
    belongs_to(database, SUBUID + CONTAINER)
    with subprocess.Popen(
        [*as_stranger(tmp_path), "-c", SWEEP_WITH_HELPER],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as wiping:
        assert wiping.stdout is not None
        remove_in_namespace(wiping.stdout.readline().strip(), own_user=own_user)
        said, _ = wiping.communicate("\n")
    assert said.split() == ["1", "0"]
    assert trash_in(database.parent) == []


def remove_in_namespace(path: str, *, own_user: bool) -> None:
    """Do what the helper container does, as root of a user namespace."""
    script = 'read -r _; exec setpriv --reuid 0 --regid 0 --clear-groups rm -rf -- "$0"'
    helper = subprocess.Popen(["unshare", "--user", "--keep-caps", "bash", "-c", script, path], stdin=subprocess.PIPE)
    lines = f"0 {UID} 1\n1 {SUBUID} 65536\n" if own_user else f"0 {SUBUID} 65536\n"
    own = Path("/proc/self/ns/user").readlink()
    while Path(f"/proc/{helper.pid}/ns/user").readlink() == own:
        pass
    for kind in ("uid_map", "gid_map"):
        Path(f"/proc/{helper.pid}/{kind}").write_text(lines)
    helper.communicate(b"\n")


@pytest.mark.parametrize("attribute", ["i", "a"])
def test_an_immutable_and_an_append_only_folder_are_left_with_the_command_that_helps(
    database: Path, tmp_path: Path, attribute: str
) -> None:
    subprocess.run(["chattr", f"+{attribute}", str(database)], check=True)
    try:
        assert failure(database, tmp_path) == (
            "NA311",
            f"{database} could not be set aside: Operation not permitted; it is as it was",
            f"`sudo chattr -R -ia '{database}' && sudo rm -rf -- '{database}'`, and run it again",
        )
    finally:
        subprocess.run(["chattr", f"-{attribute}", str(database)], check=True)


def test_what_is_deleted_in_place_only_in_part_names_what_stayed(database: Path, tmp_path: Path) -> None:
    frozen = [database.parent, database / "base/1/1259"]
    for path, attribute in zip(frozen, "ai", strict=True):
        subprocess.run(["chattr", f"+{attribute}", str(path)], check=True)
    try:
        with pytest.raises(FailedError) as error:
            wiper.set_aside(database, within=tmp_path)
    finally:
        for path in frozen:
            subprocess.run(["chattr", "-ia", str(path)], check=True)
    assert (error.value.id, error.value.message, error.value.hint, error.value.detail) == (
        "NA312",
        f"{database} could be deleted only in part",
        f"`sudo chattr -R -ia '{database}' && sudo rm -rf -- '{database}'`, and run it again",
        f"{database / 'base/1/1259'}: an attribute of it or of its folder forbids it",
    )
    assert not (database / "PG_VERSION").exists()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A project on a file system that is read-only, with a database and with trash."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "tmpfs") as place:
        make_database(place / "volumes/db")
        make_database(place / "volumes/.db.wipe-20261124T093000Z-1-12345678")
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        yield place


def test_a_read_only_file_system_is_one_message(read_only: Path) -> None:
    database = read_only / "volumes/db"
    assert failure(database, read_only) == (
        "NA311",
        f"{database} could not be set aside: Read-only file system; it is as it was",
        f"`sudo rm -rf -- '{database}'`, and run it again",
    )
    (left,) = wiper.sweep(database.parent, "db").left
    assert (left.reason, len(left.stayed)) == ("Read-only file system", 1)


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Path]:
    """A project in the lower layer of an overlay, as in a development container."""
    make_database(tmp_path / "lower/volumes/db")
    for name in ("upper", "work"):
        (tmp_path / name).mkdir()
    layers = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work,redirect_dir=off"
    with mounted(tmp_path / "merged", "-t", "overlay", "overlay", "-o", layers) as merged:
        yield merged


def test_a_folder_of_an_overlays_lower_layer_is_deleted_in_place_pg_version_first(overlay: Path) -> None:
    seen: list[bool] = []

    def watch(point: str, _name: str) -> None:
        if point == "PG_VERSION":
            seen.append((overlay / "volumes/db/base/1/1259").exists())

    done = wiper.set_aside(overlay / "volumes/db", within=overlay, on_event=watch)
    assert (done.in_place, done.trash, list(done.target.path.iterdir()), seen) == (True, None, [], [True])
    assert trash_in(overlay / "volumes") == []


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A project on a disk on which not one more file fits: there are no inodes left."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(1 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-N", "48", str(image)], check=True)
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as place:
        make_database(place / "volumes/db")
        _fill(place)
        yield place


def _fill(place: Path) -> None:
    """Make empty files until there is no inode left."""
    for number in range(100):
        try:
            (place / f"fill-{number}").touch()
        except OSError:
            return
    pytest.fail("the disk did not become full")


def test_a_disk_that_is_full_between_rename_and_mkdir_leaves_everything_as_it_was(full: Path) -> None:
    database = full / "volumes/db"
    assert failure(database, full) == (
        "NA311",
        f"{database} could not be set aside: No space left on device; it is as it was",
        f"`sudo rm -rf -- '{database}'`, and run it again",
    )
    (full / "fill-0").unlink()
    assert wiper.set_aside(database, within=full).trash is not None


def test_special_files_inside_are_removed_and_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    os.mkfifo(victim / "fifo")
    os.mknod(victim / "device", stat.S_IFCHR | 0o600, os.makedev(1, 7))
    monkeypatch.chdir(victim)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    monkeypatch.undo()
    wiper.remove_tree(victim)
    assert not victim.exists()


def test_a_hundred_thousand_names_in_one_folder_go(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    script = "import os, sys\nfor n in range(100_000): os.close(os.open(f'{sys.argv[1]}/{n}', os.O_CREAT))"
    subprocess.run([sys.executable, "-c", script, str(victim)], check=True)
    wiper.remove_tree(victim)
    assert not victim.exists()


def test_only_the_standard_library_is_imported() -> None:
    script = "import sys; from nox_alembic.edges import wiper; print(*sys.modules)"
    source = str(Path(wiper.__file__).parents[3])
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {source!r}); {script}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in done.stdout.split()} - {"__main__", "nox_alembic"}
    assert {name for name in packages if not name.startswith("_")} <= sys.stdlib_module_names


@pytest.mark.parametrize("attribute", ["i", "a"])
def test_a_folder_in_which_nothing_may_be_renamed_is_known_before_it_is_tried(database: Path, attribute: str) -> None:
    assert wiper.why_fixed(database) == ""
    subprocess.run(["chattr", f"+{attribute}", str(database.parent)], check=True)
    try:
        assert wiper.why_fixed(database) == f"this user may not rename anything in {database.parent}"
    finally:
        subprocess.run(["chattr", "-ia", str(database.parent)], check=True)


@pytest.mark.parametrize(("mode", "is_fixed"), [(0o555, True), (0o1777, True), (0o777, False)])
def test_the_rights_count_of_the_user_who_runs_it(database: Path, tmp_path: Path, mode: int, is_fixed: bool) -> None:
    """In a sticky folder nobody may rename what is another user's."""
    database.parent.chmod(mode)
    script = "from pathlib import Path\nfrom nox_alembic.edges import wiper\nprint(wiper.why_fixed(Path('volumes/db')))"
    assert bool(run_as_stranger(tmp_path, script).strip()) == is_fixed
