"""The database alone, as a project of its own."""

from nox_alembic.core.compose.model import read_model
from nox_alembic.core.compose.throwaway import database_alone
from tests.unit.core.compose.make import DATA, document, postgres, waiting
from tests.unit.core.make import config


def test_a_throw_away_environment_shares_nothing_with_the_project() -> None:
    scripts = {"type": "bind", "source": "/project/init", "target": "/docker-entrypoint-initdb.d", "read_only": True}
    content = document(
        db=postgres(
            volumes=[*postgres()["volumes"], scripts], container_name="fixed", networks={"a": None}, restart="always"
        ),
        api=waiting(),
    )
    made = database_alone(content, read_model(content, config()), "dds-dev-test-1")
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
    made = database_alone(content, read_model(content, config()), "dds-dev-spare", "/project/volumes/.db$.making")
    (volume,) = made["services"]["db"]["volumes"]
    assert volume == {"type": "bind", "source": "/project/volumes/.db$$.making", "target": DATA}
