"""`reset --fast`: the order of a swap, what it makes first, and each reason to wipe instead."""

from dataclasses import replace
from typing import Any

import pytest

from nox_alembic.core.copies.siblings import Mark, Sibling
from nox_alembic.core.copies.space import Room
from nox_alembic.core.copies.spare_databases import Cluster, SwapFacts
from nox_alembic.core.copies.spares import Needs
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.facts import Facts
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitReconnect,
    KillServices,
    ProvideImages,
    StartServices,
)
from nox_alembic.core.steps.spare_databases import DropSpares, KeepSpare, MakeNew, MigrateNew, SeedNew
from nox_alembic.core.steps.undo import CloseUndo, LetGo, SwapDatabases
from nox_alembic.core.verbs import Options, reset
from nox_alembic.core.verbs import spares as sparing
from tests.unit.core.make import SEED, chain, config, engine, told, up

FAST = Options(fast=True)
CLUSTER = Cluster(roles={"dds": "t"}, settings={"work_mem": "4096"})
NEEDS = Needs(files={"a1": "1", "b2": "2", "c3": "3"}, seed="seed.py")
SWAP = SwapFacts(may_create=True, record=CLUSTER.record, cluster=CLUSTER, needs=NEEDS)
HISTORY = chain("a1", "b2", "c3")
BASE, SPARE = "ddsurveys__base", "ddsurveys__spare"


def spare(*revisions: str, seeded: bool = False) -> Sibling:
    digest = SWAP.digest(HISTORY, revisions, seeded=seeded)
    mark = Mark(role="spare", of="ddsurveys", environment="dev", verb="reset", at="", revisions=revisions,
                digest=digest, seeded=seeded)  # fmt: skip
    return Sibling(SPARE if seeded else BASE, mark)


def running(*spares: Sibling, **fields: Any) -> Facts:
    return up(**{"swap_facts": replace(SWAP, spares=spares), **fields})


def test_with_a_spare_database_a_reset_is_a_copy_a_swap_and_one_start_of_the_backend() -> None:
    assert reset.reset(config(), running(spare("c3", seeded=True)), FAST) == Plan(
        steps=(
            MakeNew(SPARE, kills=True),
            SwapDatabases("ddsurveys", "reset", ("c3",)),
            StartServices(("backend",)),
            LetGo(),
            AwaitBackend(60),
            CloseUndo(),
        ),
        destroys='what is in the database "ddsurveys" now, which `undo` brings back',
    )


def test_a_backend_that_reconnects_is_neither_ended_nor_started() -> None:
    steps = reset.reset(config(fast_backend="reconnect"), running(spare("c3", seeded=True)), FAST).steps
    assert steps == (
        MakeNew(SPARE),
        SwapDatabases("ddsurveys", "reset", ("c3",)),
        LetGo(),
        AwaitReconnect(("backend",), 60),
        CloseUndo(),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"healthy": False},
        {"current": ("b2",)},
        {"engine": replace(up().engine, stopped=("backend",))},
    ],
)
def test_a_backend_that_was_not_well_or_on_another_schema_is_started_again(fields: dict[str, Any]) -> None:
    reconnecting = config(fast_backend="reconnect")
    steps = reset.reset(reconnecting, running(spare("c3", seeded=True), **fields), FAST).steps
    assert steps == reset.reset(config(), running(spare("c3", seeded=True), **fields), FAST).steps
    assert StartServices(("backend",)) in steps


def test_a_reset_to_an_earlier_revision_ends_the_backend_in_any_case() -> None:
    plan = reset.reset(config(fast_backend="reconnect"), running(spare("b2")), replace(FAST, revision="b2"))
    assert KillServices() in plan.steps


def test_the_first_time_both_spare_databases_are_made_before_anything_is_ended() -> None:
    steps = reset.reset(config(), running(), FAST).steps
    assert steps[:7] == (
        MakeNew(),
        MigrateNew("heads", ("a1", "b2", "c3")),
        KeepSpare(("c3",), SWAP.digest(HISTORY, ["c3"], seeded=False)),
        MakeNew(BASE),
        SeedNew(SEED),
        KeepSpare(("c3",), SWAP.digest(HISTORY, ["c3"], seeded=True), seeded=True),
        MakeNew(SPARE, kills=True),
    )


def test_of_a_longer_history_only_the_rest_is_migrated() -> None:
    steps = reset.reset(config(), running(spare("b2"), spare("b2", seeded=True)), FAST).steps
    assert steps[:3] == (
        MakeNew(BASE),
        MigrateNew("heads", ("c3",)),
        KeepSpare(("c3",), SWAP.digest(HISTORY, ["c3"], seeded=False)),
    )
    assert SeedNew(SEED) in steps


@pytest.mark.parametrize(("options", "settings"), [(replace(FAST, seed=False), {}), (FAST, {"seed": ()})])
def test_without_a_seed_the_spare_database_without_one_is_copied(options: Options, settings: dict[str, Any]) -> None:
    steps = reset.reset(config(**settings), running(spare("c3"), spare("c3", seeded=True)), options).steps
    assert steps[0] == MakeNew(BASE, kills=True)


