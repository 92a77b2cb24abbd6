"""What the database's image reads from files, and where this machine has it."""

from pathlib import PurePath
from typing import Any

import pytest

from nox_alembic.core.compose.model import login, read_model
from nox_alembic.core.compose.secrets import Source, revealed, sources
from nox_alembic.core.errors import PreconditionError
from tests.unit.core.compose.make import document, postgres
from tests.unit.core.make import config, told

MOUNT = {"type": "bind", "source": "/project/keys", "target": "/keys/"}


OF_A_FILE, OF_A_VARIABLE = {"pw": {"file": "/p/pw"}}, {"pw": {"environment": "PW"}}
GIVEN, RENAMED, ROOTED = ({"source": "pw", **target} for target in ({}, {"target": "x"}, {"target": "/x"}))


@pytest.mark.parametrize(
    ("place", "fields", "known", "source"),
    [
        ("/run/secrets/pw", {"secrets": [GIVEN]}, {"secrets": OF_A_FILE}, Source(PurePath("/p/pw"))),
        ("/run/secrets/x", {"secrets": [RENAMED]}, {"secrets": OF_A_VARIABLE}, Source(None, "PW")),
        ("/x", {"secrets": [ROOTED]}, {"secrets": {"pw": {"external": True}}}, Source()),
        ("/pw", {"configs": [GIVEN]}, {"configs": OF_A_FILE}, Source(PurePath("/p/pw"))),
        ("/keys/deep/pw", {"volumes": [MOUNT]}, {}, Source(PurePath("/project/keys/deep/pw"))),
        ("/elsewhere", {}, {}, Source()),
    ],
)
def test_a_file_is_a_secret_a_config_or_below_a_mount(
    place: str, fields: dict[str, Any], known: dict[str, Any], source: Source
) -> None:
    service = postgres(environment={"POSTGRES_USER": "dds", "POSTGRES_PASSWORD_FILE": place}, **fields)
    content = {**document(db=service), **known}
    assert sources(content, read_model(content, config()).database) == {"POSTGRES_PASSWORD": source}


def test_the_login_is_what_the_files_say_and_without_them_an_error() -> None:
    service = postgres(environment={"POSTGRES_PASSWORD_FILE": "/run/secrets/pw", "POSTGRES_DB": "shop"})
    model = read_model(document(db=service), config())
    known = revealed(model, {"POSTGRES_PASSWORD": "secret"})
    assert login(known.database) == ("postgres", "secret", "shop")
    assert known.services["db"] == known.database
    with pytest.raises(PreconditionError) as error:
        login(model.database)
    read = 'the service "db" reads POSTGRES_PASSWORD from /run/secrets/pw (POSTGRES_PASSWORD_FILE)'
    assert told(error) == (
        "NA118",
        f"{read}, which this user cannot read here",
        "make its source readable for this user, or set POSTGRES_PASSWORD instead",
    )
