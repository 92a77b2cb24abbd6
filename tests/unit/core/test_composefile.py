"""What Compose says of a project, and which of its services are the database and the backend."""

from dataclasses import replace
from pathlib import PurePath
from typing import Any

import pytest

from nox_alembic.core.composefile import (
    DATA_SUBPATHS,
    DataHome,
    Mount,
    Service,
    data_location,
    data_target,
    has_data_mount,
    login,
    mounting,
    path_inside,
    published_database_port,
    read_model,
    throwaway,
    variable_of_port,
)
from nox_alembic.core.errors import NoxAlembicError, PreconditionError
from nox_alembic.core.facts import DataLocation
from tests.unit.core.make import ROOT, config

DATA = "/var/lib/postgresql/data"


def document(**services: Any) -> dict[str, Any]:
    return {"name": "dds-dev", "services": services, "volumes": {"pgdata": {"name": "dds-dev_pgdata"}}}


def postgres(**fields: Any) -> dict[str, Any]:
    bind = {"type": "bind", "source": "/project/volumes/db", "target": DATA}
    port = {"target": 5432, "published": "5432", "host_ip": "127.0.0.1"}
    environment = {"POSTGRES_USER": "dds", "POSTGRES_PASSWORD": "a$$b", "POSTGRES_DB": "ddsurveys"}
    return {"image": "postgres:17", "volumes": [bind], "ports": [port], "environment": environment, **fields}


def waiting(**fields: Any) -> dict[str, Any]:
    return {"image": "x", "depends_on": {"db": {"condition": "service_healthy"}}, **fields}


def refusal(content: dict[str, Any], **fields: Any) -> tuple[str, str, str]:
    with pytest.raises(NoxAlembicError) as error:
        read_model(content, config(**fields))
    return error.value.id, error.value.message, error.value.hint


def test_the_database_is_the_service_that_looks_like_postgresql() -> None:
    model = read_model(document(cache={"image": "redis"}, store=postgres()), config())
    assert (model.project, model.database.name) == ("dds-dev", "store")


@pytest.mark.parametrize(
    "content",
    [
        {"image": "registry.example:5000/team/postgis:16"},
        {"image": "ours", "volumes": [{"type": "volume", "source": "pgdata", "target": "/var/lib/postgresql"}]},
        {"image": "ours", "environment": {"POSTGRES_PASSWORD": "x"}, "ports": [{"target": 5432, "published": "1"}]},
    ],
)
def test_an_image_a_mount_or_its_variables_make_a_database(content: dict[str, Any]) -> None:
    assert read_model(document(db=content), config()).database.name == "db"


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


def test_several_databases_need_a_word() -> None:
    assert refusal(document(one=postgres(), two=postgres())) == (
        "NA108",
        "several services could be the database: one, two",
        'set "database-service" in [tool.nox-alembic] of pyproject.toml',
    )


def test_no_database_lists_what_there_is() -> None:
    assert refusal(document(cache={"image": "redis"}, web={"image": "nginx"})) == (
        "NA107",
        "no service of the Compose file looks like PostgreSQL (there are: cache, web)",
        'set "database-service" in [tool.nox-alembic] of pyproject.toml',
    )


def test_a_configured_service_that_is_not_there_names_the_nearest() -> None:
    assert refusal(document(database=postgres()), database_service="databse") == (
        "NA107",
        'the Compose file has no service "databse". Did you mean "database"?',
        'set "database-service" in pyproject.toml to one of: database',
    )


def test_the_backend_is_what_waits_for_the_database_and_is_built() -> None:
    content = document(db=postgres(), admin=waiting(), api=waiting(build={"context": "."}))
    model = read_model(content, config())
    assert model.backend is not None
    assert model.backend.name == "api"


def test_several_backends_need_a_word() -> None:
    assert refusal(document(db=postgres(), api=waiting(), admin=waiting()))[:2] == (
        "NA108",
        "several services could be the backend: api, admin",
    )


def test_a_project_may_have_no_backend() -> None:
    assert read_model(document(db=postgres()), config()).backend is None


def test_others_are_what_up_starts_and_a_backend_with_a_profile() -> None:
    content = document(db=postgres(), api=waiting(profiles=["app"]), redis={"image": "r"}, x={"profiles": ["p"]})
    assert read_model(content, config()).others == ("api", "redis")
    assert read_model(content, config(), ["p", "q"]).others == ("api", "redis", "x")
    assert read_model(content, config(), ["*"]).others == ("api", "redis", "x")