def test_an_earlier_revision_is_made_from_what_leads_to_it_and_the_backend_stays_down() -> None:
    plan = reset.reset(config(), running(spare("a1")), replace(FAST, revision="b2"))
    assert plan.steps == (
        MakeNew(BASE),
        MigrateNew("b2", ("b2",)),
        KillServices(),
        SwapDatabases("ddsurveys", "reset", ("c3",)),
        CloseUndo(),
    )
    assert plan.notes == ("stops at b2: neither seed nor backend work before head",)
    assert reset.reset(config(), running(spare("c3")), replace(FAST, revision="b2")).steps[0] == MakeNew()
    assert reset.reset(config(), running(spare("b2")), replace(FAST, revision="b2")).steps[1] == KillServices()


def test_what_does_not_run_need_not_be_killed_and_missing_images_come_first() -> None:
    stopped = replace(up().engine, stopped=("backend",), missing_images=("backend:dev",))
    steps = reset.reset(config(), running(spare("c3", seeded=True), engine=stopped), FAST).steps
    assert steps[0] == ProvideImages(("backend:dev",))
    assert MakeNew(SPARE) in steps


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"current": None, "swap_facts": None}, "the compose database does not answer"),
        ({"swap_facts": None}, "the compose database does not answer"),
        (
            {"engine": replace(up().engine, outdated=True)},
            "the server runs from another image than the project names now",
        ),
        ({"history": History()}, "the project has no revisions to make a database from"),
        (
            {"swap_facts": replace(SWAP, may_create=False)},
            'the user "dds" may not make and rename databases',
        ),
        ({"swap_facts": replace(SWAP, record="")}, "the server was not recorded when its data was fresh"),
        (
            {"swap_facts": replace(SWAP, cluster=Cluster())},
            "the server has other roles and settings than fresh data would have",
        ),
        ({"swap_facts": replace(SWAP, needs=Needs(files={"a1": "1"}))}, "not all revision files can be read here"),
    ],
)
def test_where_no_database_can_be_swapped_in_the_data_is_wiped_and_the_plan_says_why(
    fields: dict[str, Any], reason: str
) -> None:
    facts = running(**fields)
    plan = reset.reset(config(), facts, FAST)
    assert plan.notes[0] == f"not by a swap, since {reason}: the data is wiped"
    assert plan.steps == reset.reset(config(), facts, Options()).steps


def test_a_stopped_environment_is_wiped() -> None:
    plan = reset.reset(config(), up(engine=engine(data_present=True), current=None), FAST)
    assert plan.notes == ("not by a swap, since the compose database does not answer: the data is wiped",)


def test_without_fast_it_is_the_wipe() -> None:
    assert reset.reset(config(), running(), Options()) == reset.reset(config(), running(), Options())


@pytest.mark.parametrize(
    ("facts", "settings", "id_"),
    [
        (running(), {"protected": True}, "NA013"),
    ],
)
def test_a_swap_is_refused_where_a_wipe_is(facts: Facts, settings: dict[str, Any], id_: str) -> None:
    with pytest.raises(NoxAlembicError) as error:
        reset.reset(config(**settings), facts, FAST)
    assert told(error)[0] == id_


def test_a_seed_whose_files_nobody_knows_runs_each_time() -> None:
    swap_facts = replace(SWAP, needs=replace(NEEDS, seed=""))
    base = replace(spare("c3").mark, digest=swap_facts.digest(HISTORY, ["c3"], seeded=False))
    facts = up(swap_facts=replace(swap_facts, spares=(Sibling(BASE, base),)))
    assert reset.reset(config(), facts, FAST).steps[:3] == (MakeNew(BASE), SeedNew(SEED), KillServices())


def test_a_spare_database_is_kept_up_to_date_in_the_background_once_there_is_one() -> None:
    made = (
        MakeNew(BASE, apart=True),
        MigrateNew("heads", ("c3",), apart=True),
        KeepSpare(("c3",), SWAP.digest(HISTORY, ["c3"], seeded=False), apart=True),
        MakeNew(BASE, apart=True),
        SeedNew(SEED, apart=True),
        KeepSpare(("c3",), SWAP.digest(HISTORY, ["c3"], seeded=True), seeded=True, apart=True),
    )
    background = Options(background=True)
    assert sparing.spare(config(), running(spare("b2")), background).steps[:6] == made
    assert not any(isinstance(step, MakeNew) for step in sparing.spare(config(), running(), background).steps)
    assert MakeNew(apart=True) in sparing.spare(config(), running(), Options()).steps
    assert sparing.spare(config(), running(spare("b2")), Options(delete=True)).steps == (DropSpares((BASE,)),)


def test_a_swap_is_refused_where_the_server_would_find_no_room_for_a_new_database() -> None:
    with pytest.raises(NoxAlembicError) as error:
        reset.reset(config(), running(room=Room(free=49_000_000)), FAST)
    assert told(error) == (
        "NA664",
        "a new database is made where 50.0 MB are free, and there are 49.0 MB",
        "nothing was changed; make room on the disk of the data",
    )
