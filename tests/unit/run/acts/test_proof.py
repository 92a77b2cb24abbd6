"""The proof before a copy: made once for each env.py, and again where it could come out otherwise."""

from dataclasses import replace
from pathlib import Path

import pytest

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.run.acts.proof import ConnectionProof
from tests.project import configured, make_project
from tests.unit.core.make import ADDRESS
from tests.unit.fakes import FakeMigrations, World

PROBED = "probe env.py on ddsurveys"


class FailingEarly(FakeMigrations):
    """An env.py that ends before its migrations, which an upgrade will tell."""

    def probe(self, configuration: Configuration, address: DatabaseAddress) -> bool:
        super().probe(configuration, address)
        return False


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def proof(tmp_path: Path, world: World) -> ConnectionProof:
    project = make_project(tmp_path / "project", tmp_path / "home")
    return ConnectionProof(
        configuration=configured(project.root),
        settings=("compose", "host"),
        address=lambda: ADDRESS,
        migrations=lambda: FakeMigrations(world),
        state=tmp_path / "state",
    )


def test_an_env_py_that_came_through_is_not_run_a_second_time(proof: ConnectionProof, world: World) -> None:
    proof.make()
    proof.make()
    assert world.events == [PROBED]


@pytest.mark.parametrize("name", ["alembic.ini", "alembic/env.py", ".env"])
def test_a_change_of_it_or_of_the_configuration_takes_another_run(
    proof: ConnectionProof, world: World, name: str
) -> None:
    proof.make()
    path = proof.configuration.folder / name
    with path.open("a") as file:
        file.write("\n# changed\n")
    proof.make()
    assert world.events == [PROBED] * 2
    replace(proof, settings=("embedded", "host")).make()
    assert world.events == [PROBED] * 3


def test_one_that_did_not_come_to_its_migrations_is_run_again(proof: ConnectionProof, world: World) -> None:
    failing = replace(proof, migrations=lambda: FailingEarly(world))
    failing.make()
    failing.make()
    assert world.events == [PROBED] * 2


def test_without_the_file_it_is_run_each_time(proof: ConnectionProof, world: World) -> None:
    (proof.configuration.folder / "alembic/env.py").unlink()
    proof.make()
    proof.make()
    assert world.events == [PROBED] * 2