def test_what_others_wait_to_end_is_a_one_shot() -> None:
    api = {"depends_on": {"init": {"condition": "service_completed_successfully"}, "db": {"condition": "x"}}}
    assert read_model(document(db=postgres(), init={"image": "i"}, api=api), config()).one_shots == {"init"}


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


def test_the_login_is_what_the_image_reads_with_the_escape_of_config_undone() -> None:
    model = read_model(document(db=postgres()), config())
    assert login(model.database) == ("dds", "a$b", "ddsurveys")
    bare = read_model(document(db=postgres(environment={})), config())
    assert login(bare.database) == ("postgres", "", "postgres")


def test_secrets_stay_out_of_the_repr() -> None:
    assert "a$b" not in repr(read_model(document(db=postgres()), config()))


def test_an_unpublished_port_is_an_error_with_the_line_to_add() -> None:
    model = read_model(document(db=postgres(ports=[])), config())
    with pytest.raises(PreconditionError) as error:
        published_database_port(model.database)
    assert error.value.hint == 'add `ports: ["127.0.0.1:5432:5432"]` to "db"'


@pytest.mark.parametrize(
    "port",
    ["127.0.0.1:${DDS_DB_PORT:-5432}:5432", "$DDS_DB_PORT:5432/tcp", {"published": "${DDS_DB_PORT}", "target": 5432}],
)
def test_the_variable_of_a_port_is_read_before_interpolation(port: object) -> None:
    assert variable_of_port({"services": {"db": {"ports": ["9:9", port]}}}, "db", 5432) == "DDS_DB_PORT"


def test_a_port_without_a_variable_has_none() -> None:
    assert variable_of_port({"services": {"db": {"ports": ["5432:5432"]}}}, "db", 5432) == ""


def test_a_throw_away_environment_shares_nothing_with_the_project() -> None:
    scripts = {"type": "bind", "source": "/project/init", "target": "/docker-entrypoint-initdb.d", "read_only": True}
    content = document(
        db=postgres(
            volumes=[*postgres()["volumes"], scripts], container_name="fixed", networks={"a": None}, restart="always"
        ),
        api=waiting(),
    )
    made = throwaway(content, read_model(content, config()), "dds-dev-test-1")
    assert made == {
        "name": "dds-dev-test-1",
        "services": {
            "db": {
                "image": "postgres:17",
                "environment": postgres()["environment"],
                "healthcheck": {"disable": True},
                "volumes": [scripts, {"type": "tmpfs", "target": DATA}],
                "ports": [
                    {
                        "mode": "ingress",
                        "host_ip": "127.0.0.1",
                        "target": 5432,
                        "published": "0",
                        "protocol": "tcp",
                    }
                ],
            }
        },
    }


def test_a_spare_is_made_on_a_folder_in_place_of_the_memory() -> None:
    content = document(db=postgres(), api=waiting())
    made = throwaway(content, read_model(content, config()), "dds-dev-spare", "/project/volumes/.db$.making")
    (volume,) = made["services"]["db"]["volumes"]
    assert volume == {"type": "bind", "source": "/project/volumes/.db$$.making", "target": DATA}


def test_a_file_is_seen_inside_by_the_deepest_mount_or_from_the_working_folder() -> None:
    mounts = (
        Mount(kind="bind", source="/project", target="/app"),
        Mount(kind="bind", source="/project/src", target="/code"),
    )
    service = Service(name="backend", image="", mounts=mounts)
    root = PurePath("/project")
    assert path_inside(service, root / "alembic.ini", root=root) == "/app/alembic.ini"
    assert path_inside(service, root / "src/db/alembic.ini", root=root) == "/code/db/alembic.ini"
    bare = Service(name="backend", image="")
    assert path_inside(bare, root / "db/alembic.ini", root=root) == "db/alembic.ini"


@pytest.mark.parametrize(
    ("content", "alone"),
    [
        ({}, True),
        ({"network_mode": "host", "post_start": []}, True),
        ({"post_start": [{"command": "x"}]}, False),
        ({"network_mode": "service:db"}, False),
        ({"pid": "container:x"}, False),
        ({"links": ["db"]}, False),
    ],
)
def test_some_services_need_more_than_the_start_of_their_container(content: dict[str, Any], alone: bool) -> None:
    model = read_model(document(db=postgres(), api=waiting(**content)), config())
    assert model.services["api"].starts_alone is alone


def test_an_image_that_is_built_without_a_name_has_that_of_compose() -> None:
    model = read_model(document(db=postgres(), api=waiting(image="", build={})), config())
    assert (model.image_of("db"), model.image_of("api")) == ("postgres:17", "dds-dev-api")
