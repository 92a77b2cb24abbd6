"""The runner on fakes: one edge call a step, in the order of the plan, and a second look where it matters."""

import contextlib
import typing
from pathlib import Path

import pytest

from nox_alembic.core.catalogue import Catalogue, Item
from nox_alembic.core.errors import FailedError, FindingError, NoxAlembicError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.revisions.changes import Change, Draft, NewFile
from nox_alembic.core.revisions.orphans import Orphans
from nox_alembic.core.steps import (
    AcceptFiles,
    ApplyRevision,
    AwaitBackend,
    AwaitDatabase,
    AwaitEdit,
    AwaitReconnect,
    CheckSnapshot,
    ClearLeftovers,
    ClearSpares,
    CloseUndo,
    CompareModels,
    ConfirmSpare,
    CopyRevisionFiles,
    DeleteSnapshots,
    Discard,
    DiscardData,
    Down,
    Downgrade,
    DowngradeOrphans,
    DropIndex,
    DropShadow,
    DropSpares,
    Foreground,
    KeepDatabase,
    KeepSpare,
    Kill,
    KillServices,
    LintSql,
    LoadSnapshot,
    MakeFolder,
    MakeNew,
    MakeShadow,
    MakeSpare,
    MarkDatabase,
    Migrate,
    MigrateNew,
    NoteRebase,
    NoteUndone,
    OpenUndo,
    Plan,
    PrintUpgradeSql,
    ProveOwnership,
    ProvideImages,
    PutBack,
    Rehearse,
    ReplaceFile,
    RunTests,
    SaveSnapshot,
    Seed,
    SeedNew,
    SetDataAside,
    Settle,
    Stamp,
    StartDatabase,
    StartServices,
    Step,
    StopBackend,
    SwapBack,
    SwapDatabases,
    Sweep,
    UseSpare,
    WriteMerge,
    WriteRevision,
)
from nox_alembic.report import Reporter
from nox_alembic.run.ports import Tools
from nox_alembic.run.runner import Runner
from tests.unit.core.make import ADDRESS, COPY, FOLDER, KEPT, ROOT, SAVED, SEED, SPARE, chain, config, orphan
from tests.unit.fakes import (
    FakeBackend,
    FakeClones,
    FakeCommands,
    FakeDatabase,
    FakeEngine,
    FakeFiles,
    FakeKeeping,
    FakeKept,
    FakeMigrations,
    FakePerson,
    FakeRecords,
    FakeSafe,
    FakeSnapshots,
    FakeSpares,
    World,
)
from tests.unit.fakes_of_checks import FakeAside, FakeClusters, FakeLinter, FakeRepairs


class Bench:
    """A runner with its fakes and what it said."""

    def __init__(self) -> None:
        self.world = World()
        self.commands = FakeCommands(self.world)
        self.safe, self.keeping = FakeSafe(self.world), FakeKeeping(self.world)
        self.fingerprints, self.kept = FakeRecords(), FakeKept()
        self.report = Reporter("reset")
        self.repairs = FakeRepairs(self.world)
        self.linter, self.clusters = FakeLinter(self.world), FakeClusters(self.world)
        self.spares = FakeSpares(self.world)
        migrations, files = FakeMigrations(self.world), FakeFiles(self.world)
        rehearsing = FakeMigrations(self.world, beside=True)
        clones = FakeClones(self.world)
        self.tools = Tools(
            config=config(),
            engine=FakeEngine(self.world),
            history=chain("a1", "b2", "c3"),
            configuration=Path("/project/alembic.ini"),
            database=FakeDatabase(self.world),
            backend=FakeBackend(self.world),
            migrations=lambda: migrations,
            fingerprints=self.fingerprints,
            keep=self.kept.keep,
            rehearsing=lambda: contextlib.nullcontext(rehearsing),
            clones=clones,
            catalogue=clones.read,
            person=FakePerson(self.world),
            inspection=self.repairs,
            repairs=self.repairs,
            clusters=self.clusters,
            aside=FakeAside(self.world),
            linter=self.linter,
            reread=lambda: chain("a1", "b2", "c3", "d4"),
            write_revision=lambda path, text: self.world.happened(f"write {path} {text}"),
            safe=self.safe,
            keeping=lambda: self.keeping,
            snapshots=lambda: FakeSnapshots(self.world),
            spares=lambda: self.spares,
            beside=lambda _engine, _mark, _plan: None,
            command=self.commands,
            replace_file=files.replace,
            write_head=files.write_head,
        )

    def run(self, *steps: Step, lastly: tuple[Foreground, ...] = ()) -> list[str]:
        Runner(self.tools, self.report).run(Plan(steps, lastly=lastly))
        return self.world.events

    def refusal(self, *steps: Step, lastly: tuple[Foreground, ...] = ()) -> NoxAlembicError:
        with pytest.raises(NoxAlembicError) as error:
            self.run(*steps, lastly=lastly)
        return error.value


