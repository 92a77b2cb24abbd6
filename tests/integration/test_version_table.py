"""Alembic's own table is found wherever env.py has it, and what env.py says comes first."""

import pytest

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import fingerprints, repairs, server, version_table
from nox_alembic.edges.postgres.connection import connected
from nox_alembic.edges.postgres.version_table import VersionTable
from tests.integration.conftest import execute

OURS = "COMMENT ON TABLE {} IS 'nox-alembic {{}}'"


def make(address: DatabaseAddress, *names: str) -> None:
    for name in names:
        schema = name.rpartition(".")[0]
        execute(address, f"CREATE SCHEMA IF NOT EXISTS {schema}", f"CREATE TABLE {name} (version_num varchar(32))")
        execute(address, f"INSERT INTO {name} VALUES ('{name.replace(chr(34), '')}')")


def found(address: DatabaseAddress) -> VersionTable:
    with connected(address) as cursor:
        return version_table.find(cursor)


USUAL, OTHER = "public.alembic_version", 'app."Schema History"'


@pytest.mark.parametrize(
    ("tables", "commented", "expected"),
    [
        ((), (), VersionTable("")),
        ((USUAL,), (), VersionTable(USUAL)),
        ((OTHER,), (), VersionTable(OTHER)),
        ((USUAL, OTHER), (), VersionTable(USUAL, is_sure=False)),
        ((USUAL, OTHER), (OTHER,), VersionTable(OTHER)),
        ((USUAL, OTHER), (USUAL,), VersionTable(USUAL)),
        ((OTHER, "b.alembic_version"), (), VersionTable("", is_sure=False)),
        ((OTHER, "b.alembic_version"), ("b.alembic_version",), VersionTable("b.alembic_version")),
    ],
)
def test_it_is_found_by_its_comment_its_name_or_its_looks(
    address: DatabaseAddress, tables: tuple[str, ...], commented: tuple[str, ...], expected: VersionTable
) -> None:
    make(address, *tables)
    execute(address, "CREATE TABLE releases (version_num varchar, at date)")
    for name in commented:
        execute(address, OURS.format(name))
    assert found(address) == expected
    at = (expected.name.replace('"', ""),) if expected.name else ()
    assert server.revisions(address) == at
    assert version_table.is_found(address) is expected.is_sure


def test_a_table_is_noted_only_where_it_is_not_found_by_itself(address: DatabaseAddress) -> None:
    def noted() -> str:
        return server.read_note(address, version_table.NOTE)

    version_table.keep(address, [USUAL])
    assert noted() == ""
    make(address, USUAL)
    version_table.keep(address, [USUAL])
    assert noted() == ""
    version_table.keep(address, [OTHER])
    assert (noted(), found(address)) == (OTHER, VersionTable(""))
    make(address, OTHER)
    assert found(address) == VersionTable(OTHER)
    version_table.keep(address, ["tenant.alembic_version", USUAL])
    assert noted() == USUAL
    execute(address, f"DROP TABLE {USUAL}")
    version_table.keep(address, [OTHER])
    assert (noted(), found(address)) == ("", VersionTable(OTHER))


def test_all_that_is_kept_of_revisions_is_kept_there(address: DatabaseAddress) -> None:
    repairs.stamp(address, (), ("r1",), lambda: 'public."Schema History"')
    assert server.revisions(address) == ("r1",)
    fingerprints.write(address, {"r1": "00"}, ["r1"])
    assert fingerprints.read(address) == {"r1": "00"}
    assert found(address) == VersionTable('public."Schema History"')
