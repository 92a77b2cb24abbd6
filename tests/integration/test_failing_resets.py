"""Resets that fail again and again: what was there before the first of them stays for `undo`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import address_of, execute
from tests.integration.test_undo import rows
from tests.project import BACKEND, SEED, Project, make_project
from tests.team import TEMPLATE


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with a row of somebody's own; of each kind one state is kept."""
    project = make_project(tmp_path / "project", tmp_path / "home", 'engine = "embedded"', "undo-keep = 1")
    project.good("dev")
    execute(address_of(project), "INSERT INTO t1 VALUES (7)")
    yield project
    project.run("down")


def a_seed_that_fails(project: Project) -> None:
    project.write("seed.py", "raise SystemExit(1)")


def a_revision_that_fails(project: Project) -> None:
    project.revision("t3", "t2", upgrade='op.execute("SELECT 1 / 0")')


def a_backend_that_fails(project: Project) -> None:
    project.write("backend.py", "raise SystemExit(1)")


def mend(project: Project) -> None:
    project.write("seed.py", SEED)
    project.write("backend.py", BACKEND)
    (project.root / "alembic/versions/t3.py").unlink(missing_ok=True)


def kept(project: Project) -> list[dict[str, object]]:
    return list(project.good("undo", "--list", "--json").json["kept"])


def set_aside(project: Project) -> list[Path]:
    return list((project.home / "data").rglob(".pgdata.wipe-*"))


@pytest.mark.parametrize("broken", [a_seed_that_fails, a_revision_that_fails])
def test_what_a_failed_reset_leaves_takes_no_place_among_what_is_kept(
    project: Project, broken: Callable[[Project], None]
) -> None:
    broken(project)
    before = []
    for _ in range(3):
        assert project.run("reset", "--yes").code == 1
        before.append([one["id"] for one in kept(project)])
        assert len(set_aside(project)) == 1
    assert before[0] == before[1] == before[2] != []
    mend(project)
    project.good("reset", "--yes")
    assert [one["id"] for one in kept(project)] == before[0]
    project.good("undo")
    assert rows(project) == [1, 7]
    assert project.good("status", "--json").json["backend"]["healthy"]


def test_where_only_the_backend_fails_the_last_data_is_kept_beside_the_first(project: Project) -> None:
    """Somebody may have gone on working with it for days: whether the backend starts is nothing to the database."""
    a_backend_that_fails(project)
    for number in (8, 9, 10):
        assert project.run("reset", "--yes").code == 1
        execute(address_of(project), f"INSERT INTO t1 VALUES ({number})")
    last, first = kept(project)  # the newest first
    assert (first["half_made"], last["half_made"]) == (False, True)
    assert len(set_aside(project)) == 2
    said = project.run("undo", "--dry-run").err
    assert f"`nox -s undo -- {first['id']}` goes further, to {first['id']}: the data before `reset`" in said
    mend(project)
    project.good("undo")
    assert rows(project) == [1, 9]
    project.good("undo", str(first["id"]))
    assert rows(project) == [1, 7]


def test_where_databases_change_places_a_backend_that_fails_lets_nothing_go_either(project: Project) -> None:
    a_backend_that_fails(project)
    for _ in range(3):
        assert project.run("reset", "--fast", "--yes").code == 1
    first = kept(project)[-1]
    assert (first["kind"], first["half_made"]) == ("database", False)
    mend(project)
    project.good("undo", str(first["id"]))
    assert rows(project) == [1, 7]


def test_a_verb_that_changes_files_alone_does_not_end_a_reset_that_has_failed(project: Project) -> None:
    a_seed_that_fails(project)
    assert project.run("reset", "--yes").code == 1
    project.revision("x1", "t1")
    project.write("alembic/script.py.mako", TEMPLATE.read_text())
    project.good("merge")
    opened = [one for one in kept(project) if one["kind"] == "folder"]
    assert [one["open"] for one in opened] == [True]
    assert project.run("reset", "--yes").code == 1
    assert [one for one in kept(project) if one["kind"] == "folder"] == opened


@pytest.mark.parametrize("resets", [False, True])
def test_an_undo_of_what_a_failed_verb_has_left_keeps_the_way_to_what_was_before_it(
    project: Project, *, resets: bool
) -> None:
    """It does not end the trouble: no verb after it takes the place of the last whole state."""
    if resets:
        a_seed_that_fails(project)
        assert project.run("reset", "--yes").code == 1
        mend(project)
    project.revision("b1", "t2", upgrade='op.execute("DELETE FROM t1")')
    project.revision("t3", "b1", upgrade='op.execute("SELECT 1 / 0")')
    assert project.run("migrate").code == 1
    mend(project)
    project.good("reset", "--fast", "--yes")
    first = next(one for one in kept(project) if not one["half_made"])
    assert f"`nox -s undo -- {first['id']}` goes further" in project.good("undo").err
    assert project.run("migrate", "nothing").code
    project.good("undo", str(first["id"]))
    assert rows(project) == [1, 7]


def test_what_failed_verbs_have_kept_in_data_that_was_set_aside_comes_back_with_it(project: Project) -> None:
    project.revision("b1", "t2", upgrade='op.execute("DELETE FROM t1")')
    project.revision("t3", "b1", upgrade='op.execute("SELECT 1 / 0")')
    assert [project.run("migrate").code, project.run("migrate").code] == [1, 1]
    first = kept(project)[-1]
    mend(project)
    a_seed_that_fails(project)
    assert project.run("reset", "--yes").code == 1
    mend(project)
    project.good("dev")
    assert project.good("dev").err.count("up and at") == 1, (
        "what lies in the data that was set aside is not to be ended"
    )
    project.good("undo")
    assert kept(project)[-1] == first
    project.good("undo", str(first["id"]))
    assert rows(project) == [1, 7]