@pytest.fixture
def bench() -> Bench:
    return Bench()


CALLS: list[tuple[Step, str]] = [
    (ProvideImages(("postgres:17",)), "images postgres:17"),
    (ProveOwnership(), "prove"),
    (Kill(), "kill"),
    (Down(), "down"),
    (SetDataAside(FOLDER), "wipe /project/volumes/db"),
    (PutBack(FOLDER, KEPT), "put back .db.wipe"),
    (KeepDatabase("migrate", "heads"), "keep before migrate, 3 revisions"),
    (OpenUndo("merge", ("c3",), ()), "open merge"),
    (SwapBack(COPY, ("b2",)), "swap back ddsurveys__before_20261125t200000000z"),
    (NoteUndone(KEPT, ("c3",)), "undone 0ab1c2"),
    (CloseUndo(), "close"),
    (Settle(DataLocation(kind="volume", volume="v")), "settle"),
    (DiscardData(DataLocation(kind="volume", volume="v")), "discard data"),
    (Sweep(FOLDER), "sweep"),
    (StartDatabase(), "start database"),
    (AwaitDatabase(7), "await database 7"),
    (PrintUpgradeSql("a1", "heads"), "sql a1:heads"),
    (DropShadow(), "drop nox_alembic_shadow"),
    (StartServices(("backend", "redis")), "start backend,redis"),
    (AwaitBackend(9), "await backend 9"),
    (SaveSnapshot("s"), "save s"),
    (CheckSnapshot(SAVED), "check before-rooms"),
    (LoadSnapshot(SAVED), "load before-rooms"),
    (StopBackend(), "stop backend"),
    (KillServices(), "kill services"),
    (MakeNew(), "create new of ddsurveys for reset from nothing"),
    (MakeNew("ddsurveys__spare"), "create new of ddsurveys for reset from ddsurveys__spare"),
    (MakeNew(apart=True), "create making of ddsurveys for reset from nothing"),
    (KeepSpare(("c3",), "digest"), "keep spare at c3"),
    (KeepSpare(("c3",), "digest", apart=True), "keep spare at c3 apart"),
    (DropSpares(("a__base", "a__spare")), "drop a__base,a__spare"),
    (KeepSpare(("c3",), "digest", seeded=True), "keep spare at c3 seeded"),
    (SwapDatabases("ddsurveys", "snapshot restore", ("c3",)), "swap ddsurveys for snapshot restore"),
    (DeleteSnapshots(("a", "b")), "delete a,b"),
    (ClearLeftovers(), "clear"),
    (UseSpare(FOLDER, SPARE), "use .db.base"),
    (MakeSpare("base", FOLDER, ("c3",), SPARE.needs), "make base"),
    (ClearSpares(FOLDER, (".db.base", ".db.old")), "clear .db.base,.db.old"),
    (RunTests(("pytest", "-q")), "command pytest -q"),
    (Discard(), "discard"),
    (ReplaceFile(ROOT / "alembic/head", None, b"a1", "write"), "replace /project/alembic/head None b'a1'"),
]


@pytest.mark.parametrize(("step", "event"), CALLS)
def test_each_step_is_one_call_of_one_edge(bench: Bench, step: Step, event: str) -> None:
    assert bench.run(step) == [event]


def test_every_step_has_its_test() -> None:
    """`assert_never` makes mypy find a step without a case; this finds a step without a test."""
    tested = {type(step) for step, _ in CALLS} | {
        MakeFolder,
        Migrate,
        MigrateNew,
        SeedNew,
        Downgrade,
        DowngradeOrphans,
        CopyRevisionFiles,
        Rehearse,
        AwaitEdit,
        Seed,
        MakeShadow,
        ConfirmSpare,
        MarkDatabase,
        WriteRevision,
        ApplyRevision,
        NoteRebase,
        WriteMerge,
        CompareModels,
        LintSql,
        Stamp,
        AcceptFiles,
        DropIndex,
        AwaitReconnect,
    }
    assert tested == set(typing.get_args(Step))


