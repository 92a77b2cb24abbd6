"""Snapshots by real programs on real files: a dump is a program's output, and a restore reads it."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nox_alembic.core.copies.siblings import Mark
from nox_alembic.core.copies.snapshots import Uncomputable
from nox_alembic.core.errors import FailedError, PreconditionError, RefusedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.steps.snapshots import (
    CheckSnapshot,
    ClearLeftovers,
    DeleteSnapshots,
    LoadSnapshot,
    SaveSnapshot,
)
from nox_alembic.edges.system.invocation import Invocation
from nox_alembic.report import Reporter
from nox_alembic.run.acts.snapshots import Snapshots
from tests.unit.core.make import told, up
from tests.unit.fakes import FakeEngine, FakeServer, World
from tests.unit.fakes_of_checks import FakeSiblings

PROGRAMS = {
    "pg_dump": "import sys; sys.stdout.write('PGDMP' + 'rows ' * 999)",
    "pg_restore": "import sys; assert sys.stdin.read() == 'PGDMP' + 'rows ' * 999",
}


class Dumping(FakeEngine):
    """An engine whose client programs are Python."""

    def client(self, program: str, *, terminal: bool = False) -> Invocation:
        return Invocation((sys.executable, "-c", PROGRAMS[program]), {})


@dataclass
class FakeRestoring:
    """A database that could be restored, on a server with its user and one more role."""

    found: tuple[Uncomputable, ...] = ()
    there: tuple[str, ...] = ("dds", "app")

    def uncomputable(self, address: DatabaseAddress) -> tuple[Uncomputable, ...]:
        return self.found

    def roles_needed(self, address: DatabaseAddress) -> tuple[str, ...]:
        return ("app",)

    def roles(self, address: DatabaseAddress) -> tuple[str, ...]:
        return self.there


@pytest.fixture
def act(tmp_path: Path) -> Snapshots:
    world = World(current=("c3",), notes={"seed": "done"})
    siblings = FakeSiblings(world)
    return Snapshots(
        engine=Dumping(world), server=FakeServer(world), siblings=siblings, dropping=siblings,
        restoring=FakeRestoring(),
        folder=tmp_path / "snapshots",
        root=tmp_path, environment="dev", timeout=60, report=Reporter("snapshot save"),
    )  # fmt: skip


def events(act: Snapshots) -> list[str]:
    assert isinstance(act.engine, Dumping)
    return act.engine.world.events


def test_a_database_is_dumped_while_no_migration_runs_and_restored_into_a_new_one(act: Snapshots) -> None:
    assert act.do(SaveSnapshot("before")) == "done"
    assert events(act) == ["lock", "unlock"]
    (saved,) = act.shelf.snapshots
    assert (saved.name, saved.revisions, saved.seed, saved.dump_size) == ("before", ("c3",), "done", 5000)
    act.do(CheckSnapshot(saved))
    act.do(LoadSnapshot(saved))
    assert events(act)[2:] == ["create new of ddsurveys for snapshot restore from nothing"]


def test_what_could_not_be_restored_is_not_saved(act: Snapshots) -> None:
    found = Uncomputable(
        what="the generated column t1.twice", why="function twice(integer) does not exist",
        functions=("public.double(integer)",), schema="public",
    )  # fmt: skip
    other = replace(found, what="the constraint positive of t2", why="no")
    with pytest.raises(FailedError) as error:
        replace(act, restoring=FakeRestoring((found, other))).do(SaveSnapshot("before"))
    message = "a dump of the database could not be restored, and there is no snapshot: the generated column t1.twice"
    cure = "`ALTER FUNCTION public.double(integer) SET search_path = public` in a revision"
    hint = f"a restore runs without a search_path: {cure}, or name the schema in its body"
    assert told(error) == ("NA618", f"{message}, and 1 more", hint)
    assert error.value.detail.splitlines()[0] == "the generated column t1.twice: function twice(integer) does not exist"
    assert act.shelf.snapshots == ()


def test_roles_that_the_server_lacks_are_noticed_before_anything_is_changed(act: Snapshots) -> None:
    act.do(SaveSnapshot("before"))
    (saved,) = act.shelf.snapshots
    assert saved.roles == ("app",)
    bare = replace(act, restoring=FakeRestoring(there=("dds",)))
    with pytest.raises(PreconditionError) as error:
        bare.do(CheckSnapshot(replace(saved, roles=("app", "Odd one"))))
    make = '`nox -s sql -- -c "CREATE ROLE app; CREATE ROLE \\"Odd one\\""` makes them'
    assert told(error) == (
        "NA619",
        'the snapshot "before" names roles that the server does not have: app, Odd one',
        f"nothing was changed; {make}, then the same command again",
    )
    bare.do(CheckSnapshot(replace(saved, user="another")))  # whose owners and grants are left out


def test_a_restore_that_ends_at_another_revision_leaves_nothing(act: Snapshots) -> None:
    act.do(SaveSnapshot("before"))
    (saved,) = act.shelf.snapshots
    assert isinstance(act.engine, Dumping)
    act.engine.world.current = ("a1",)
    with pytest.raises(FailedError) as error:
        act.do(LoadSnapshot(saved))
    message = "pg_restore ended without an error, and yet the new database is at a1, not at c3"
    hint = "nothing was changed; `nox -s snapshot -- list` shows the others"
    assert told(error) == ("NA614", message, hint)
    assert events(act)[-1] == "drop ddsurveys__new"


def test_a_snapshot_that_was_damaged_is_noticed_before_anything_is_changed(act: Snapshots) -> None:
    act.do(SaveSnapshot("before"))
    (saved,) = act.shelf.snapshots
    (dump,) = [path for path in (act.folder / "before").iterdir() if path.suffix != ".json"]
    dump.write_bytes(dump.read_bytes()[:-1])
    with pytest.raises(RefusedError, match="NA608"):
        act.do(CheckSnapshot(saved))


def test_snapshots_are_deleted_by_name(act: Snapshots) -> None:
    for name in ("a", "b", "c"):
        act.do(SaveSnapshot(name))
    act.do(DeleteSnapshots(("a", "c")))
    assert [one.name for one in act.shelf.snapshots] == ["b"]


def test_what_killed_runs_have_left_is_seen_and_removed_on_disk_and_in_the_server(act: Snapshots) -> None:
    half_made = Mark(role="new", of="ddsurveys", environment="dev", verb="snapshot restore", at="now")
    assert isinstance(act.dropping, FakeSiblings)
    act.dropping.there["ddsurveys__new"] = half_made
    seen = act.probe(up())
    assert (seen.left, seen.server_version) == (("ddsurveys__new",), "18.1")
    act.do(ClearLeftovers())
    assert events(act) == ["drop ddsurveys__new"]
