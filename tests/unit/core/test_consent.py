"""What a plan takes away, in words, and the hash that stands for just that."""

from dataclasses import replace

import pytest

from nox_alembic.core.consent import Content, Inventory, Stored, deleted_snapshots, hash_of, takes_files
from nox_alembic.core.sizes import shown_size
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.snapshots import DeleteSnapshots
from nox_alembic.core.verbs import Options, migrate, reset
from tests.unit.core.make import ROOT, config, up

SAMPLE = Content(name="sample", tables=12, rows=1234, uncounted=0, size=8_100_000, trace="t1")
POSTGRES = Content(name="postgres", tables=0, rows=0, uncounted=0, size=7_400_000, trace="t2")
OLDER = Stored(place="/project/volumes/.db.wipe-1", size=44_100_000)
SEEN = Inventory(
    databases=(POSTGRES, SAMPLE), data=Stored(place="/project/volumes/db", size=45_200_000), older=(OLDER,)
)
STOPPED = Inventory(data=Stored(place="/project/volumes/db", size=45_200_000, trace="980 1764100000"))
RESET = reset.reset(config(), up(), Options())


def test_an_inventory_is_a_line_for_each_thing() -> None:
    assert SEEN.lines == (
        "database postgres: about 0 rows in 0 tables, 7.4 MB",
        "database sample: about 1,234 rows in 12 tables, 8.1 MB",
        "data: /project/volumes/db, 45.2 MB",
        "set aside by an earlier reset: /project/volumes/.db.wipe-1, 44.1 MB",
        "snapshots: none",
    )
    assert STOPPED.lines[0] == "databases: not known, since the server does not answer"


def test_its_summary_leaves_out_what_is_empty() -> None:
    assert SEEN.summary == (
        "database sample: about 1,234 rows in 12 tables, 8.1 MB; 1 older state, set aside by an earlier reset"
    )
    assert STOPPED.summary == ""


def test_tables_that_the_server_has_not_counted_are_no_empty_ones() -> None:
    one = replace(SAMPLE, tables=1, rows=1, uncounted=1)
    assert one.sentence == "database sample: about 1 row in 1 table (1 table not counted yet), 8.1 MB"


def test_a_reset_takes_files_and_a_downgrade_does_not() -> None:
    assert takes_files(RESET)
    assert not takes_files(migrate.downgrade(config(), up(), Options()))


def test_estimates_and_sizes_do_not_change_the_hash() -> None:
    later = replace(SEEN, databases=(POSTGRES, replace(SAMPLE, rows=1200, size=9_000_000, uncounted=1)))
    assert SEEN.data is not None
    later = replace(later, data=replace(SEEN.data, size=61_000_000))
    assert hash_of("reset", config(), RESET, later) == hash_of("reset", config(), RESET, SEEN)


def test_every_other_difference_gives_another_hash() -> None:
    elsewhere = replace(STOPPED, data=Stored(place="/project/volumes/db", trace="980 1764100001"))
    hashes = [
        hash_of("reset", config(), RESET, SEEN),
        hash_of("downgrade", config(), RESET, SEEN),
        hash_of("reset", config(environment="test"), RESET, SEEN),
        hash_of("reset", config(root=ROOT / "clone"), RESET, SEEN),
        hash_of("reset", config(), reset.reset(config(), up(), Options(seed=False)), SEEN),
        hash_of("reset", config(), reset.reset(config(), up(), Options(revision="b2")), SEEN),
        hash_of("reset", config(), replace(RESET, destroys="something else"), SEEN),
        hash_of("reset", config(), RESET, replace(SEEN, databases=(POSTGRES, replace(SAMPLE, trace="t3")))),
        hash_of("reset", config(), RESET, replace(SEEN, databases=(SAMPLE,))),
        hash_of("reset", config(), RESET, replace(SEEN, older=())),
        hash_of("reset", config(), RESET, STOPPED),
        hash_of("reset", config(), RESET, elsewhere),
    ]
    assert len(set(hashes)) == len(hashes)
    assert {len(each) for each in hashes} == {12}


@pytest.mark.parametrize(
    "inventory",
    [
        Inventory(),
        Inventory(data=Stored(place="volume dds_db")),
        replace(SEEN, databases=(replace(SAMPLE, trace=""),)),
    ],
)
def test_what_cannot_be_seen_to_change_has_no_hash(inventory: Inventory) -> None:
    assert hash_of("reset", config(), RESET, inventory) == ""


def test_sizes_have_the_unit_that_fits() -> None:
    sizes = [0, 999, 1000, 45_230_000, 2_000_000_000, 3 * 10**15]
    assert [shown_size(size) for size in sizes] == ["0 B", "999 B", "1.0 kB", "45.2 MB", "2.0 GB", "3000.0 TB"]


def test_a_deletion_of_snapshots_takes_them_and_leaves_the_data_alone() -> None:
    assert deleted_snapshots(Plan((DeleteSnapshots(("old", "older")),))) == ("old", "older")
    assert deleted_snapshots(RESET) == ()
    inventory = Inventory(databases=(), snapshots=("old", "older"))
    assert (inventory.lines, inventory.is_known) == (("snapshots: old, older",), True)