def test_a_spare_whose_database_is_somewhere_else_is_no_spare(bench: Bench) -> None:
    bench.world.current = ("a1",)
    error = bench.refusal(ConfirmSpare(("c3",)))
    message = "the database of the spare is at a1, and not at c3 as it was when it was made"
    assert (error.id, error.message) == ("NA653", message)
    assert error.hint == "`nox -s reset -- --cold` begins with nothing"


@pytest.mark.parametrize(("pending", "note"), [(True, "pending"), (False, ""), (None, "done")])
def test_a_spare_is_to_be_seeded_or_not_as_the_reset_wants_it(bench: Bench, pending: bool | None, note: str) -> None:
    bench.world.notes["seed"] = "done"
    bench.world.current = ("c3",)
    bench.run(ConfirmSpare(("c3",), pending))
    assert bench.world.notes["seed"] == note


def test_what_stays_of_a_deleted_spare_is_a_warning(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.spares.left = ("volumes/.db.old could not be deleted",)
    bench.run(ClearSpares(FOLDER, (".db.old",)), MarkDatabase("word"))
    assert bench.world.notes["spare"] == "word"
    assert "warning: volumes/.db.old could not be deleted" in capsys.readouterr().err


def test_the_data_folder_is_made_with_its_parents(bench: Bench, tmp_path: Path) -> None:
    bench.run(MakeFolder(DataLocation(kind="folder", path=tmp_path / "volumes/db", within=tmp_path)))
    assert (tmp_path / "volumes/db").is_dir()


def test_a_migration_runs_under_the_lock_and_notes_that_the_seed_is_to_come(bench: Bench) -> None:
    assert bench.run(Migrate("heads", seed_later=True)) == ["lock", "upgrade heads", "unlock"]
    assert bench.world.notes == {"seed": "pending"}


def test_a_database_with_a_history_is_not_new_and_gets_no_note(bench: Bench) -> None:
    bench.world.current = ("a1",)
    bench.run(Migrate("heads", seed_later=True))
    assert bench.world.notes == {}


def test_what_another_run_has_applied_meanwhile_is_not_applied_again(bench: Bench) -> None:
    bench.world.current = ("c3",)
    assert bench.run(Migrate("heads", ("c3",))) == ["lock", "unlock"]
    assert bench.report.steps[0].outcome == "not needed"


def test_a_migration_that_does_not_commit_is_noticed(bench: Bench) -> None:
    bench.world.forgets = True
    error = bench.refusal(Migrate("heads"))
    assert str(error) == (
        "NA406: the migration ended without an error, and yet the database has a1, b2, c3 not applied after the upgrade"
    )


def test_a_downgrade_that_does_not_commit_is_noticed(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("c3",), True
    assert bench.refusal(Downgrade("b2", ("c3",))).message.endswith("c3 still applied after the downgrade")


def test_a_downgrade_runs_under_the_lock(bench: Bench) -> None:
    bench.world.current = ("c3",)
    assert bench.run(Downgrade("b2", ("c3",))) == ["lock", "downgrade b2", "unlock"]


def test_a_rehearsal_asks_for_what_is_lost_and_only_then_the_database_is_touched(bench: Bench) -> None:
    table = Item("table", "t1")
    before = Catalogue(items={("table", "t1"): table}, rows={"t1": 7})
    after = Catalogue(items={("table", "t1"): table}, rows={"t1": 0})
    bench.world.current = ("c3",)
    bench.world.catalogues = [Catalogue(), Catalogue(), before, Catalogue(), after]
    events = bench.run(Rehearse("b2", ("c3",), ("c3",)), Downgrade("b2", ("c3",)))
    assert events[-5:] == [
        "drop the copy",
        "consent to: table t1: 7 rows before, 0 after",
        "lock",
        "downgrade b2",
        "unlock",
    ]
    assert bench.report.fields["rehearsal"] == {
        "lost": ["table t1: 7 rows before, 0 after"],
        "changed": [],
        "left_behind": [],
    }


def test_a_rehearsal_without_a_loss_asks_nobody(bench: Bench) -> None:
    bench.world.current = ("c3",)
    assert not any("consent" in event for event in bench.run(Rehearse("b2", ("c3",), ("c3",))))


def test_an_edited_script_is_applied_by_the_history_that_is_read_again(bench: Bench) -> None:
    bench.world.current = ("c3",)
    steps = (AwaitEdit("d4", "/project/d4.py"), Migrate("d4", reread=True))
    assert bench.run(*steps) == ["edit /project/d4.py", "lock", "upgrade d4", "unlock"]
    assert "warnings" not in bench.report.fields


def test_a_script_that_was_not_edited_is_told(bench: Bench) -> None:
    bench.world.edited = False
    bench.run(AwaitEdit("c3", "/project/c3.py"))
    assert bench.report.fields["warnings"] == ["/project/c3.py has not changed: it is applied again as it was"]


def test_a_revision_that_the_edit_has_removed_is_not_silently_left_out(bench: Bench) -> None:
    error = bench.refusal(AwaitEdit("e5", "/project/e5.py"))
    assert (error.id, error.message, error.hint) == (
        "NA439",
        "the revision e5, up to which the database is to go again, is in no file any more",
        "`nox -s migrate` goes up to the head that there is now",
    )


def test_a_revision_that_appeared_between_look_and_lock_is_refused(bench: Bench) -> None:
    bench.world.current = ("zz",)
    assert isinstance(bench.refusal(Migrate("heads")), FindingError)


def test_a_shadow_is_made_anew_and_upgraded_to_head(bench: Bench) -> None:
    assert bench.run(MakeShadow()) == ["make nox_alembic_shadow", "upgrade heads"]


def test_a_revision_is_drafted_on_the_shadow_written_and_told(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    change = Change("table added", "table rooms added")
    bench.world.draft = Draft((change,), (NewFile("alembic/versions/d4_rooms.py", "text"),))
    events = bench.run(WriteRevision("add rooms"))
    assert events == [
        "draft add rooms on nox_alembic_shadow",
        "write /project/alembic/versions/d4_rooms.py text",
        "head d4",
    ]
    assert capsys.readouterr().out == "- table rooms added\n"
    commit = "git add alembic/versions/d4_rooms.py alembic/head && git commit -m 'add rooms'"
    assert bench.report.fields["notes"] == [f"look at it, then commit it: {commit}"]


def test_without_changes_no_file_is_written(bench: Bench) -> None:
    assert bench.run(WriteRevision("nothing")) == ["draft nothing on nox_alembic_shadow"]
    assert bench.report.steps[0].outcome == "no changes, no file"


def test_an_empty_revision_needs_no_database(bench: Bench) -> None:
    bench.world.draft = Draft((), (NewFile("v/d4.py", "text"),))
    assert bench.run(WriteRevision("data", empty=True)) == [
        "draft data on nothing",
        "write /project/v/d4.py text",
        "head d4",
    ]


def test_a_new_revision_is_applied_by_the_history_that_has_it(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("c3",), True
    error = bench.refusal(ApplyRevision())
    assert "d4 not applied after the upgrade" in error.message


def test_an_upgrade_is_intended_before_it_runs_and_recorded_after_it(bench: Bench) -> None:
    bench.world.current, bench.fingerprints.recorded = ("a1",), {"a1": "as applied"}
    bench.world.fails = "upgrade heads"
    bench.refusal(Migrate("heads"))
    kept = {"b2": "bytes of b2", "c3": "bytes of c3"}
    assert (bench.fingerprints.recorded, bench.fingerprints.intentions) == ({"a1": "as applied"}, kept)
    bench.world.fails = ""
    bench.run(Migrate("heads"))
    assert (bench.fingerprints.recorded, bench.fingerprints.intentions) == ({"a1": "as applied", **kept}, {})


def test_a_run_that_was_cut_off_is_recorded_by_the_next_with_what_it_intended(bench: Bench) -> None:
    """The file may have been edited since; and what nobody intended is taken as it is now."""
    bench.world.current, bench.fingerprints.intentions = ("b2",), {"b2": "as intended", "c3": "never applied"}
    assert bench.run(CopyRevisionFiles()) == ["lock", "unlock"]
    assert (bench.fingerprints.recorded, bench.fingerprints.intentions) == (
        {"a1": "bytes of a1", "b2": "as intended"},
        {},
    )


def test_what_a_downgrade_takes_back_has_no_record_any_more(bench: Bench) -> None:
    bench.world.current, bench.fingerprints.recorded = ("c3",), {"a1": "1", "b2": "2", "c3": "3"}
    bench.run(Downgrade("b2", ("c3",)))
    assert bench.fingerprints.recorded == {"a1": "1", "b2": "2"}


def test_no_room_for_copies_is_a_warning_and_no_failure(bench: Bench) -> None:
    bench.kept.full = True
    assert "upgrade heads" in bench.run(Migrate("heads"))
    assert bench.fingerprints.recorded == {}
    assert (
        bench.report.fields["warnings"]
        == ["no copies of revision files are kept: [Errno 28] No space left on device"] * 2
    )


ORPHANS = Orphans(found=(orphan("x2", "x1"), orphan("x1", "b2")))


def test_revisions_of_another_branch_are_taken_back_by_their_files(bench: Bench) -> None:
    bench.world.current, bench.fingerprints.recorded = ("x2",), {"a1": "1", "b2": "2", "x1": "3", "x2": "4"}
    assert bench.run(DowngradeOrphans(ORPHANS)) == ["lock", "downgrade x1@b2 x2.py x1.py", "unlock"]
    assert bench.fingerprints.recorded == {"a1": "1", "b2": "2"}


def test_what_another_run_has_taken_back_meanwhile_is_not_taken_back_again(bench: Bench) -> None:
    bench.world.current = ("b2",)
    bench.run(DowngradeOrphans(ORPHANS))
    assert bench.report.steps[0].outcome == "not needed"


def test_a_script_of_another_branch_that_fails_says_what_is_applied_now(bench: Bench) -> None:
    bench.world.current, bench.world.fails = ("x2",), "downgrade x1@b2 x2.py x1.py"
    error = bench.refusal(DowngradeOrphans(ORPHANS))
    assert (error.id, error.message, error.hint) == (
        "NA440",
        "downgrade x1@b2 x2.py x1.py failed; the database is now at x2",
        "correct its downgrade after `git switch feature`, or `nox -s reset` makes a fresh database",
    )
    assert bench.world.events[-1] == "downgrade x1@b2 x2.py x1.py"


def test_a_script_of_another_branch_that_changes_nothing_is_noticed(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("x2",), True
    assert bench.refusal(DowngradeOrphans(ORPHANS)).message.endswith("x2 still applied after the downgrade")


def test_a_rebase_is_noted_in_the_database(bench: Bench) -> None:
    bench.run(NoteRebase("b2 onto c3"))
    assert bench.world.notes == {"rebase": "b2 onto c3"}


def test_a_merge_is_made_by_alembic_and_written(bench: Bench) -> None:
    events = bench.run(WriteMerge("m1", ("a1", "b2"), "join"))
    path = "/project/alembic/versions/m1.py"
    assert events == ["merge a1,b2 as m1: join", f"note {path} for merge", f"write {path} text"]


def test_a_database_with_nothing_to_lose_is_not_copied(bench: Bench) -> None:
    bench.keeping.copies = False
    bench.run(KeepDatabase("dev"))
    assert bench.report.steps[0].outcome == "not needed"


def test_files_that_were_written_are_named_to_be_committed(bench: Bench) -> None:
    bench.run(ReplaceFile(ROOT / "alembic/head", None, b"m1", "write"), WriteMerge("m1", ("a1", "b2"), "join"))
    assert bench.report.fields["written"] == ["alembic/head", "alembic/versions/m1.py"]


def test_a_new_head_that_fails_to_apply_has_a_way_back(bench: Bench) -> None:
    bench.world.current, bench.world.forgets = ("c3",), True
    error = bench.refusal(ApplyRevision("that undoes it"))
    assert error.hint == "look at `run_migrations_online` in env.py: does it commit?; that undoes it"


def test_the_seed_runs_once_with_the_url_and_away_from_stdout(bench: Bench) -> None:
    bench.world.notes["seed"] = "pending"
    assert bench.run(Seed(SEED), Seed(SEED)) == ["command python -m ddsurveys.seed quiet"]
    assert bench.commands.addresses == [ADDRESS]
    assert [step.outcome for step in bench.report.steps] == ["done", "not needed"]


def test_a_seed_that_fails_is_tried_again_by_the_next_run(bench: Bench) -> None:
    bench.world.notes["seed"], bench.world.command_code = "pending", 4
    assert bench.refusal(Seed(SEED)).message == "the seed command `python -m ddsurveys.seed` ended with 4"
    assert bench.world.notes["seed"] == "pending"


def test_failing_tests_fail_the_verb_and_the_environment_is_removed(bench: Bench) -> None:
    bench.world.command_code = 1
    error = bench.refusal(RunTests(("pytest",)), lastly=(Discard(),))
    assert str(error) == "NA504: the test command ended with 1"
    assert bench.world.events == ["command pytest", "discard"]


def test_nothing_runs_after_a_failure(bench: Bench) -> None:
    bench.world.fails = "kill"
    bench.refusal(Kill(), StartDatabase())
    assert bench.world.events == ["kill"]
    assert [step.outcome for step in bench.report.steps] == ["FAILED"]


def test_a_backend_that_reconnects_is_left_alone(bench: Bench) -> None:
    assert bench.run(AwaitReconnect(("backend",), 60)) == ["await backend 5"]


def test_a_backend_that_does_not_reconnect_is_started_again(bench: Bench) -> None:
    bench.world.fails = "await backend 5"
    bench.run(AwaitReconnect(("backend", "redis"), 60))
    assert bench.world.events == ["await backend 5", "kill services", "start backend,redis", "await backend 60"]
    assert [step.outcome for step in bench.report.steps] == ["started again"]


def test_what_a_sweep_leaves_is_a_warning_and_no_failure(bench: Bench) -> None:
    bench.safe.left = ["/project/volumes/.db.wipe could not be deleted"]
    bench.run(Sweep(FOLDER), StartDatabase())
    assert bench.report.fields["warnings"] == ["/project/volumes/.db.wipe could not be deleted"]


def test_a_wipe_says_how_the_old_data_comes_back(bench: Bench) -> None:
    bench.run(SetDataAside(FOLDER))
    assert bench.report.fields["notes"] == ["the old data is kept: `nox -s undo` brings it back"]


def test_a_migration_without_an_alembic_configuration_says_what_to_make(bench: Bench) -> None:
    bench.tools = Tools(**{**vars(bench.tools), "configuration": None})
    error = bench.refusal(PrintUpgradeSql("", "heads"))
    assert isinstance(error, FailedError)
    assert error.id == "NA007"


def test_a_new_database_is_migrated_by_an_alembic_that_cannot_reach_the_real_one(bench: Bench) -> None:
    bench.clusters.plain = True
    assert bench.run(MigrateNew("heads", ("c3",))) == [
        "lock",
        "upgrade ddsurveys__new to heads",
        "record ddsurveys__new",
        "unlock",
    ]


def test_a_history_that_does_not_replay_has_touched_nothing(bench: Bench) -> None:
    bench.world.fails = "upgrade ddsurveys__new to heads"
    error = bench.refusal(MigrateNew("heads"), KillServices())
    assert (error.id, error.message, error.hint) == (
        "NA661",
        f"the history does not replay in a new database, and the real one was not touched: {bench.world.fails} failed",
        "correct it and repeat, or `nox -s reset` without `--fast` wipes the data instead",
    )


def test_a_new_database_is_seeded_where_it_is_and_says_so(bench: Bench) -> None:
    assert bench.run(SeedNew(SEED)) == ["command python -m ddsurveys.seed quiet"]
    assert bench.commands.addresses[0].name == "ddsurveys__new"
    assert bench.world.notes == {"seed": "done"}


def test_a_seed_that_fails_in_a_new_database_has_touched_nothing(bench: Bench) -> None:
    bench.world.command_code = 3
    error = bench.refusal(SeedNew(SEED), KillServices())
    assert (error.id, error.message, error.hint) == (
        "NA662",
        "the seed command `python -m ddsurveys.seed` ended with 3 in a new database beside the real one",
        "correct it and repeat, or `nox -s reset` without `--fast` wipes the data instead",
    )


def test_the_first_migration_of_fresh_data_records_what_the_server_has(bench: Bench) -> None:
    bench.clusters.plain = False
    assert bench.run(Migrate("heads"))[-2:] == ["record ddsurveys, not plain", "unlock"]


def test_the_backend_is_ended_while_the_spare_database_is_copied(bench: Bench) -> None:
    copied = "create new of ddsurveys for reset from ddsurveys__spare"
    assert sorted(bench.run(MakeNew("ddsurveys__spare", kills=True))) == [copied, "kill services"]


def test_a_spare_database_is_made_beside_whatever_a_verb_makes(bench: Bench) -> None:
    assert bench.run(MigrateNew("heads", apart=True))[1] == "upgrade ddsurveys__making to heads"
    assert bench.run(SeedNew(SEED, apart=True))[-1] == "command python -m ddsurveys.seed quiet"
    assert bench.commands.addresses[0].name == "ddsurveys__making"
