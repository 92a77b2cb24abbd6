"""What is kept inside the database."""

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import fingerprints, server
from tests.integration.conftest import execute

VERSION_TABLE = "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"


def test_the_hash_of_each_applied_file_is_kept_in_the_database(address: DatabaseAddress) -> None:
    fingerprints.write(address, {"a1": "00"})
    assert fingerprints.read(address) == {}  # there is no table to keep it at, and nothing is applied
    execute(address, VERSION_TABLE)
    assert fingerprints.read(address) == {}
    fingerprints.write(address, {"b2": "ff", "a1": "00"})
    assert fingerprints.read(address) == {"a1": "00", "b2": "ff"}


def test_what_an_upgrade_intends_is_kept_ahead_of_the_table_until_it_is_written(address: DatabaseAddress) -> None:
    many = {f"{number:012x}": "0" * 64 for number in range(5000)}
    fingerprints.intend(address, many)
    fingerprints.intend(address, {"b2": "ff"})
    assert fingerprints.intended(address) == {**many, "b2": "ff"}
    execute(address, VERSION_TABLE)
    fingerprints.write(address, {"b2": "ff"}, ("b2", "c3"))
    assert (fingerprints.intended(address), fingerprints.read(address)) == ({}, {"b2": "ff"})
    assert server.read_notes(address, "seed", fingerprints.RECORDED_AT) == ("", "b2,c3")


def test_somebody_elses_comment_is_left_alone(address: DatabaseAddress) -> None:
    execute(address, VERSION_TABLE, "COMMENT ON TABLE alembic_version IS 'do not touch'")
    fingerprints.write(address, {"a1": "00"})
    assert fingerprints.read(address) == {}
    comment = "SELECT obj_description('alembic_version'::regclass, 'pg_class')"
    assert execute(address, comment) == [("do not touch",)]
