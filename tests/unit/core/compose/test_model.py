"""What Compose says of a project, and which of its services are the database and the backend."""

from pathlib import PurePath
from typing import Any

import pytest

from nox_alembic.core.compose.model import (
    Mount,
    Service,
    login,
    path_inside,
    published_database_port,
    read_model,
    variable_of_port,
)
from nox_alembic.core.errors import NoxAlembicError, PreconditionError
from tests.unit.core.compose.make import document, postgres, waiting
from tests.unit.core.make import config


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
