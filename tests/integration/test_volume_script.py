"""The script that moves the data of volumes, on folders like those of the daemon: cut off anywhere, nothing is lost."""

import shutil
import subprocess
from pathlib import Path

import pytest

from nox_alembic.edges.engines.compose.volumes import script

pytestmark = pytest.mark.skipif(not shutil.which("sh"), reason="the script runs in a container, in its `sh`")
# Each change of the disk is counted, and after so many of them the script is ended.
COUNTED = """set -eu
left={changes}
count() {{ left=$((left - 1)); [ "$left" -ge 0 ] || exit 137; }}
mv() {{ count; command mv "$@"; }}
mkdir() {{ count; command mkdir "$@"; }}
rmdir() {{ count; command rmdir "$@"; }}
"""


def run(root: Path, verb: str, to: str, source: str, *, changes: int = 99, last: int = 1) -> tuple[int, str]:
    """Return the exit code and the last lines."""
    counted = script().replace("set -eu\n", COUNTED.format(changes=changes), 1)
    words = ["sh", "-c", counted, "sh", verb, str(root), "db", to, source]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, "\n".join((done.stdout + done.stderr).strip().splitlines()[-last:])


def volume(root: Path, name: str, content: str) -> None:
    """Make a volume with data, or with `content` "" a fresh one."""
    (root / name / "_data").mkdir(parents=True)
    if content:
        (root / name / "_data/PG_VERSION").write_text(content)


def content(root: Path, name: str) -> str | None:
    """Return what a volume has, "" when it is empty, None without `_data`."""
    if not (root / name / "_data").is_dir():
        return None
    file = root / name / "_data/PG_VERSION"
    return file.read_text() if file.exists() else ""


def test_a_reset_and_an_undo_move_the_data_and_nothing_else(tmp_path: Path) -> None:
    volume(tmp_path, "db", "old")
    volume(tmp_path, "k1", "")
    volume(tmp_path, "other", "precious")
    assert run(tmp_path, "swap", "k1", "k1") == (0, "kept")
    assert [content(tmp_path, name) for name in ("db", "k1", "other")] == ["", "old", "precious"]
    (tmp_path / "db/_data/PG_VERSION").write_text("new")
    volume(tmp_path, "k2", "")
    assert run(tmp_path, "swap", "k2", "k1") == (0, "kept")
    assert [content(tmp_path, name) for name in ("db", "k1", "k2", "other")] == ["old", None, "new", "precious"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["db", "k1", "k2", "other"]
    assert run(tmp_path, "settle", "k2", "k1") == (0, "kept")
    shutil.rmtree(tmp_path / "k1")  # also when the volume that it came from is removed
    assert run(tmp_path, "settle", "k2", "k1") == (0, "kept")


@pytest.mark.parametrize("source", ["k1", "k2"], ids=["undo", "reset"])
def test_cut_off_after_any_change_it_is_finished_or_taken_back(tmp_path: Path, source: str) -> None:
    comes = "older" if source == "k1" else ""
    outcomes = []
    for changes in range(20):
        root = tmp_path / str(changes)
        volume(root, "db", "old")
        volume(root, "k1", "older")
        volume(root, "k2", "")
        code, _ = run(root, "swap", "k2", source, changes=changes)
        again, settled = run(root, "settle", "k2", source)
        assert again == 0
        assert run(root, "settle", "k2", source) == (0, settled)
        expected = (comes, "old") if settled == "kept" else ("old", None if source == "k1" else "")
        kept = content(root, "k2")
        assert (content(root, "db"), kept or expected[1]) == expected
        assert content(root, "k1") == (None if source == "k1" and settled == "kept" else "older")
        outcomes.append(settled)
        if code == 0:
            break
    else:
        pytest.fail("the swap never came to its end")
    assert outcomes == sorted(outcomes, reverse=True)  # first it is taken back, from some point on it is finished
    assert set(outcomes) == {"not", "kept"}


@pytest.mark.parametrize("changes", range(4))
def test_a_settlement_that_is_cut_off_is_settled_by_the_next(tmp_path: Path, changes: int) -> None:
    for at in range(3, 9):
        root = tmp_path / str(at)
        volume(root, "db", "old")
        volume(root, "k1", "older")
        volume(root, "k2", "")
        run(root, "swap", "k2", "k1", changes=at)
        run(root, "settle", "k2", "k1", changes=changes)
        code, outcome = run(root, "settle", "k2", "k1")
        found = {name: content(root, name) for name in ("db", "k1", "k2")}
        assert code == 0
        assert found["db"] == ("older" if outcome == "kept" else "old")
        assert (found["k2"] if outcome == "kept" else found["k1"]) == ("old" if outcome == "kept" else "older")


def test_a_volume_without_a_database_is_not_kept(tmp_path: Path) -> None:
    volume(tmp_path, "db", "")
    volume(tmp_path, "k1", "")
    assert run(tmp_path, "swap", "k1", "k1") == (0, "empty")


def test_the_data_of_postgresql_18_counts_though_it_lies_deeper(tmp_path: Path) -> None:
    volume(tmp_path, "db", "")
    volume(tmp_path, "k1", "")
    (tmp_path / "db/_data/18/docker").mkdir(parents=True)
    (tmp_path / "db/_data/18/docker/PG_VERSION").write_text("18\n")
    assert run(tmp_path, "swap", "k1", "k1", last=2) == (0, "server 18\nkept")


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ((), "there is no folder of the volume db"),
        (("db",), "there is no folder of the volume k1"),
        (("db", "k1/_data"), "the volume db has no folder _data"),
        (("db/_data", "k1"), "the volume k1 has no folder _data"),
        (("db/_data", "k1/_data", "k1/_kept"), "the volume k1 has been used already"),
    ],
)
def test_what_is_not_as_it_must_be_is_left_alone(tmp_path: Path, there: tuple[str, ...], said: str) -> None:
    for name in there:
        (tmp_path / name).mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    assert run(tmp_path, "swap", "k1", "k1") == (1, said)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_in_the_place_of_a_volume_is_not_followed(tmp_path: Path) -> None:
    volume(tmp_path, "elsewhere", "precious")
    volume(tmp_path, "k1", "")
    (tmp_path / "db").symlink_to(tmp_path / "elsewhere")
    assert run(tmp_path, "swap", "k1", "k1") == (1, "there is no folder of the volume db")
    assert content(tmp_path, "elsewhere") == "precious"
