"""Where a Compose project keeps the database's files."""

from dataclasses import replace
from pathlib import PurePath
from typing import Any

import pytest

from nox_alembic.core.compose.data import DATA_SUBPATHS, data_location, data_target, has_data_mount
from nox_alembic.core.compose.model import DataHome, mounting, read_model
from nox_alembic.core.facts import DataLocation
from tests.unit.core.compose.make import DATA, document, postgres
from tests.unit.core.make import ROOT, config


def test_a_bind_mount_is_a_folder_that_stays_below_the_compose_file() -> None:
    model = read_model(document(db=postgres()), config())
    assert data_location(model, within=ROOT) == DataLocation(
        kind="folder", path=PurePath("/project/volumes/db"), within=ROOT
    )


def test_from_postgresql_18_on_the_data_lies_below_the_mount() -> None:
    mount = {"type": "bind", "source": "/project/volumes/db", "target": "/var/lib/postgresql"}
    model = read_model(document(db=postgres(volumes=[mount])), config())
    assert data_location(model, within=ROOT).subpaths == DATA_SUBPATHS


def test_a_named_volume_has_the_name_that_docker_knows() -> None:
    mount = {"type": "volume", "source": "pgdata", "target": DATA}
    model = read_model(document(db=postgres(volumes=[mount])), config())
    assert data_location(model, within=ROOT) == DataLocation(kind="volume", volume="dds-dev_pgdata")


def test_of_a_named_volume_it_is_known_who_mounts_it_where_and_whether_the_project_makes_it() -> None:
    volume = {"type": "volume", "source": "pgdata", "target": "/var/lib/postgresql/"}
    other = {"type": "volume", "source": "cache", "target": "/cache"}
    content = document(db=postgres(volumes=[volume]), dump={"image": "x", "volumes": [{**volume, "target": "/data"}]},
                       web={"image": "x", "volumes": [other]})  # fmt: skip
    model = read_model(content, config(database_service="db"))
    assert data_location(model, within=ROOT) == DataLocation(kind="volume", volume="dds-dev_pgdata")
    assert (data_target(model), mounting(model, "dds-dev_pgdata")) == ("/var/lib/postgresql", ("db", "dump"))
    content["volumes"] = {"pgdata": {"name": "shared", "external": True}}
    outside = read_model(content, config(database_service="db"))
    assert data_location(outside, within=ROOT) == DataLocation(kind="volume", volume="shared", external=True)


@pytest.mark.parametrize("mounts", [[], [{"type": "tmpfs", "target": DATA}]])
def test_without_a_mount_the_data_goes_with_the_container(mounts: list[dict[str, Any]]) -> None:
    model = read_model(document(db=postgres(volumes=mounts)), config())
    assert data_location(model, within=ROOT) == DataLocation(kind="container")


def test_other_mounts_of_the_database_are_not_its_data() -> None:
    scripts = {"type": "bind", "source": "/project/init", "target": "/docker-entrypoint-initdb.d"}
    model = read_model(document(db=postgres(volumes=[scripts])), config())
    assert data_location(model, within=ROOT).kind == "container"


@pytest.mark.parametrize(
    ("target", "home", "kind"),
    [
        (DATA, DataHome(DATA, (DATA,)), "folder"),
        # The mount is above the volume that the image makes for itself: it stays empty.
        ("/var/lib/postgresql", DataHome(DATA, (DATA,)), "container"),
        ("/var/lib/postgresql", DataHome("/var/lib/postgresql/18/docker", ("/var/lib/postgresql",)), "folder"),
        (DATA, DataHome("/var/lib/postgresql/18/docker", ("/var/lib/postgresql",)), "container"),
        (DATA, DataHome("/home/postgres/pgdata/data"), "container"),
        ("/home/postgres", DataHome("/home/postgres/pgdata/data"), "folder"),
        (DATA, DataHome(), "folder"),
        (DATA, None, "folder"),
    ],
)
def test_the_image_says_whether_the_data_lies_in_a_mount(target: str, home: DataHome | None, kind: str) -> None:
    mount = {"type": "bind", "source": "/project/volumes/db", "target": target}
    model = replace(read_model(document(db=postgres(volumes=[mount])), config()), home=home)
    assert data_location(model, within=ROOT).kind == kind
    assert has_data_mount(model) == (kind == "folder")


def test_what_the_project_says_of_its_data_goes_before_what_the_image_says() -> None:
    mount = {"type": "volume", "source": "pgdata", "target": "/data"}
    service = postgres(volumes=[mount], environment={"PGDATA": "/data/pg"})
    model = replace(read_model(document(db=service), config()), home=DataHome(DATA, (DATA,)))
    assert (data_location(model, within=ROOT).kind, data_target(model)) == ("volume", "/data")


@pytest.mark.parametrize(
    ("pgdata", "below"),
    [
        (f"{DATA}/", ()),
        (f"{DATA}/data", DATA_SUBPATHS),
        (f"{DATA}/17/docker", DATA_SUBPATHS),
        (f"{DATA}/pgdata", ("pgdata", *DATA_SUBPATHS)),
        (f"{DATA}/cluster_15/[main]", ("cluster_15/[[]main]", *DATA_SUBPATHS)),
    ],
)
def test_the_data_may_lie_below_the_mount_where_pgdata_says(pgdata: str, below: tuple[str, ...]) -> None:
    service = postgres(environment={"PGDATA": pgdata})
    assert data_location(read_model(document(db=service), config()), within=ROOT).subpaths == below
