"""Which volumes can be kept, what is refused, and what the helper container says."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies.volume_swap import (
    Moved,
    Outcome,
    Volume,
    kept_name,
    labels_of,
    outcome_of,
    owner_labels,
    refusal,
    why_not_kept,
)
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DataLocation
from tests.unit.core.make import FOLDER, told

DATA = DataLocation(kind="volume", volume="dds_db")
EXTERNAL = replace(DATA, external=True)
LOCAL = Volume(name="dds_db", driver="local", mountpoint="/var/lib/docker/volumes/dds_db/_data")
NFS = replace(LOCAL, options={"type": "nfs", "device": ":/data"})


@pytest.mark.parametrize(
    ("location", "volume", "why"),
    [
        (FOLDER, None, ""),
        (DATA, None, ""),
        (DATA, LOCAL, ""),
        (EXTERNAL, LOCAL, ""),
        (DATA, replace(LOCAL, driver="rexray"), 'its driver is "rexray"'),
        (DATA, NFS, "it has the driver options device, type"),
        (DATA, replace(LOCAL, mountpoint="/mnt/dds"), "its files are in /mnt/dds"),
        (DATA, replace(LOCAL, mountpoint=r"C:\docker\volumes\dds_db\_data"),
         r"its files are in C:\docker\volumes\dds_db\_data"),
        (DataLocation(kind="container"), None, "no folder and no named volume is mounted where it is"),
    ],
)  # fmt: skip
def test_only_a_plain_local_volume_can_be_kept(location: DataLocation, volume: Volume | None, why: str) -> None:
    assert why_not_kept(location, volume) == why


def test_a_plain_volume_that_nobody_else_uses_is_not_refused() -> None:
    assert refusal(DATA, LOCAL, ()) is None
    assert refusal(EXTERNAL, LOCAL, ()) is None
    assert refusal(DATA, NFS, ()) is None
    assert refusal(EXTERNAL, None, ()) is None


def test_a_volume_that_others_use_is_refused() -> None:
    refused = refusal(DATA, LOCAL, ("container a", "container b of the Compose project p"))
    assert refused is not None
    assert (refused.id, refused.message, refused.hint) == (
        "NA671",
        "refused to wipe volume dds_db: it is in use by container a, container b of the Compose project p",
        "remove that container, and run the same command again",
    )


def test_an_external_volume_that_could_only_be_removed_is_refused() -> None:
    refused, why = refusal(EXTERNAL, NFS, ()), "it has the driver options device, type"
    assert refused is not None
    assert (refused.id, refused.message, refused.hint) == (
        "NA672",
        f"refused to remove volume dds_db: it is external, so that Compose would not make it again, and {why}",
        "empty it yourself: `docker volume inspect dds_db` tells what it is",
    )


def test_a_kept_volume_says_whose_it_is_and_where_the_new_data_comes_from() -> None:
    owner = owner_labels("dds_db", project="dds", environment="dev", clone="/home/me/dds")
    labels = labels_of(owner, source="dds_db__before_1", verb="undo", at="2026-11-25T20:00:00Z")
    assert labels == {
        "nox-alembic.before": "dds_db",
        "nox-alembic.before.project": "dds",
        "nox-alembic.before.environment": "dev",
        "nox-alembic.before.clone": "/home/me/dds",
        "nox-alembic.before.source": "dds_db__before_1",
        "nox-alembic.before.verb": "undo",
        "nox-alembic.before.at": "2026-11-25T20:00:00Z",
    }
    assert replace(LOCAL, labels=labels).source == "dds_db__before_1"
    assert LOCAL.around == "/var/lib/docker/volumes"
    assert kept_name("dds_db", "2026-11-25T20:00:00Z", "0ab1c2") == "dds_db__before_20261125T200000Z_0ab1c2"


def test_the_last_line_of_the_helper_is_its_outcome() -> None:
    assert [outcome_of("dds_db", said) for said in ("server 17\nkept\n", "a warning\nempty\n", "not")] == [
        Moved(Outcome.KEPT, "17"), Moved(Outcome.EMPTY), Moved(Outcome.NOT),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "the helper container said nothing"),
        ("what is in the volume dds_db can only be copied\n", "what is in the volume dds_db can only be copied"),
    ],
)
def test_anything_else_is_what_went_wrong(said: str, why: str) -> None:
    with pytest.raises(FailedError) as error:
        outcome_of("dds_db", said)
    message = f"the data of volume dds_db could not be moved: {why}"
    hint = "nothing is lost; `docker volume ls` shows it and what is kept of it"
    assert told(error) == ("NA673", message, hint)
